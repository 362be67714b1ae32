"""Where the beats are: as steady as a machine's if that explains the onsets, or else following them.

Steady beats are the period and phase at which the onsets lie most densely on a grid. Beats that follow are found by
dynamic programming (Ellis, *Beat tracking by dynamic programming*, 2007) along a period that drifts: the likeliest path
through the correlations of overlapping windows. Whichever puts more onsets on its beats and their parts is taken.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transcriber.cancellation import NEVER, stop_if
from transcriber.constants import FRAMES_PER_S, Floats, Integers

WINDOW_S, HOP_S = 8.0, 1.0
DRIFT = 0.25
"""The furthest that a tempo drifts from the piece's own, as a natural logarithm."""
STEPS = 51
STIFFNESS = 400.0
"""What a change of period between two windows costs, for the square of its logarithm."""
TIGHTNESS = 12.0
"""What a beat off its place costs, in heights of a usual onset, for the square of the logarithm."""
REFINE_S = 0.045
STEADY_REACH, STEADY_ERROR_BEATS = 0.03, 0.02
"""How far from the period found a steady one is looked for, and how finely: by the beats that it is off at the end."""
STEADY_BONUS = 0.05
"""How much fewer of the onsets steady beats may explain, and are still taken."""


class Beats(NamedTuple):
    """Beats in seconds, rising; whether their tempo is constant; how regular the onsets are on them, 0 to 1."""

    times_s: Floats
    is_constant: bool
    regularity: float


def track(curve: Floats, onsets_s: Floats, period_s: float, cancelled: threading.Event = NEVER) -> Beats:
    """Follow the beats through a piece.

    Parameters
    ----------
    curve : ndarray, shape (frames,)
        Of `tempo.onset_curve`.
    onsets_s : ndarray, shape (n,)
        Rising; not empty.
    period_s : float
        Of a beat, in the middle of the piece.
    cancelled : threading.Event
        Ends the work when it is set.

    Returns
    -------
    Beats
        From the last one before the first onset to the first one after the last.
    """
    strengths = curve / max(float(np.quantile(curve[curve > 0.1 * curve.max()], 0.5)), 1e-9)
    periods = period_path(curve, period_s) * FRAMES_PER_S
    frames = _follow(strengths, periods, cancelled)
    followed_s = _smoothed(_refined(frames / FRAMES_PER_S, onsets_s, period_s))
    found = []
    for times_s, is_constant in ((steady(curve, onsets_s, period_s), True), (followed_s, False)):
        whole_s = _extended(times_s, float(onsets_s[0]), float(onsets_s[-1]), period_s)
        found.append(Beats(whole_s, is_constant, _regularity(whole_s, onsets_s)))
    return max(found, key=lambda beats: beats.regularity + STEADY_BONUS * beats.is_constant)


def steady(curve: Floats, onsets_s: Floats, period_s: float) -> Floats:
    """Lay the steady beats on which the onsets lie most densely: on them, their halves, quarters or thirds."""
    n_beats = max(8.0, float(onsets_s[-1] - onsets_s[0]) / period_s)
    periods_s = period_s * np.exp(np.arange(-STEADY_REACH, STEADY_REACH, STEADY_ERROR_BEATS / n_beats))
    dense = {parts: np.abs(_mean_phases(onsets_s, periods_s / parts)) for parts in (1, 2, 3, 4)}
    best = int(np.argmax(np.maximum(dense[3], dense[4]) + 0.5 * dense[2] + 0.5 * dense[1]))
    parts = 4 if dense[4][best] >= dense[3][best] else 3
    period_s = float(periods_s[best])
    (phase,) = np.angle(_mean_phases(onsets_s, np.array([period_s / parts]))) / (2 * np.pi)
    n_after = int(len(curve) / FRAMES_PER_S / period_s)
    grids = [(phase + at) / parts % 1.0 * period_s + period_s * np.arange(n_after + 1) for at in range(parts)]
    return max(grids, key=lambda times_s: _strength(curve, times_s))


def _mean_phases(onsets_s: Floats, periods_s: Floats) -> NDArray[np.complex128]:
    """Put the onsets on a circle for each period, and average: long where they lie together."""
    return np.array([np.exp(2j * np.pi / period_s * onsets_s).mean() for period_s in periods_s])


def _strength(curve: Floats, times_s: Floats) -> float:
    frames = np.round(times_s * FRAMES_PER_S).astype(int)
    return float(curve[frames[frames < len(curve)]].mean())


def period_path(curve: Floats, period_s: float) -> Floats:
    """Find how the period drifts: one value for each frame, in seconds."""
    window, hop = int(WINDOW_S * FRAMES_PER_S), int(HOP_S * FRAMES_PER_S)
    factors = np.exp(np.linspace(-DRIFT, DRIFT, STEPS))
    starts = np.arange(0, max(1, len(curve) - window // 2), hop)
    lags = period_s * factors * FRAMES_PER_S
    scores = np.stack([_comb(curve[at : at + window], lags) for at in starts])
    path = factors[_viterbi(scores - 0.5 * np.log(factors) ** 2, np.log(factors))]
    centres = starts + window / 2
    return np.asarray(period_s * np.interp(np.arange(len(curve)), centres, path))


def _comb(curve: Floats, lags: Floats) -> Floats:
    """Correlate a window with itself at one to four times each lag."""
    centred = curve - curve.mean()
    size = 1 << int(np.ceil(np.log2(2 * len(centred) + 1)))
    products = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2, size)[: len(centred)]
    products /= max(products[0], 1e-9)
    at = np.arange(len(products))
    return np.asarray(sum(np.interp(lags * times, at, products, right=0) for times in (1, 2, 3, 4)))


def _viterbi(scores: Floats, places: Floats) -> Integers:
    costs = STIFFNESS * (places[:, None] - places[None, :]) ** 2
    best, origins = scores[0], []
    for row in scores[1:]:
        totals = best[:, None] - costs
        origins.append(totals.argmax(axis=0))
        best = totals.max(axis=0) + row
    path = [int(best.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1])


def _follow(strengths: Floats, periods: Floats, cancelled: threading.Event) -> Integers:
    """Choose the frames of the beats: on strong onsets, a period apart."""
    n_frames = len(strengths)
    totals, origins = strengths.copy(), np.full(n_frames, -1)
    logs = np.log(np.arange(1, int(2 * periods.max()) + 3))
    for frame in range(n_frames):
        stop_if(cancelled)
        period = periods[frame]
        near, far = max(1, int(period * 0.6)), int(period * 1.6) + 1
        first = max(0, frame - far)
        if first > frame - near:
            continue
        gaps = logs[near - 1 : frame - first][::-1]
        found = totals[first : frame - near + 1] - TIGHTNESS * (gaps - np.log(period)) ** 2
        best = int(found.argmax())
        totals[frame] += found[best]
        origins[frame] = first + best
    tail = max(0, n_frames - int(periods[-1]))
    frames = [tail + int(totals[tail:].argmax())]
    while origins[frames[-1]] >= 0:
        frames.append(int(origins[frames[-1]]))
    return np.array(frames[::-1])


def _refined(times_s: Floats, onsets_s: Floats, period_s: float) -> Floats:
    """Put each beat at the middle of the onsets near it; where there are none, between its neighbours."""
    reach_s = min(REFINE_S, period_s / 6)
    first = np.searchsorted(onsets_s, times_s - reach_s)
    last = np.searchsorted(onsets_s, times_s + reach_s)
    found = [np.median(onsets_s[a:b]) if b > a else np.nan for a, b in zip(first, last, strict=True)]
    known = ~np.isnan(np.array(found))
    if known.sum() < 2:
        return times_s
    index = np.arange(len(times_s))
    corrections = np.interp(index, index[known], (np.array(found) - times_s)[known])
    return np.maximum.accumulate(times_s + corrections + 1e-6 * index)


def _smoothed(times_s: Floats) -> Floats:
    """Even the beats out a little: a hand's tempo does not jump from beat to beat."""
    even_s = times_s.copy()
    even_s[1:-1] = 0.5 * times_s[1:-1] + 0.25 * (times_s[:-2] + times_s[2:])
    return even_s


def _extended(times_s: Floats, first_s: float, last_s: float, period_s: float) -> Floats:
    """Go on at both ends with the periods there, until all onsets lie between beats."""
    before_s = after_s = period_s
    if len(times_s) > 1:
        before_s, after_s = float(np.median(np.diff(times_s[:5]))), float(np.median(np.diff(times_s[-5:])))
    n_before = max(0, int(np.ceil((times_s[0] - first_s - 0.3 * before_s) / before_s)))
    n_after = max(1, int(np.ceil((last_s - times_s[-1]) / after_s)) + 1)
    head = times_s[0] - before_s * np.arange(n_before, 0, -1)
    tail = times_s[-1] + after_s * np.arange(1, n_after + 1)
    return np.concatenate((head, times_s, tail))


def _regularity(times_s: Floats, onsets_s: Floats) -> float:
    """Tell which share of the onsets lies near a quarter or a third of a beat, over what chance would put there."""
    at = np.interp(onsets_s, times_s, np.arange(len(times_s)))
    period_s = float(np.median(np.diff(times_s)))
    tolerance = min(0.03 / period_s, 1 / 24)
    near = [np.abs(at * parts - np.round(at * parts)) / parts <= tolerance for parts in (4, 3)]
    shares = [float(each.mean()) for each in near]
    by_chance = [2 * tolerance * parts for parts in (4, 3)]
    return float(np.clip(max((s - c) / (1 - c) for s, c in zip(shares, by_chance, strict=True)), 0, 1))
