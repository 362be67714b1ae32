"""Drums: note tables <-> a bit mask of nine drum classes at each step."""

from __future__ import annotations

import numpy as np

from score.arrays import I16, U8
from score.encoding import DEFAULT_VELOCITY, DRUM_CLASS_OF_PITCH, DRUM_CLASSES, N_DRUM_CLASSES
from score.quantization.note_table import EncodedPart, NoteTable


def encode_drums(notes: NoteTable, n_steps: int) -> EncodedPart:
    """Encode drum notes as masks of classes, shape (n_steps,), with velocities of shape (n_steps, 9).

    Examples
    --------
    >>> kick_and_snare = np.array([[0, 1, 36, 100], [2, 3, 38, 90]], np.int32)
    >>> encode_drums(kick_and_snare, 4).events.tolist()
    [1, 0, 2, 0]
    """
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


def decode_drums(masks: I16, velocities: U8) -> NoteTable:
    """Decode drum notes: each lasts one step, at the first pitch of its class.

    Examples
    --------
    >>> decode_drums(np.array([0b11, 0], np.int16), np.zeros((2, 9), np.uint8)).tolist()
    [[0, 1, 36, 90], [0, 1, 38, 90]]
    """
    steps, classes = np.nonzero(masks[:, None] >> np.arange(N_DRUM_CLASSES) & 1)
    loudness = velocities[steps, classes].astype(np.int32)
    loudness[loudness == 0] = DEFAULT_VELOCITY
    pitches = np.array([pitches[0] for pitches in DRUM_CLASSES], dtype=np.int32)[classes]
    return np.stack((steps, steps + 1, pitches, loudness), axis=1).astype(np.int32)
