"""N-grams of notes: runs of up to three notes of a role in several spellings, hashed to buckets.

A spelling describes a note by intervals, rhythm, scale degree, the other roles at its onset, or whether it repeats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from score.arrays import I32, I64
from score.roles import ROLES, Role

from gan.measures.grid_piece import END, N_PITCHES, ONSET, PITCH, GridPiece

N_BUCKETS = 1 << 17
"""Number of ids. Few n-grams of real music share one."""

MAX_NGRAM_NOTES = 3

MAX_WAIT_STEPS, MAX_INTERVAL_SEMITONES = 16, 12
NO_NOTE = -1
"""In place of a note before the first."""

SILENCE = 12
"""In place of a pitch class where another role rests."""


@dataclass(frozen=True, slots=True)
class NoteNgrams:
    """The n-grams of one role.

    Attributes
    ----------
    ids : ndarray, shape (notes, spellings), int64
        Ids, below `N_BUCKETS`, of the n-grams that end at each note.
    onsets : ndarray, shape (notes,), int64
        Onset step of each note.
    """

    ids: I64
    onsets: I64

    def count(self) -> tuple[I64, I64, I64]:
        """Return the distinct ids, how often each occurs, and for each of `ids` which of the distinct ones it is."""
        ids, index, counts = np.unique(self.ids, return_inverse=True, return_counts=True)
        return ids, counts, index.reshape(self.ids.shape)


def extract_ngrams(piece: GridPiece) -> dict[Role, NoteNgrams]:
    """Return the n-grams of each role."""
    lowest = {role: _lowest_pitch_class(piece.notes[role], piece.n_steps) for role in piece.pitched_roles}
    has_onset = np.zeros((piece.n_steps, len(ROLES)), np.int64)
    for index, role in enumerate(ROLES):
        if role in piece.events:
            has_onset[piece.notes[role][:, ONSET], index] = 1
    onset_roles = has_onset @ (1 << np.arange(len(ROLES)))
    return {role: _role_ngrams(piece, role, lowest, onset_roles) for role in piece.roles}


def _role_ngrams(piece: GridPiece, role: Role, lowest: Mapping[Role, I64], onset_roles: I64) -> NoteNgrams:
    """Return the n-grams of a role.

    Each spelling is an integer for each note, packed of bounded parts, and has a number of its own, which is hashed
    with it: the classifiers are trained on these ids, so numbers and packing must not change.
    """
    notes = piece.notes[role].astype(np.int64)
    onset, pitch = notes[:, ONSET], notes[:, PITCH]
    max_interval = N_PITCHES if role is Role.DRUMS else MAX_INTERVAL_SEMITONES
    interval = np.clip(np.diff(pitch, prepend=pitch[:1]), -max_interval, max_interval)
    wait = np.minimum(np.diff(onset, prepend=0), MAX_WAIT_STEPS)
    position, length = onset % piece.bar_steps, np.minimum(notes[:, END] - onset, MAX_WAIT_STEPS)
    rhythm = wait * 32 + position
    repeats = _repeat_bits(onset, pitch, piece.bar_steps)
    runs = {0: interval, 1: rhythm, 2: rhythm * 512 + interval + 128, 3: repeats * 2 + _is_known_motif(interval)}
    singles = {4: onset_roles[onset] * 32 + position, 5: repeats * 32 + position, 6: pitch}
    if role is not Role.DRUMS:
        degree = (pitch - 9 * piece.is_minor) % 12
        runs |= {7: degree, 8: length * 32 + position}
        other = lowest.get(Role.HARMONY if role is Role.BASS else Role.BASS)
        against = np.full(len(onset), SILENCE) if other is None else _interval_above(pitch, other[onset])
        runs |= {9: against}
        singles |= {10: against * 32 + position, 11: degree * 32 + position}
    ids = [*_hash(singles, 1), *_hash(runs, MAX_NGRAM_NOTES)]
    return NoteNgrams(np.concatenate(ids).T, onset)


def _lowest_pitch_class(notes: I32, n_steps: int) -> I64:
    """Return the pitch class that sounds lowest at each step, `SILENCE` where none does."""
    found = np.full(n_steps, SILENCE)
    for onset, end, pitch in sorted(notes.tolist(), key=lambda note: -note[PITCH]):
        found[onset:end] = pitch % 12
    return found


def _interval_above(pitch: I64, pitch_classes: I64) -> I64:
    return np.where(pitch_classes == SILENCE, SILENCE, (pitch - pitch_classes) % 12)


def _repeat_bits(onset: I64, pitch: I64, bar_steps: int) -> I64:
    """Return three bits for each note: whether it also begins one, two and four bars before."""
    # Four empty bars in front keep the indices of what lies before the first bar from being negative.
    notes = (onset + 4 * bar_steps) * N_PITCHES + pitch
    is_there = np.zeros(int(notes.max(initial=0)) + 1, np.int64)
    is_there[notes] = 1
    bits = (bit * is_there[notes - N_PITCHES * bit * bar_steps] for bit in (1, 2, 4))
    return sum(bits, start=np.zeros_like(notes))


def _is_known_motif(interval: I64) -> I64:
    """Return 1 for each note whose latest three intervals came before, else 0."""
    seen: set[tuple[int, ...]] = set()
    found, line = [], interval.tolist()
    for index in range(len(line)):
        motif = tuple(line[max(index - 2, 0) : index + 1])
        found.append(motif in seen)
        seen.add(motif)
    return np.array(found, np.int64)


def _hash(spellings: Mapping[int, I64], max_notes: int) -> list[I64]:
    """Return the ids of the n-grams that end at each note, first those of one note: (spellings, notes) each."""
    values = np.stack(list(spellings.values()))
    symbols = np.full((len(values), MAX_NGRAM_NOTES + values.shape[1]), NO_NOTE)
    symbols[:, MAX_NGRAM_NOTES:] = values
    symbols = (symbols + 1024).astype(np.uint64)
    found = []
    for n_notes in range(1, max_notes + 1):
        state = np.array(list(spellings), np.uint64) * np.uint64(MAX_NGRAM_NOTES) + np.uint64(n_notes)
        state = state[:, None]
        for lag in range(n_notes):
            state = state ^ symbols[:, MAX_NGRAM_NOTES - lag : symbols.shape[1] - lag]
            state = state * np.uint64(0x9E3779B97F4A7C15)
            state = state ^ (state >> np.uint64(29))
        found.append((state % np.uint64(N_BUCKETS)).astype(np.int64))
    return found
