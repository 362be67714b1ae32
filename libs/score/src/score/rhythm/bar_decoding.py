"""Bars from beats: the best division of the beats into bars of two, three or four."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from score.arrays import F64, I64, Bool
from score.rhythm.bar_features import bar_features
from score.rhythm.network import BARS, load_bar_network
from score.rhythm.played_notes import PlayedNotes

CHANGE_COST = 12.0
"""Cost of another number of beats in the next bar."""
PRIOR_WEIGHT = 0.3
"""Weight of the log-probability of a number of beats in a bar, for each beat."""
_MIN_SCORE = -1e9
_STATES = [(length, position) for length in BARS for position in range(length)]
PAIR_COST = 0.7
"""Cost, per beat, of bars of two quarters: if it is not clear that they are, they are halves of bars of four."""
_LENGTHS: I64 = np.array([length for length, _ in _STATES])
_POSITIONS: I64 = np.array([position for _, position in _STATES])


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


def decode_bars(notes: PlayedNotes, beats_s: F64, *, is_compound: bool, one_meter: bool = False) -> Bars:
    """Divide beats into bars.

    Parameters
    ----------
    notes : PlayedNotes
    beats_s : ndarray, shape (beats,), float64
    is_compound : bool
        Whether a beat is a dotted quarter.
    one_meter : bool
        Whether all bars have the same number of beats.
    """
    outputs = load_bar_network()(bar_features(notes, beats_s, is_compound=is_compound)).astype(np.float64)
    log_odds = np.clip(outputs[:, 0], -4, 4)
    of_length = outputs[:, 1:] - np.log(np.exp(outputs[:, 1:]).sum(axis=1, keepdims=True))
    prior = of_length.mean(axis=0) - (0.0 if is_compound else PAIR_COST) * (np.array(BARS) == BARS[0])
    path = _best_states(log_odds, prior, change_cost=-_MIN_SCORE if one_meter else CHANGE_COST)
    is_downbeat = _POSITIONS[path] == 0
    counts = np.bincount(_LENGTHS[path])
    probability = 1 / (1 + np.exp(np.where(is_downbeat, -log_odds, log_odds)))
    return Bars(is_downbeat, int(counts.argmax()), float(probability.mean()))


def _best_states(log_odds: F64, prior: F64, *, change_cost: float) -> list[int]:
    """Return the best state, an index of `_STATES`, of each beat."""
    n = len(_STATES)
    transition = np.full((n, n), _MIN_SCORE)
    for a, (length, position) in enumerate(_STATES):
        for b, (next_length, next_position) in enumerate(_STATES):
            if length == next_length and next_position == (position + 1) % length:
                transition[a, b] = 0.0
            elif position == length - 1 and next_position == 0:
                transition[a, b] = -change_cost
            elif next_position == 0:
                transition[a, b] = -1.5 * change_cost
    of_length = PRIOR_WEIGHT * prior[[BARS.index(length) for length in _LENGTHS]]
    is_first = _POSITIONS == 0
    scores = np.where(is_first, log_odds[0], 0.0) + of_length
    origins = []
    for value in log_odds[1:]:
        totals = scores[:, None] + transition
        origins.append(totals.argmax(axis=0))
        scores = totals.max(axis=0) + np.where(is_first, value, 0.0) + of_length
    path = [int(scores.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return path[::-1]
