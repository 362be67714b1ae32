"""Beats from activations: the most probable sequence of beats whose intervals change smoothly.

Every frame may hold a beat. Its score is the log-odds of the onset groups near it, or a fixed cost where there are
none; an interval's score is the network's, less a cost for its change. The best sequence is found by dynamic
programming over frames and intervals. No interval is shorter than a block of frames, so those of a block are computed
together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from score.arrays import F32, F64, I64
from score.rhythm.network import PERIODS_S

FRAMES_PER_S = 50
REACH_S = 0.06
"""A beat belongs to an onset group if it is within this time."""
N_INTERVALS = 84
INTERVALS_S = np.geomspace(PERIODS_S[0], PERIODS_S[-1], N_INTERVALS)
_LENGTHS: I64 = np.round(INTERVALS_S * FRAMES_PER_S).astype(np.int64)
MAX_CHANGE = 9
"""Largest change of the interval from beat to beat, in steps of `INTERVALS_S` (3 % each)."""
MIN_SCORE = -1e9


class DecodingWeights(NamedTuple):
    """Weights of the terms of a sequence's score.

    Attributes
    ----------
    beat : float
        Added to the score of every beat: without it slow beats are preferred, as those between them are less certain.
    empty_beat : float
        Score of a beat without onsets.
    change : float
        Cost of a change of the interval, for the square of its logarithm.
    period : float
        Weight of the interval's log-probability, in comparison with that of equally probable intervals.
    spread_s : float
        Standard deviation of the distance from a beat to its onset group.
    """

    beat: float = 0.5
    empty_beat: float = -1.0
    change: float = 60.0
    period: float = 0.5
    spread_s: float = 0.03


WEIGHTS = DecodingWeights()


def decode_beats(times_s: F64, beat: F32, periods: F32, weights: DecodingWeights = WEIGHTS) -> F64:
    """Find the beats of a piece.

    Parameters
    ----------
    times_s : ndarray, shape (groups,), float64
        Rising.
    beat : ndarray, shape (groups,), float32
        Probability of a beat on each group.
    periods : ndarray, shape (groups, N_PERIODS), float32
        Log-probability of each length of the beat around each group.
    weights : DecodingWeights

    Returns
    -------
    ndarray, shape (beats,), float64
        In seconds, from about the first group to about the last.
    """
    start_s = float(times_s[0]) - 2 * REACH_S
    n_frames = int((float(times_s[-1]) - start_s + 2 * REACH_S) * FRAMES_PER_S) + 1
    placed = np.clip((times_s - start_s) * FRAMES_PER_S, 0, n_frames - 1)
    log_odds = _log_odds(beat)
    emissions = _emissions(placed, log_odds, n_frames, weights)
    frames = _best_path(emissions, _interval_scores(placed, periods, n_frames, weights), weights)
    return move_to_groups(frames / FRAMES_PER_S + start_s, times_s, beat)


def _log_odds(beat: F32) -> F64:
    probabilities = np.clip(beat.astype(np.float64), 1e-3, 1 - 1e-3)
    return np.asarray(np.log(probabilities / (1 - probabilities)))


def _emissions(placed: F64, log_odds: F64, n_frames: int, weights: DecodingWeights) -> F32:
    """Return each frame's score as a beat: the log-odds of a near group, the less the further it is."""
    reach = int(REACH_S * FRAMES_PER_S) + 1
    frames = np.round(placed).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    distances_s = np.abs(frames - placed[:, None]) / FRAMES_PER_S
    closeness = np.exp(-0.5 * (distances_s / weights.spread_s) ** 2)
    values = weights.empty_beat + (log_odds[:, None] - weights.empty_beat) * closeness
    inside = (frames >= 0) & (frames < n_frames)
    strongest = np.full(n_frames, -np.inf)
    np.maximum.at(strongest, frames[inside], values[inside])
    scores = np.where(np.isfinite(strongest), strongest, weights.empty_beat) + weights.beat
    return scores.astype(np.float32)


def _interval_scores(placed: F64, periods: F32, n_frames: int, weights: DecodingWeights) -> F32:
    """Return the score of each interval that ends at each frame; shape (frames, N_INTERVALS)."""
    at = np.interp(np.log(INTERVALS_S), np.log(PERIODS_S), np.arange(len(PERIODS_S)))
    low = np.minimum(at.astype(np.int64), len(PERIODS_S) - 2)
    share = at - low
    scores = np.maximum(periods.astype(np.float64), -7.0) + np.log(len(PERIODS_S))
    finer = scores[:, low] * (1 - share) + scores[:, low + 1] * share
    nearest = np.clip(np.searchsorted(placed, np.arange(n_frames)), 0, len(placed) - 1)
    return np.asarray((weights.period * finer).astype(np.float32)[nearest])


def _best_path(emissions: F32, of_interval: F32, weights: DecodingWeights) -> I64:
    """Return the frames of the best sequence of beats."""
    n_frames, pad, block = len(emissions), int(_LENGTHS[-1]), int(_LENGTHS[0])
    costs = _change_costs(weights)
    # leaving[pad + f, i]: the best score of a sequence with a beat in frame f that is followed by an interval i.
    # best[f, MAX_CHANGE + i]: the same for a beat that follows an interval i.
    leaving = np.full((pad + n_frames) * N_INTERVALS, MIN_SCORE, dtype=np.float32)
    best = np.full((n_frames, N_INTERVALS + 2 * MAX_CHANGE), MIN_SCORE, dtype=np.float32)
    inner = best[:, MAX_CHANGE:-MAX_CHANGE]
    near = sliding_window_view(best, 2 * MAX_CHANGE + 1, axis=1).transpose(2, 0, 1)
    before = (pad - _LENGTHS) * N_INTERVALS + np.arange(N_INTERVALS)
    offsets = before + N_INTERVALS * np.arange(block)[:, None]
    begin = np.where(np.arange(n_frames) < pad, np.float32(0.0), np.float32(MIN_SCORE))[:, None]
    rows = leaving.reshape(-1, N_INTERVALS)
    reached = np.empty((2 * MAX_CHANGE + 1, block, N_INTERVALS), dtype=np.float32)
    for first in range(0, n_frames, block):
        end = min(first + block, n_frames)
        come = leaving.take(offsets[: end - first] + first * N_INTERVALS)
        come += of_interval[first:end]
        np.maximum(come, begin[first:end], out=come)
        np.add(come, emissions[first:end, None], out=inner[first:end])
        scores = reached[:, : end - first]
        np.subtract(near[:, first:end], costs[:, None, None], out=scores)
        scores.max(axis=0, out=rows[pad + first : pad + end])
    return _trace_back(best, rows[pad:], of_interval, costs)


def _change_costs(weights: DecodingWeights) -> F32:
    step = float(np.log(INTERVALS_S[1] / INTERVALS_S[0]))
    return np.asarray(weights.change * (step * np.arange(-MAX_CHANGE, MAX_CHANGE + 1)) ** 2, dtype=np.float32)


def _trace_back(best: F32, leaving: F32, of_interval: F32, costs: F32) -> I64:
    """Follow the best sequence from its last beat, after which no whole interval is left."""
    n_frames, inner = len(best), best[:, MAX_CHANGE:-MAX_CHANGE]
    is_last = np.arange(n_frames)[:, None] + _LENGTHS >= n_frames
    frame, interval = (
        int(at) for at in np.unravel_index(np.argmax(np.where(is_last, inner, 2 * MIN_SCORE)), inner.shape)
    )
    frames = [frame]
    while True:
        before = frame - int(_LENGTHS[interval])
        is_start = frame < _LENGTHS[-1] and (
            before < 0 or leaving[before, interval] + of_interval[frame, interval] < 0.0
        )
        if is_start or before < 0:
            return np.array(frames[::-1], dtype=np.int64)
        frame = before
        frames.append(frame)
        interval += int(np.argmax(best[frame, interval : interval + 2 * MAX_CHANGE + 1] - costs)) - MAX_CHANGE


def move_to_groups(beats_s: F64, times_s: F64, beat: F32) -> F64:
    """Move each beat to its onset group; beats without one by the corrections of those around them."""
    log_odds = _log_odds(beat)
    after = np.clip(np.searchsorted(times_s, beats_s), 1, max(len(times_s) - 1, 1))
    candidates = np.stack((after - 1, np.minimum(after, len(times_s) - 1)))
    distances_s = np.abs(times_s[candidates] - beats_s)
    values = np.where(distances_s < REACH_S, log_odds[candidates] - distances_s / 0.02, -np.inf)
    choice = candidates[values.argmax(axis=0), np.arange(len(beats_s))]
    has_group = values.max(axis=0) > -4.0
    if not has_group.any():
        return beats_s
    index = np.arange(len(beats_s))
    corrections = np.interp(index, index[has_group], (times_s[choice] - beats_s)[has_group])
    moved = np.where(has_group, times_s[choice], beats_s + corrections)
    return np.asarray(np.maximum.accumulate(moved + 1e-6 * index))
