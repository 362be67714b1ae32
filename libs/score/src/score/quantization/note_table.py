"""Note tables: the notes of one role on steps, as an array.

A note table is an int32 array of shape (n, 4) with the columns onset step, end step, pitch and velocity; for drums the
third column is the General MIDI drum pitch. Decoded tables are sorted by onset, then pitch, and their notes of one
pitch do not overlap, so that encoding a decoded table and decoding it again gives the same table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from score.arrays import I16, I32, U8
from score.encoding import HOLD, OFF, PITCH_OFFSET

NoteTable = I32
ONSET, END, PITCH = range(3)
"""Columns; the last one is the velocity."""

N_COLUMNS = 4


class EncodedPart(NamedTuple):
    """Events of one role, the velocities of their onsets, and the number of notes that the encoding has no room for."""

    events: I16
    velocities: U8
    n_dropped: int


def empty_table() -> NoteTable:
    """Return a table without notes.

    Examples
    --------
    >>> empty_table().shape
    (0, 4)
    """
    return np.zeros((0, 4), dtype=np.int32)


def write_notes(events: I16, velocities: U8, notes: list[list[int]]) -> None:
    """Write notes into the events of one monophonic line, in place.

    Parameters
    ----------
    events : ndarray, shape (n_steps,), int16
        All `HOLD`.
    velocities : ndarray, shape (n_steps,), uint8
        All 0.
    notes : list of [onset, end, pitch, velocity]
        Sorted by onset, not overlapping, within the steps. Silence at the start is written as a note-off.

    Examples
    --------
    >>> events, velocities = np.zeros(6, np.int16), np.zeros(6, np.uint8)
    >>> write_notes(events, velocities, [[1, 3, 60, 80], [3, 5, 62, 90]])
    >>> events.tolist(), velocities.tolist()
    ([1, 41, 0, 43, 0, 1], [0, 80, 0, 90, 0, 0])
    """
    for onset, end, pitch, velocity in notes:
        events[onset] = pitch - PITCH_OFFSET
        velocities[onset] = velocity
        if end < len(events):
            # Where the next note begins at once, its onset replaces this note-off in the next pass.
            events[end] = OFF
    if len(events) and events[0] == HOLD:
        events[0] = OFF
