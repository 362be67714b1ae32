"""Note tables <-> the events of a role, and the notes of a track on steps."""

from __future__ import annotations

import numpy as np

from score.arrays import F64, I16, I64, U8
from score.encoding import MAX_PITCH, MIN_PITCH, N_DRUM_CLASSES, N_VOICES, OFF, fold_pitch
from score.meter_map import MeterMap
from score.model import Track
from score.quantization.drums import decode_drums, encode_drums
from score.quantization.monophonic import decode_monophonic, encode_monophonic
from score.quantization.note_table import PITCH, EncodedPart, NoteTable
from score.quantization.voice_allocation import decode_harmony, encode_harmony
from score.roles import Role


def quantize(track: Track, meter_map: MeterMap) -> NoteTable:
    """Return a track's notes with onsets and ends at the nearest step; every note lasts at least one step.

    Examples
    --------
    >>> from score.meter_map import build_meter_map
    >>> from score.model import Note, Score
    >>> track = Track(notes=(Note(0, 230, 60, 80), Note(250, 10, 62, 80)))
    >>> quantize(track, build_meter_map(Score(tracks=(track,)))).tolist()
    [[0, 2, 60, 80], [2, 3, 62, 80]]
    """
    notes = track.note_array
    onsets = nearest_step(meter_map.steps_at(notes[:, 0]))
    ends = np.maximum(nearest_step(meter_map.steps_at(notes[:, 0] + notes[:, 1])), onsets + 1)
    return np.stack((onsets, ends, notes[:, 2], notes[:, 3]), axis=1).astype(np.int32)


def nearest_step(steps: F64) -> I64:
    """Round to whole steps, halves up; `numpy.round` would round every other half down.

    Examples
    --------
    >>> nearest_step(np.array([0.5, 1.5, 2.49])).tolist()
    [1, 2, 2]
    """
    return np.floor(steps + 0.5).astype(np.int64)


def encode(role: Role, notes: NoteTable, n_steps: int) -> EncodedPart:
    """Encode the notes of a role; pitches outside the grid's range are moved into it by octaves.

    Parameters
    ----------
    role : Role
    notes : ndarray, shape (n, 4), int32
        A note table in any order.
    n_steps : int
        Length of the role; every note ends within it.

    Returns
    -------
    EncodedPart
        Arrays of `events_shape` and `velocities_shape`.

    Examples
    --------
    >>> encode(Role.BASS, np.array([[0, 2, 12, 80]], np.int32), 4).events.tolist()
    [5, 0, 1, 0]
    """
    if role is Role.DRUMS:
        return encode_drums(notes, n_steps)
    folded = _fold(notes)
    if role is Role.HARMONY:
        return encode_harmony(folded, n_steps)
    return encode_monophonic(folded, n_steps, keep_highest=role is Role.LEAD)


def decode(role: Role, events: I16, velocities: U8) -> NoteTable:
    """Decode the notes of a role, sorted by onset.

    Parameters
    ----------
    role : Role
    events : ndarray, `events_shape`, int16
    velocities : ndarray, `velocities_shape`, uint8
        Where an onset has 0, its note gets `DEFAULT_VELOCITY`.

    Examples
    --------
    >>> decode(Role.LEAD, np.array([1, 41, 0, 1], np.int16), np.array([0, 99, 0, 0], np.uint8)).tolist()
    [[1, 3, 60, 99]]
    """
    if role is Role.DRUMS:
        return decode_drums(events, velocities)
    if role is Role.HARMONY:
        return decode_harmony(events, velocities)
    return decode_monophonic(events, velocities)


def count_outside(role: Role, notes: NoteTable) -> int:
    """Return the number of notes whose pitch the grid does not have."""
    if role is Role.DRUMS:
        return 0
    return int(((notes[:, PITCH] < MIN_PITCH) | (notes[:, PITCH] > MAX_PITCH)).sum())


def onset_steps(role: Role, events: I16) -> I64:
    """Return the steps at which notes of a role begin.

    Examples
    --------
    >>> onset_steps(Role.LEAD, np.array([41, 0, 1, 43], np.int16)).tolist()
    [0, 3]
    """
    threshold = 0 if role is Role.DRUMS else OFF
    return np.flatnonzero((events.reshape(len(events), -1) > threshold).any(axis=1))


def last_step(role: Role, events: I16) -> int:
    """Return the step after which a role stays silent.

    Examples
    --------
    >>> last_step(Role.LEAD, np.array([41, 0, 1, 0], np.int16))
    2
    """
    if role is Role.DRUMS:
        onsets = np.flatnonzero(events)
        return int(onsets[-1]) + 1 if len(onsets) else 0
    lines = events.reshape(len(events), -1).T
    return max(_line_end(line) for line in lines)


def _line_end(line: I16) -> int:
    changes = np.flatnonzero(line)
    if not len(changes):
        return 0
    return len(line) if line[changes[-1]] > OFF else int(changes[-1])


def events_shape(role: Role, n_steps: int) -> tuple[int, ...]:
    """Return the shape of a role's events.

    Examples
    --------
    >>> events_shape(Role.HARMONY, 16), events_shape(Role.DRUMS, 16)
    ((16, 4), (16,))
    """
    return (n_steps, N_VOICES) if role is Role.HARMONY else (n_steps,)


def velocities_shape(role: Role, n_steps: int) -> tuple[int, ...]:
    """Return the shape of a role's velocities.

    Examples
    --------
    >>> velocities_shape(Role.HARMONY, 16), velocities_shape(Role.DRUMS, 16)
    ((16, 4), (16, 9))
    """
    return (n_steps, N_DRUM_CLASSES) if role is Role.DRUMS else events_shape(role, n_steps)


def _fold(notes: NoteTable) -> NoteTable:
    folded = notes.copy()
    folded[:, PITCH] = np.array([fold_pitch(pitch) for pitch in notes[:, PITCH].tolist()], dtype=np.int32)
    return folded
