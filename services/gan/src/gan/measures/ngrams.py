"""Words of music: runs of up to three notes of a role in several spellings, each a number.

Intervals, rhythm, scale degrees, what sounds and what strikes beside a note, whether it comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from score.arrays import I32, I64
from score.roles import ROLES, Role

from gan.measures.grid_piece import END, ONSET, PITCH, GridPiece

N_BUCKETS = 1 << 17
"""Numbers that words may have; two words seldom share one."""

LONGEST = 3
"""Notes of the longest word."""

MOST_WAIT, MOST_INTERVAL = 16, 12
NOTHING = -1
"""In place of a note before the first."""

SILENT = 12
"""In place of a pitch class, where another role rests."""


@dataclass(frozen=True, slots=True)
class NoteNgrams:
    """What a role plays, in words.

    Attributes
    ----------
    words : ndarray, shape (notes, spellings), int64
        Numbers, below `N_BUCKETS`, of the words that end with each note.
    onset : ndarray, shape (notes,), int64
    """

    words: I64
    onset: I64

    def count(self) -> tuple[I64, I64, I64]:
        """Count the words: each once, how often it occurs, and for each of `words` which one it is."""
        ids, which, counts = np.unique(self.words, return_inverse=True, return_counts=True)
        return ids, counts, which.reshape(self.words.shape)


def extract_ngrams(band: GridPiece) -> dict[Role, NoteNgrams]:
    """Spell each role's notes."""
    sounding = {role: _lowest_class(band.notes[role], band.steps) for role in band.pitched}
    struck = np.zeros((band.steps, len(ROLES)), np.int64)
    for index, role in enumerate(ROLES):
        if role in band.events:
            struck[band.notes[role][:, ONSET], index] = 1
    mask = struck @ (1 << np.arange(len(ROLES)))
    return {role: _text(band, role, sounding, mask) for role in band.roles}


def _text(band: GridPiece, role: Role, sounding: Mapping[Role, I64], struck: I64) -> NoteNgrams:
    notes = band.notes[role].astype(np.int64)
    onset, pitch = notes[:, ONSET], notes[:, PITCH]
    most = 128 if role is Role.DRUMS else MOST_INTERVAL
    interval = np.clip(np.diff(pitch, prepend=pitch[:1]), -most, most)
    wait = np.minimum(np.diff(onset, prepend=0), MOST_WAIT)
    place, length = onset % band.bar, np.minimum(notes[:, END] - onset, MOST_WAIT)
    rhythm = wait * 32 + place
    back = _comes_back(onset, pitch, band.bar)
    runs = {0: interval, 1: rhythm, 2: rhythm * 512 + interval + 128, 3: back * 2 + _known_figure(interval)}
    singles = {4: struck[onset] * 32 + place, 5: back * 32 + place, 6: pitch}
    if role is not Role.DRUMS:
        degree = (pitch - 9 * band.is_minor) % 12
        runs |= {7: degree, 8: length * 32 + place}
        other = sounding.get(Role.HARMONY if role is Role.BASS else Role.BASS)
        against = np.full(len(onset), SILENT) if other is None else _against(pitch, other[onset])
        runs |= {9: against}
        singles |= {10: against * 32 + place, 11: degree * 32 + place}
    found = [*_hash(singles, 1), *_hash(runs, LONGEST)]
    return NoteNgrams(np.concatenate(found).T, onset)


def _lowest_class(notes: I32, steps: int) -> I64:
    """Say which pitch class sounds lowest at each step; `SILENT` where none does."""
    found = np.full(steps, SILENT)
    for begin, end, pitch in sorted(notes.tolist(), key=lambda note: -note[PITCH]):
        found[begin:end] = pitch % 12
    return found


def _against(pitch: I64, classes: I64) -> I64:
    return np.where(classes == SILENT, SILENT, (pitch - classes) % 12)


def _comes_back(onset: I64, pitch: I64, bar: int) -> I64:
    """Say by three bits whether a note is one of the bar before, of two bars before, of four bars before."""
    strokes = (onset + 4 * bar) * 128 + pitch
    made = np.zeros(int(strokes.max(initial=0)) + 1, np.int64)
    made[strokes] = 1
    return sum((bit * made[strokes - 128 * bit * bar] for bit in (1, 2, 4)), start=np.zeros_like(strokes))


def _known_figure(interval: I64) -> I64:
    """Say whether the last three intervals came before."""
    seen: set[tuple[int, ...]] = set()
    found, line = [], interval.tolist()
    for at in range(len(line)):
        figure = tuple(line[max(at - 2, 0) : at + 1])
        found.append(figure in seen)
        seen.add(figure)
    return np.array(found, np.int64)


def _hash(spellings: Mapping[int, I64], longest: int) -> list[I64]:
    """Number the words that end with each note, those of one note, of two and so on: (spellings, notes) of each."""
    values = np.stack(list(spellings.values()))
    symbols = np.full((len(values), LONGEST + values.shape[1]), NOTHING)
    symbols[:, LONGEST:] = values
    symbols = (symbols + 1024).astype(np.uint64)
    found = []
    for count in range(1, longest + 1):
        state = (np.array(list(spellings), np.uint64) * np.uint64(LONGEST) + np.uint64(count))[:, None]
        for since in range(count):
            state = (state ^ symbols[:, LONGEST - since : symbols.shape[1] - since]) * np.uint64(0x9E3779B97F4A7C15)
            state = state ^ (state >> np.uint64(29))
        found.append((state % np.uint64(N_BUCKETS)).astype(np.int64))
    return found
