"""Words of music: short runs of intervals, waits and places in the bar, for a classifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gan.measures.grid_piece import ONSET, PITCH
from score.roles import Role

from ..pieces import Piece

LONGEST = 3
"""Notes, one after another, that make a word."""

MOST_WAIT, MOST_INTERVAL = 16, 12


def words(piece: Piece) -> dict[str, float]:
    """Count the words of each role, each of one to `LONGEST` notes: of its pitches, of its rhythm and of both."""
    found: Counter[str] = Counter()
    for role in piece.roles:
        notes = [_note(*step, piece.bar_steps, is_drum=role is Role.DRUMS) for step in _steps(piece, role)]
        for length in range(1, LONGEST + 1):
            runs = zip(*(notes[at:] for at in range(length)), strict=False)
            for run in runs:
                for kind, parts in zip(("pitch", "rhythm", "both"), zip(*run, strict=True), strict=True):
                    found[f"{role.value}.{kind}.{' '.join(parts)}"] += 1
    return {word: float(count) for word, count in found.items()}


def _steps(piece: Piece, role: Role) -> Iterator[tuple[int, int, int]]:
    """Go along a role's notes: interval from the one before, steps since, and when."""
    notes = piece.notes[role]
    for before, after in zip(notes[:-1].tolist(), notes[1:].tolist(), strict=True):
        yield after[PITCH] - before[PITCH], after[ONSET] - before[ONSET], after[ONSET]


def _note(interval: int, wait: int, onset: int, bar: int, *, is_drum: bool) -> tuple[str, str, str]:
    most = 128 if is_drum else MOST_INTERVAL
    pitch = str(max(-most, min(most, interval)))
    rhythm = f"{min(wait, MOST_WAIT)}@{onset % bar}"
    return pitch, rhythm, f"{pitch}:{rhythm}"
