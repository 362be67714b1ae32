"""Monophonic roles (lead and bass): note tables <-> events, one note at a time."""

from __future__ import annotations

import numpy as np

from score.arrays import I16, U8
from score.encoding import DEFAULT_VELOCITY, OFF, PITCH_OFFSET
from score.quantization.note_table import END, ONSET, PITCH, EncodedPart, NoteTable, write_notes


def encode_monophonic(notes: NoteTable, n_steps: int, *, keep_highest: bool) -> EncodedPart:
    """Encode one note at a time.

    Parameters
    ----------
    notes : ndarray, shape (n, 4), int32
        A note table in any order.
    n_steps : int
        Length of the role; every note ends within it.
    keep_highest : bool
        Whether the highest of notes that begin together is retained (a lead) or the lowest (a bass). A later note ends
        the one before it, unless it is hidden by it: on the wrong side of it, and over before it.

    Returns
    -------
    EncodedPart
        Arrays of shape (n_steps,).

    Examples
    --------
    >>> chord = np.array([[0, 4, 60, 80], [0, 4, 67, 90]], np.int32)
    >>> part = encode_monophonic(chord, 6, keep_highest=True)
    >>> part.events.tolist(), part.n_dropped
    ([48, 0, 0, 0, 1, 0], 1)
    """
    sign = 1 if keep_highest else -1
    order = np.lexsort((notes[:, END], -sign * notes[:, PITCH], notes[:, ONSET]))
    retained: list[list[int]] = []
    for onset, end, pitch, velocity in notes[order].tolist():
        if retained and retained[-1][END] > onset:
            last = retained[-1]
            is_hidden = sign * (last[PITCH] - pitch) > 0 and last[END] >= end
            if last[ONSET] == onset or is_hidden:
                continue
            last[END] = onset
        retained.append([onset, end, pitch, velocity])
    events, velocities = np.zeros(n_steps, dtype=np.int16), np.zeros(n_steps, dtype=np.uint8)
    write_notes(events, velocities, retained)
    return EncodedPart(events, velocities, len(notes) - len(retained))


def decode_monophonic(events: I16, velocities: U8) -> NoteTable:
    """Decode the notes of a line; an onset with velocity 0 gets `DEFAULT_VELOCITY`.

    Examples
    --------
    >>> events = np.array([41, 0, 43, 1], np.int16)
    >>> decode_monophonic(events, np.array([80, 0, 0, 0], np.uint8)).tolist()
    [[0, 2, 60, 80], [2, 3, 62, 90]]
    """
    changes = np.flatnonzero(events)
    ends = np.append(changes[1:], len(events))
    is_note = events[changes] > OFF
    onsets = changes[is_note]
    loudness = velocities[onsets].astype(np.int32)
    loudness[loudness == 0] = DEFAULT_VELOCITY
    columns = (onsets, ends[is_note], events[onsets].astype(np.int32) + PITCH_OFFSET, loudness)
    return np.stack(columns, axis=1).astype(np.int32)
