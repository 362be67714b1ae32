"""Note tables on steps <-> the events of a role: which drawing a role uses, and the shapes it gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from score.encoding import MAX_PITCH, MIN_PITCH, N_DRUM_CLASSES, N_VOICES, OFF, fold_pitch
from score.meter_map import MeterMap
from score.model import Track
from score.monophonic import (
    PITCH,
    EncodedPart,
    Events,
    NoteTable,
    Velocities,
    decode_drums,
    decode_monophonic,
    encode_drums,
    encode_monophonic,
)
from score.roles import Role
from score.voice_allocation import decode_harmony, encode_harmony


def quantise(track: Track, bars: MeterMap) -> NoteTable:
    """Write a track's notes as a note table: onsets and ends at the nearest step, every note at least one long."""
    notes = np.array(track.notes, dtype=np.int64)
    onsets = nearest_step(bars.steps_at(notes[:, 0]))
    ends = np.maximum(nearest_step(bars.steps_at(notes[:, 0] + notes[:, 1])), onsets + 1)
    return np.stack((onsets, ends, notes[:, 2], notes[:, 3]), axis=1).astype(np.int32)


def nearest_step(steps: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round to whole steps, halves up: numpy's own rounding would move them up and down in turn."""
    return np.floor(steps + 0.5).astype(np.int64)


def draw(role: Role, notes: NoteTable, n_steps: int) -> EncodedPart:
    """Draw a role's notes; pitches outside of the grid are moved by octaves."""
    if role is Role.DRUMS:
        return encode_drums(notes, n_steps)
    folded = _folded(notes)
    if role is Role.HARMONY:
        return encode_harmony(folded, n_steps)
    return encode_monophonic(folded, n_steps, keep_highest=role is Role.LEAD)


def read(role: Role, events: Events, velocities: Velocities) -> NoteTable:
    """Read a role's notes, sorted by onset."""
    if role is Role.DRUMS:
        return decode_drums(events, velocities)
    if role is Role.HARMONY:
        return decode_harmony(events, velocities)
    return decode_monophonic(events, velocities)


def count_outside(role: Role, notes: NoteTable) -> int:
    """Count the notes whose pitch a grid does not have."""
    if role is Role.DRUMS:
        return 0
    return int(((notes[:, PITCH] < MIN_PITCH) | (notes[:, PITCH] > MAX_PITCH)).sum())


def last_step(role: Role, events: Events) -> int:
    """The step at which a role falls silent for good."""
    if role is Role.DRUMS:
        marks = np.flatnonzero(events)
        return int(marks[-1]) + 1 if len(marks) else 0
    lines = events.reshape(len(events), -1).T
    return max(_line_end(line) for line in lines)


def _line_end(line: Events) -> int:
    marks = np.flatnonzero(line)
    if not len(marks):
        return 0
    return len(line) if line[marks[-1]] > OFF else int(marks[-1])


def events_shape(role: Role, n_steps: int) -> tuple[int, ...]:
    """Shape of a role's events over so many steps."""
    return (n_steps, N_VOICES) if role is Role.HARMONY else (n_steps,)


def velocities_shape(role: Role, n_steps: int) -> tuple[int, ...]:
    """Shape of a role's velocities over so many steps."""
    return (n_steps, N_DRUM_CLASSES) if role is Role.DRUMS else events_shape(role, n_steps)


def _folded(notes: NoteTable) -> NoteTable:
    folded = notes.copy()
    folded[:, PITCH] = np.array([fold_pitch(pitch) for pitch in notes[:, PITCH].tolist()], dtype=np.int32)
    return folded
