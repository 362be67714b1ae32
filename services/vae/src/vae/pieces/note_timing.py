"""Note timing: how far notes begin and end off the grid in a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from score.arrays import F64, I16, I64
from score.encoding import DRUM_CLASS_OF_PITCH, N_DRUM_CLASSES, PITCH_OFFSET, fold_pitch
from score.grid import Grid
from score.meter_map import MeterMap, build_meter_map
from score.model import Score, Track
from score.quantization import codec
from score.roles import Role

_DRUM_CLASSES = np.array([DRUM_CLASS_OF_PITCH.get(pitch, -1) for pitch in range(128)])
_FOLDED_PITCHES = np.array([fold_pitch(pitch) for pitch in range(128)])


@dataclass(frozen=True)
class NoteTiming:
    """How far the notes of a role are off the grid, by the step at which they begin.

    Attributes
    ----------
    onset, end : ndarray, shape (n_steps, n_timing_columns(role)), float64
        In steps: how much later than its grid step a note begins, and than its grid end it ends. NaN in the timing of a
        piece where no note begins.
    """

    onset: F64
    end: F64


def n_timing_columns(role: Role) -> int:
    """Return the number of separately timed voices of a role: one for each drum class, else 1."""
    return N_DRUM_CLASSES if role is Role.DRUMS else 1


def extract_timing(score: Score, grid: Grid) -> dict[Role, NoteTiming]:
    """Compute the timing of every role of a piece.

    Parameters
    ----------
    score : Score
    grid : Grid
        Quantized from it. Timing is unknown in a meter that the grid was converted to.

    Returns
    -------
    dict of Role to NoteTiming
        The mean of the notes that begin at the same step. Empty if the meter of the grid is not the meter of the score.
    """
    meter_map = grid.meter_map or build_meter_map(score)
    if meter_map.meter != grid.meter:
        return {}
    sums = {role: np.zeros((3, grid.n_steps, n_timing_columns(role))) for role in grid.roles}
    for track in score.tracks:
        if track.notes:
            _add_track(sums, grid, track, meter_map)
    return {role: NoteTiming(*_means(total)) for role, total in sums.items()}


def _add_track(sums: Mapping[Role, F64], grid: Grid, track: Track, meter_map: MeterMap) -> None:
    """Add the notes of a track to the roles whose events contain them: rows count, onset offset, end offset."""
    notes = np.array(track.notes, dtype=np.int64)
    exact = np.stack([meter_map.steps_at(notes[:, 0]), meter_map.steps_at(notes[:, 0] + notes[:, 1])], axis=1)
    offsets = exact - codec.quantize(track, meter_map)[:, :2]
    steps = codec.nearest_step(exact[:, 0])
    is_inside = (steps >= 0) & (steps < grid.n_steps)
    steps, pitches, offsets = steps[is_inside], notes[is_inside, 2], offsets[is_inside]
    for role, total in sums.items():
        if track.is_drum == (role is Role.DRUMS):
            columns = _timing_columns(grid.events[role][steps], role, pitches)
            is_member = columns >= 0
            for row, values in enumerate((np.ones(len(steps)), offsets[:, 0], offsets[:, 1])):
                np.add.at(total[row], (steps[is_member], columns[is_member]), values[is_member])


def _timing_columns(events: I16, role: Role, pitches: I64) -> I64:
    """Return the column of each note in the role's timing, by the events of their steps; -1 if it is in another role.

    Lead, harmony and bass of one track share its notes: the events tell which role took a note.
    """
    if role is Role.DRUMS:
        classes = _DRUM_CLASSES[pitches]
        return np.where((classes >= 0) & (events >> np.maximum(classes, 0) & 1 > 0), classes, -1)
    tokens = _FOLDED_PITCHES[pitches] - PITCH_OFFSET
    return np.where((events.reshape(len(events), -1) == tokens[:, None]).any(axis=1), 0, -1)


def _means(total: F64) -> tuple[F64, F64]:
    count = np.where(total[0] > 0, total[0], np.nan)
    return total[1] / count, total[2] / count
