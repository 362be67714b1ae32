"""Passages that made pieces share with the music learnt from, and pieces made twice."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from gan.measures.grid_piece import ONSET, PITCH
from score.roles import Role

from ..pieces import Piece
from ..reference_sets import Corpus


def duplicates(pieces: Sequence[Piece]) -> int:
    """Count the pieces that are others over again, note for note, in whatever key."""
    return len(pieces) - len({_fingerprint(piece) for piece in pieces})


def _fingerprint(piece: Piece) -> tuple[str, bytes]:
    pitched = [piece.notes[role] for role in piece.pitched_roles if len(piece.notes[role])]
    first = min(pitched, key=lambda notes: int(notes[0, ONSET]))[0, PITCH] if pitched else 0
    said = b""
    for role, notes in piece.notes.items():
        moved = notes.copy()
        moved[:, PITCH] -= 0 if role is Role.DRUMS else first
        said += role.value.encode() + moved.tobytes()
    return piece.meter, said


def shared(pieces: Sequence[Piece], corpus: Corpus) -> list[float] | None:
    """Measure the longest passage of each piece that training music has too, in notes; None without an index of it."""
    try:
        novelty = importlib.import_module("...ranking.build_index", __package__)
    except ModuleNotFoundError:
        return None
    return [float(length) for length in novelty.longest_shared(pieces, corpus)]
