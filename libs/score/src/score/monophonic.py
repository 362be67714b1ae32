"""Notes on steps <-> the events of a grid, for one melody line, for four voices, and for a drum kit.

A *note table* is an int32 array of shape (n, 4) with the columns onset step, end step, pitch, velocity; for drums the
third column is still the General MIDI pitch. Tables made here are sorted by onset, then pitch, and their notes of one
pitch do not overlap, so that drawing a table and reading it back is the identity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score.encoding import (
    DEFAULT_VELOCITY,
    DRUM_CLASS_OF_PITCH,
    DRUM_CLASSES,
    HOLD,
    N_DRUM_CLASSES,
    OFF,
    PITCH_OFFSET,
)

NoteTable = NDArray[np.int32]
Events = NDArray[np.int16]
Velocities = NDArray[np.uint8]

ONSET, END, PITCH, VELOCITY = range(4)


class EncodedPart(NamedTuple):
    """Events of one role with the velocities of their onsets, and how many notes found no place."""

    events: Events
    velocities: Velocities
    n_dropped: int


def empty_table() -> NoteTable:
    """Make a table of no notes."""
    return np.zeros((0, 4), dtype=np.int32)


def encode_monophonic(notes: NoteTable, n_steps: int, *, keep_highest: bool) -> EncodedPart:
    """Draw one note at a time.

    Parameters
    ----------
    notes : ndarray, shape (n, 4), int32
        A note table, any order.
    n_steps : int
        Length; every note ends within it.
    keep_highest : bool
        Of notes that begin together keep the highest (a lead), else the lowest (a bass). A later note cuts the one
        before, unless it is covered by it: on the wrong side of it and over before it.

    Returns
    -------
    EncodedPart
        Shapes (n_steps,).
    """
    sign = 1 if keep_highest else -1
    order = np.lexsort((notes[:, END], -sign * notes[:, PITCH], notes[:, ONSET]))
    kept: list[list[int]] = []
    for onset, end, pitch, velocity in notes[order].tolist():
        if kept and kept[-1][END] > onset:
            held = kept[-1]
            is_covered = sign * (held[PITCH] - pitch) > 0 and held[END] >= end
            if held[ONSET] == onset or is_covered:
                continue
            held[END] = onset
        kept.append([onset, end, pitch, velocity])
    events, velocities = np.zeros(n_steps, dtype=np.int16), np.zeros(n_steps, dtype=np.uint8)
    write_notes(events, velocities, kept)
    return EncodedPart(events, velocities, len(notes) - len(kept))


def decode_monophonic(events: Events, velocities: Velocities) -> NoteTable:
    """Read the notes of a line; an onset without velocity gets `DEFAULT_VELOCITY`."""
    marks = np.flatnonzero(events)
    ends = np.append(marks[1:], len(events))
    is_note = events[marks] > OFF
    onsets = marks[is_note]
    loudness = velocities[onsets].astype(np.int32)
    loudness[loudness == 0] = DEFAULT_VELOCITY
    columns = (onsets, ends[is_note], events[onsets].astype(np.int32) + PITCH_OFFSET, loudness)
    return np.stack(columns, axis=1).astype(np.int32)


def encode_drums(notes: NoteTable, n_steps: int) -> EncodedPart:
    """Draw drum strokes as masks of classes, shape (n_steps,), with velocities of shape (n_steps, 9)."""
    masks = np.zeros(n_steps, dtype=np.int16)
    velocities = np.zeros((n_steps, N_DRUM_CLASSES), dtype=np.uint8)
    n_dropped = 0
    for onset, _, pitch, velocity in notes.tolist():
        index = DRUM_CLASS_OF_PITCH.get(pitch)
        if index is None:
            n_dropped += 1
            continue
        masks[onset] |= 1 << index
        velocities[onset, index] = max(velocity, int(velocities[onset, index]))
    return EncodedPart(masks, velocities, n_dropped)


def decode_drums(masks: Events, velocities: Velocities) -> NoteTable:
    """Read drum strokes: each a step long, at the first pitch of its class."""
    steps, classes = np.nonzero(masks[:, None] >> np.arange(N_DRUM_CLASSES) & 1)
    loudness = velocities[steps, classes].astype(np.int32)
    loudness[loudness == 0] = DEFAULT_VELOCITY
    pitches = np.array([pitches[0] for pitches in DRUM_CLASSES], dtype=np.int32)[classes]
    return np.stack((steps, steps + 1, pitches, loudness), axis=1).astype(np.int32)


def write_notes(events: Events, velocities: Velocities, notes: list[list[int]]) -> None:
    """Write notes that do not overlap into one line, in place; silence at its start is a note-off."""
    for onset, end, pitch, velocity in notes:
        events[onset] = pitch - PITCH_OFFSET
        velocities[onset] = velocity
        if end < len(events):
            events[end] = OFF
    # A later onset overwrote the note-off before it; nothing sounds at first unless a note says so.
    if len(events) and events[0] == HOLD:
        events[0] = OFF
