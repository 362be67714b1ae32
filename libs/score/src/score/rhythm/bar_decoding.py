"""Bars from beats: the best division of the beats into bars of two, three or four."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from score.arrays import F32, F64, Bool
from score.rhythm.beat_decoding import REACH_S
from score.rhythm.network import BARS

CHANGE_COST = 12.0
"""Cost of another number of beats in the next bar."""
PRIOR_WEIGHT = 1.0
_MIN_SCORE = -1e9
_STATES = [(length, position) for length in BARS for position in range(length)]


class Bars(NamedTuple):
    """Bars of a piece.

    Attributes
    ----------
    is_downbeat : ndarray, shape (beats,), bool
    beats_per_bar : int
        Of most bars.
    confidence : float
        Mean probability of the downbeats that were chosen.
    """

    is_downbeat: Bool
    beats_per_bar: int
    confidence: float


def decode_bars(beats_s: F64, times_s: F64, downbeat: F32, bars: F32) -> Bars:
    """Divide beats into bars.

    Parameters
    ----------
    beats_s : ndarray, shape (beats,), float64
    times_s : ndarray, shape (groups,), float64
        Of the onset groups.
    downbeat : ndarray, shape (groups,), float32
        Probability of a downbeat on each group.
    bars : ndarray, shape (groups, 3), float32
        Log-probability of each number of beats in a bar.
    """
    probability = _at_beats(beats_s, times_s, downbeat)
    log_odds = np.log(probability / (1 - probability))
    prior = bars.mean(axis=0).astype(np.float64)
    lengths, positions = (np.array(column) for column in zip(*_STATES, strict=True))
    path = _best_states(log_odds, prior, lengths, positions)
    is_downbeat = positions[path] == 0
    counts = np.bincount(lengths[path])
    agreement = np.where(is_downbeat, probability, 1 - probability)
    return Bars(is_downbeat, int(counts.argmax()), float(agreement.mean()))


def _at_beats(beats_s: F64, times_s: F64, downbeat: F32) -> F64:
    """Return the probability of a downbeat on each beat; that of a beat without onsets is a third of a chance's."""
    first, last = np.searchsorted(times_s, beats_s - REACH_S), np.searchsorted(times_s, beats_s + REACH_S)
    values = [float(downbeat[a:b].max()) if b > a else 0.2 for a, b in zip(first, last, strict=True)]
    return np.clip(np.array(values), 0.02, 0.98)


def _best_states(log_odds: F64, prior: F64, lengths: np.typing.NDArray, positions: np.typing.NDArray) -> list[int]:  # type: ignore[type-arg]
    """Return the best state, an index of `_STATES`, of each beat."""
    n = len(_STATES)
    transition = np.full((n, n), _MIN_SCORE)
    for a, (length, position) in enumerate(_STATES):
        for b, (next_length, next_position) in enumerate(_STATES):
            if length == next_length and next_position == (position + 1) % length:
                transition[a, b] = 0.0
            elif position == length - 1 and next_position == 0:
                transition[a, b] = -CHANGE_COST
            elif next_position == 0:
                transition[a, b] = -1.5 * CHANGE_COST
    of_length = PRIOR_WEIGHT * prior[[BARS.index(length) for length in lengths]]
    is_first = positions == 0
    scores = np.where(is_first, log_odds[0], 0.0) + of_length
    origins = []
    for value in log_odds[1:]:
        totals = scores[:, None] + transition
        origins.append(totals.argmax(axis=0))
        scores = totals.max(axis=0) + np.where(is_first, value, 0.0) + of_length / 4
    path = [int(scores.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return path[::-1]
