"""Played notes: every note of a role with its exact time, among them those that the events have no room for.

A table of played notes has the columns of a note table, then how much later than its steps a note begins and ends, in
thousandths of a step. It is an int32 array of shape (n, 6), in any order.
"""

from __future__ import annotations

import numpy as np

from score.arrays import I16, I32, I64, U8, Bool
from score.encoding import fold_pitch
from score.meter_map import MeterMap
from score.model import Track
from score.quantization import codec
from score.quantization.note_table import END, ONSET, PITCH, NoteTable
from score.roles import Role

PlayedTable = I32
VELOCITY, ONSET_OFFSET, END_OFFSET = range(3, 6)
"""Columns after those of a note table's time and pitch."""

OFFSETS_PER_STEP = 1000

_UNISON_OFFSET = 200
"""Notes of one step and pitch that begin within this offset of one another are one note, played by two."""

_FOLDED = np.array([fold_pitch(pitch) for pitch in range(128)])


def quantize_exactly(track: Track, meter_map: MeterMap) -> PlayedTable:
    """Return a track's notes at the nearest steps, and how far from them they are.

    Examples
    --------
    >>> from score.meter_map import build_meter_map
    >>> from score.model import Note, Score
    >>> track = Track(notes=(Note(160, 240, 62, 80),))
    >>> quantize_exactly(track, build_meter_map(Score(tracks=(track,)))).tolist()
    [[1, 3, 62, 80, 333, 333]]
    """
    table = codec.quantize(track, meter_map)
    notes = track.note_array
    exact = np.stack([meter_map.steps_at(notes[:, 0]), meter_map.steps_at(notes[:, 0] + notes[:, 1])], axis=1)
    offsets = np.rint((exact - table[:, : END + 1]) * OFFSETS_PER_STEP)
    return np.concatenate([table, offsets.astype(np.int32)], axis=1)


def find_unheld(role: Role, played: PlayedTable, events: I16, velocities: U8) -> PlayedTable:
    """Return the played notes of a role that its events do not give back: other pitches, or more than fit.

    Parameters
    ----------
    role : Role
    played : ndarray, shape (n, 6), int32
    events : ndarray, `codec.events_shape`, int16
    velocities : ndarray, `codec.velocities_shape`, uint8

    Returns
    -------
    ndarray, shape (m, 6), int32
        Without notes that another one of the same step and pitch doubles. Drums that sound as another instrument of
        their class are among them.

    Examples
    --------
    >>> played = np.array([[0, 2, 60, 80, 0, 0], [0, 2, 60, 80, 20, 0], [0, 2, 64, 80, 0, 0]], np.int32)
    >>> events = np.array([45, 0, 1, 0], np.int16)
    >>> find_unheld(Role.LEAD, played, events, np.zeros(4, np.uint8)).tolist()
    [[0, 2, 60, 80, 0, 0]]
    """
    ordered = played[np.lexsort((np.abs(played[:, ONSET_OFFSET]), played[:, PITCH], played[:, ONSET]))]
    keys = _keys(role, ordered)
    is_first = np.append(True, np.diff(keys) != 0)[: len(keys)]
    first_offsets = ordered[is_first, ONSET_OFFSET][np.cumsum(is_first) - 1]
    is_unison = ~is_first & (np.abs(ordered[:, ONSET_OFFSET] - first_offsets) < _UNISON_OFFSET)
    is_held = is_first & np.isin(keys, _keys(role, codec.decode(role, events, velocities)))
    unheld: PlayedTable = ordered[~is_held & ~is_unison]
    return unheld


def _keys(role: Role, notes: NoteTable) -> I64:
    """Return a number for the step and pitch of each note; pitches are those of the grid."""
    pitches = notes[:, PITCH] if role is Role.DRUMS else _FOLDED[notes[:, PITCH]]
    keys: I64 = notes[:, ONSET].astype(np.int64) * 128 + pitches
    return keys


def sounds_inside(played: PlayedTable, n_steps: int) -> Bool:
    """Return which notes begin within a grid."""
    return np.asarray((played[:, ONSET] >= 0) & (played[:, ONSET] < n_steps))
