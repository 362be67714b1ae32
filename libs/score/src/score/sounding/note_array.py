"""The notes of several tracks as one array."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from score.arrays import I64
from score.model import Note, Score

ONSET, END, PITCH, VELOCITY, TRACK, RELEASE = range(6)
"""Columns: onset, end of the key and end of the sound in ticks (END, RELEASE), pitch, velocity and track index."""

_NOTE_FIELDS = 4


def read_notes(score: Score) -> I64:
    """Return the notes of all tracks, shape (n, 6), in the order of the tracks; the sound ends with the key.

    Examples
    --------
    >>> from score.model import Track
    >>> read_notes(Score(tracks=(Track(), Track(notes=(Note(0, 480, 60, 80),))))).tolist()
    [[0, 480, 60, 80, 1, 480]]
    """
    sizes = [len(track.notes) for track in score.tracks]
    notes = np.empty((sum(sizes), 6), dtype=np.int64)
    if score.tracks:
        notes[:, :_NOTE_FIELDS] = np.concatenate([track.note_array for track in score.tracks])
    notes[:, END] += notes[:, ONSET]
    notes[:, TRACK] = np.repeat(np.arange(len(sizes)), sizes)
    notes[:, RELEASE] = notes[:, END]
    return notes


def split_by_index(notes: I64, indices: I64, n_groups: int) -> list[I64]:
    """Return the notes of each group, in their order.

    Parameters
    ----------
    notes : ndarray, shape (n, 6), int64
        A note array.
    indices : ndarray, shape (n,), int64
        The group of each note.
    n_groups : int
        Number of groups, some of which may have no notes.
    """
    order = np.argsort(indices, kind="stable")
    return np.split(notes[order], np.searchsorted(indices[order], np.arange(1, n_groups)))


def is_unchanged(before: I64, after: I64, *, end_column: int) -> bool:
    """Return whether the notes of a track, in the same order, are what they were.

    Parameters
    ----------
    before, after : ndarray, shape (n, 6), int64
        Note arrays.
    end_column : int
        The end of `after` that counts.
    """
    old, new = (ONSET, END, PITCH, VELOCITY), (ONSET, end_column, PITCH, VELOCITY)
    return len(before) == len(after) and bool((before[:, old] == after[:, new]).all())


def to_notes(rows: I64, *, end_column: int) -> tuple[Note, ...]:
    """Return the notes of one track, sorted as `Track.notes` are, that end at one of the two ends."""
    order = np.lexsort((rows[:, end_column], rows[:, PITCH], rows[:, ONSET]))
    rows = rows[order]
    columns = (rows[:, ONSET], rows[:, end_column] - rows[:, ONSET], rows[:, PITCH], rows[:, VELOCITY])
    values: Iterable[list[int]] = np.stack(columns, axis=1).tolist()
    return tuple(map(Note._make, values))
