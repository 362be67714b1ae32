"""The tempo curve of a grid: the mean tempo of every step in which a score's tempo changes."""

from __future__ import annotations

import numpy as np

from score.arrays import F64, I64
from score.meter_map import MeterMap
from score.model import Score
from score.tempo_map import TempoMap

_ROUNDING_STEPS = 1e-6


def tempo_curve(score: Score, meter_map: MeterMap, n_steps: int) -> tuple[I64, I64]:
    """Compute the tempos of a grid, so that every step lasts as long as in the score.

    Parameters
    ----------
    score : Score
    meter_map : MeterMap
        Its map from ticks to steps.
    n_steps : int
        Length of the grid.

    Returns
    -------
    steps, microseconds_per_quarter : ndarray, shape (n,), int64
        The steps from which each tempo is in force, rising from 0. Several tempos within a step count by their time.

    Examples
    --------
    >>> from score.meter_map import build_meter_map
    >>> from score.model import Note, Tempo, Track
    >>> score = Score(tempos=(Tempo(0, 500_000), Tempo(180, 250_000)), tracks=(Track(notes=(Note(0, 480, 60, 80),)),))
    >>> [values.tolist() for values in tempo_curve(score, build_meter_map(score), 16)]
    [[0, 1, 2], [500000, 375000, 250000]]
    """
    changes = meter_map.steps_at([tempo.tick for tempo in score.tempos])
    first = np.floor(changes + _ROUNDING_STEPS).astype(np.int64)
    is_within = changes > first + _ROUNDING_STEPS
    steps = np.unique(np.concatenate([[0], first, first[is_within] + 1]))
    steps = steps[(steps >= 0) & (steps < n_steps)]
    tempos = np.rint(_mean_tempos(score, meter_map, np.append(steps, n_steps))).astype(np.int64)
    is_change = np.append(True, np.diff(tempos) != 0)
    return steps[is_change], tempos[is_change]


def _mean_tempos(score: Score, meter_map: MeterMap, steps: I64) -> F64:
    """Return the mean microseconds per quarter from each step to the next, shape (len(steps) - 1,)."""
    tempo_map = TempoMap.from_score(score)
    # Where an incomplete bar was completed, a step has no ticks: the tempo there is the one in force.
    ticks = meter_map.ticks_at(steps)
    ticks[-1] = max(ticks[-1], ticks[-2] + 1.0)
    length_ticks = np.diff(ticks)
    in_force = tempo_map.seconds_at(ticks[:-1] + 1.0) - tempo_map.seconds_at(ticks[:-1])
    seconds = np.diff(tempo_map.seconds_at(ticks))
    has_length = length_ticks > _ROUNDING_STEPS
    per_tick = np.where(has_length, seconds / np.where(has_length, length_ticks, 1.0), in_force)
    return np.asarray(per_tick * score.ticks_per_quarter * 1e6)
