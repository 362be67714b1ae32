"""Beat tracking: beats with a constant period if these explain the onsets, else beats that follow them.

Constant beats are the period and phase at which the onsets lie most densely on a grid. Varying beats are found by
dynamic programming (Ellis, *Beat tracking by dynamic programming*, 2007) with a period that drifts: the best path
through the autocorrelations of overlapping windows. The beats that put more onsets on their subdivisions are chosen.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from score.arrays import F64, I64

from transcriber.cancellation import NOT_CANCELLED, raise_if_cancelled
from transcriber.constants import FRAMES_PER_S

WINDOW_S, WINDOW_HOP_S = 8.0, 1.0
MAX_DRIFT_LOG = 0.25
"""Largest deviation of the local period from the piece's period, as a natural logarithm."""
N_PERIODS = 51
DRIFT_COST = 400.0
"""Cost of a change of period between two windows, for the square of its logarithm."""
TIGHTNESS = 12.0
"""Cost of an interval for the square of the logarithm of its ratio to the period; a typical onset has strength 1."""
REFINE_REACH_S = 0.045
CONSTANT_REACH_LOG, CONSTANT_ERROR_BEATS = 0.03, 0.02
"""How far from the estimated period a constant one is searched, and the resolution: its error at the last beat."""
CONSTANT_BONUS = 0.05
"""How much less of the onsets constant beats may explain and still be preferred."""


class Beats(NamedTuple):
    """Beats of a piece.

    Attributes
    ----------
    times_s : ndarray, shape (beats,), float64
        Rising.
    is_constant : bool
        Whether the period is constant.
    regularity : float
        How regularly the onsets lie on the beats and their subdivisions, 0 to 1.
    """

    times_s: F64
    is_constant: bool
    regularity: float


def track_beats(envelope: F64, onsets_s: F64, period_s: float, cancelled: threading.Event = NOT_CANCELLED) -> Beats:
    """Track the beats of a piece.

    Parameters
    ----------
    envelope : ndarray, shape (frames,), float64
        From `tempo_estimation.onset_envelope`.
    onsets_s : ndarray, shape (n,), float64
        Rising; not empty.
    period_s : float
        The piece's estimated beat period.
    cancelled : threading.Event
        Stops the work when it is set.

    Returns
    -------
    Beats
        From the last beat before the first onset to the first one after the last.
    """
    strengths = envelope / max(float(np.quantile(envelope[envelope > 0.1 * envelope.max()], 0.5)), 1e-9)
    periods = period_path(envelope, period_s) * FRAMES_PER_S
    frames = _track_dynamic(strengths, periods, cancelled)
    varying_s = _smooth(_refine(frames / FRAMES_PER_S, onsets_s, period_s))
    candidates = []
    for times_s, is_constant in ((constant_beats(envelope, onsets_s, period_s), True), (varying_s, False)):
        extended_s = _extend(times_s, float(onsets_s[0]), float(onsets_s[-1]), period_s)
        candidates.append(Beats(extended_s, is_constant, _regularity(extended_s, onsets_s)))
    return max(candidates, key=lambda beats: beats.regularity + CONSTANT_BONUS * beats.is_constant)


def constant_beats(envelope: F64, onsets_s: F64, period_s: float) -> F64:
    """Find the constant beats on whose subdivisions (2, 3 or 4 a beat) the onsets lie most densely.

    Parameters
    ----------
    envelope : ndarray, shape (frames,), float64
        Onset envelope, which decides on which subdivision the beats are.
    onsets_s : ndarray, shape (n,), float64
        Rising; not empty.
    period_s : float
        Estimated period; the constant one differs by at most 3 %.

    Returns
    -------
    ndarray, shape (beats,), float64
        In seconds.
    """
    n_beats = max(8.0, float(onsets_s[-1] - onsets_s[0]) / period_s)
    deviations = np.arange(-CONSTANT_REACH_LOG, CONSTANT_REACH_LOG, CONSTANT_ERROR_BEATS / n_beats)
    periods_s = period_s * np.exp(deviations)
    density = {parts: np.abs(_mean_phases(onsets_s, periods_s / parts)) for parts in (1, 2, 3, 4)}
    best = int(np.argmax(np.maximum(density[3], density[4]) + 0.5 * density[2] + 0.5 * density[1]))
    parts = 4 if density[4][best] >= density[3][best] else 3
    period_s = float(periods_s[best])
    (phase,) = np.angle(_mean_phases(onsets_s, np.array([period_s / parts]))) / (2 * np.pi)
    n_after = int(len(envelope) / FRAMES_PER_S / period_s)
    grids = [(phase + at) / parts % 1.0 * period_s + period_s * np.arange(n_after + 1) for at in range(parts)]
    return max(grids, key=lambda times_s: _mean_strength(envelope, times_s))


def period_path(envelope: F64, period_s: float) -> F64:
    """Find the local beat period in seconds; shape (frames,)."""
    window, hop = int(WINDOW_S * FRAMES_PER_S), int(WINDOW_HOP_S * FRAMES_PER_S)
    factors = np.exp(np.linspace(-MAX_DRIFT_LOG, MAX_DRIFT_LOG, N_PERIODS))
    starts = np.arange(0, max(1, len(envelope) - window // 2), hop)
    lags = period_s * factors * FRAMES_PER_S
    scores = np.stack([_comb_scores(envelope[at : at + window], lags) for at in starts])
    path = factors[_viterbi(scores - 0.5 * np.log(factors) ** 2, np.log(factors))]
    centers = starts + window / 2
    return np.asarray(period_s * np.interp(np.arange(len(envelope)), centers, path))


def _mean_phases(onsets_s: F64, periods_s: F64) -> NDArray[np.complex128]:
    """Return the mean of the onsets' phases as unit vectors, for each period; its length is their density."""
    return np.array([np.exp(2j * np.pi / period_s * onsets_s).mean() for period_s in periods_s])


def _mean_strength(envelope: F64, times_s: F64) -> float:
    frames = np.round(times_s * FRAMES_PER_S).astype(int)
    return float(envelope[frames[frames < len(envelope)]].mean())


def _comb_scores(window: F64, lags: F64) -> F64:
    """Sum the autocorrelation of a window at one to four times each lag."""
    centered = window - window.mean()
    size = 1 << int(np.ceil(np.log2(2 * len(centered) + 1)))
    products = np.fft.irfft(np.abs(np.fft.rfft(centered, size)) ** 2, size)[: len(centered)]
    products /= max(products[0], 1e-9)
    at = np.arange(len(products))
    return np.asarray(sum(np.interp(lags * multiple, at, products, right=0) for multiple in (1, 2, 3, 4)))


def _viterbi(scores: F64, log_factors: F64) -> I64:
    """Find the sequence of periods with the highest score, less the cost of their changes; shape (windows,)."""
    costs = DRIFT_COST * (log_factors[:, None] - log_factors[None, :]) ** 2
    best, origins = scores[0], []
    for row in scores[1:]:
        totals = best[:, None] - costs
        origins.append(totals.argmax(axis=0))
        best = totals.max(axis=0) + row
    path = [int(best.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1])


def _track_dynamic(strengths: F64, periods: F64, cancelled: threading.Event) -> I64:
    """Choose the frames of the beats: strong onsets, about a period apart."""
    n_frames = len(strengths)
    totals, origins = strengths.copy(), np.full(n_frames, -1)
    logs = np.log(np.arange(1, int(2 * periods.max()) + 3))
    # The best total of a beat in each frame: its own strength plus the best total of a beat about a period earlier.
    for frame in range(n_frames):
        raise_if_cancelled(cancelled)
        period = periods[frame]
        min_interval, max_interval = max(1, int(period * 0.6)), int(period * 1.6) + 1
        first = max(0, frame - max_interval)
        if first > frame - min_interval:
            continue
        log_intervals = logs[min_interval - 1 : frame - first][::-1]
        scores = totals[first : frame - min_interval + 1] - TIGHTNESS * (log_intervals - np.log(period)) ** 2
        best = int(scores.argmax())
        totals[frame] += scores[best]
        origins[frame] = first + best
    tail = max(0, n_frames - int(periods[-1]))
    frames = [tail + int(totals[tail:].argmax())]
    while origins[frames[-1]] >= 0:
        frames.append(int(origins[frames[-1]]))
    return np.array(frames[::-1])


def _refine(times_s: F64, onsets_s: F64, period_s: float) -> F64:
    """Move each beat to the median of the onsets near it; beats without onsets by an interpolated correction."""
    reach_s = min(REFINE_REACH_S, period_s / 6)
    first = np.searchsorted(onsets_s, times_s - reach_s)
    last = np.searchsorted(onsets_s, times_s + reach_s)
    medians = np.array([np.median(onsets_s[a:b]) if b > a else np.nan for a, b in zip(first, last, strict=True)])
    has_onsets = ~np.isnan(medians)
    if has_onsets.sum() < 2:
        return times_s
    index = np.arange(len(times_s))
    corrections = np.interp(index, index[has_onsets], (medians - times_s)[has_onsets])
    return np.asarray(np.maximum.accumulate(times_s + corrections + 1e-6 * index))


def _smooth(times_s: F64) -> F64:
    """Smooth the beats a little: a performer's tempo does not jump from beat to beat."""
    smoothed_s = times_s.copy()
    smoothed_s[1:-1] = 0.5 * times_s[1:-1] + 0.25 * (times_s[:-2] + times_s[2:])
    return smoothed_s


def _extend(times_s: F64, first_onset_s: float, last_onset_s: float, period_s: float) -> F64:
    """Extend the beats at both ends with the periods there, until all onsets lie between beats."""
    before_s = after_s = period_s
    if len(times_s) > 1:
        before_s, after_s = float(np.median(np.diff(times_s[:5]))), float(np.median(np.diff(times_s[-5:])))
    n_before = max(0, int(np.ceil((times_s[0] - first_onset_s - 0.3 * before_s) / before_s)))
    n_after = max(1, int(np.ceil((last_onset_s - times_s[-1]) / after_s)) + 1)
    head = times_s[0] - before_s * np.arange(n_before, 0, -1)
    tail = times_s[-1] + after_s * np.arange(1, n_after + 1)
    return np.concatenate((head, times_s, tail))


def _regularity(times_s: F64, onsets_s: F64) -> float:
    """Return the share of the onsets near a quarter or a third of a beat, less what is expected of random onsets."""
    positions = np.interp(onsets_s, times_s, np.arange(len(times_s)))
    period_s = float(np.median(np.diff(times_s)))
    tolerance = min(0.03 / period_s, 1 / 24)
    corrected = []
    for parts in (4, 3):
        is_near = np.abs(positions * parts - np.round(positions * parts)) / parts <= tolerance
        expected = 2 * tolerance * parts
        corrected.append((float(is_near.mean()) - expected) / (1 - expected))
    return float(np.clip(max(corrected), 0, 1))
