"""Duplicates among generated pieces, and passages that they share with the training music."""

from __future__ import annotations

from collections.abc import Sequence

from gan.measures.grid_piece import ONSET, PITCH
from score.roles import Role

from ...data.corpus import Corpus
from ...ranking import suffix_array
from ..pieces import Piece


def count_duplicates(pieces: Sequence[Piece]) -> int:
    """Count the pieces that equal another one note for note, in any transposition."""
    return len(pieces) - len({_fingerprint(piece) for piece in pieces})


def _fingerprint(piece: Piece) -> tuple[str, bytes]:
    pitched = [piece.notes[role] for role in piece.pitched_roles if len(piece.notes[role])]
    first_pitch = min(pitched, key=lambda notes: int(notes[0, ONSET]))[0, PITCH] if pitched else 0
    text = b""
    for role, notes in piece.notes.items():
        transposed = notes.copy()
        transposed[:, PITCH] -= 0 if role is Role.DRUMS else first_pitch
        text += role.value.encode() + transposed.tobytes()
    return piece.meter, text


def longest_shared(pieces: Sequence[Piece], corpus: Corpus) -> list[float]:
    """Return the informative notes of the longest passage that each piece shares with training music."""
    return suffix_array.longest_shared(pieces, corpus)
