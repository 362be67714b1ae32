"""N-gram counts for a classifier: runs of up to three notes as intervals, inter-onset times and positions in the bar.

They are apart from `gan.measures.ngrams`, which the generator is trained with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gan.measures.grid_piece import N_PITCHES, ONSET, PITCH
from score.roles import Role

from ..pieces import Piece

MAX_NGRAM_NOTES = 3
MAX_WAIT_STEPS, MAX_INTERVAL_SEMITONES = 16, 12

KINDS = ("pitch", "rhythm", "both")


def count_ngrams(piece: Piece) -> dict[str, float]:
    """Count the n-grams of each role, 1 to `MAX_NGRAM_NOTES` notes long: of pitches, of rhythm, and of both."""
    found: Counter[str] = Counter()
    for role in piece.roles:
        notes = [_spell(*move, piece.bar_steps, is_drum=role is Role.DRUMS) for move in _iter_moves(piece, role)]
        for length in range(1, MAX_NGRAM_NOTES + 1):
            runs = zip(*(notes[at:] for at in range(length)), strict=False)
            for run in runs:
                for kind, parts in zip(KINDS, zip(*run, strict=True), strict=True):
                    found[f"{role.value}.{kind}.{' '.join(parts)}"] += 1
    return {ngram: float(count) for ngram, count in found.items()}


def _iter_moves(piece: Piece, role: Role) -> Iterator[tuple[int, int, int]]:
    """Yield the interval from each note to the next, the steps between their onsets, and the onset of the next."""
    notes = piece.notes[role]
    for before, after in zip(notes[:-1].tolist(), notes[1:].tolist(), strict=True):
        yield after[PITCH] - before[PITCH], after[ONSET] - before[ONSET], after[ONSET]


def _spell(interval: int, wait: int, onset: int, bar_steps: int, *, is_drum: bool) -> tuple[str, str, str]:
    """Return the symbols of a note by `KINDS`."""
    max_interval = N_PITCHES if is_drum else MAX_INTERVAL_SEMITONES
    pitch = str(max(-max_interval, min(max_interval, interval)))
    rhythm = f"{min(wait, MAX_WAIT_STEPS)}@{onset % bar_steps}"
    return pitch, rhythm, f"{pitch}:{rhythm}"
