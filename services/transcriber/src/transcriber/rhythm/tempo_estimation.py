"""How long a quarter note is: the periods at which onsets recur, judged by a network.

Autocorrelation finds every period of the music alike: the eighths, the quarters, the bars. Which of them a musician
would write as quarters depends on all of them together, and on how long the notes are; that is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from transcriber.constants import FRAMES_PER_S, Floats, Integers
from transcriber.dense_network import Network
from transcriber.note_detection.note_decoding import HeardNote

RATIOS = (1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4, 6, 8)
"""Multiples of a period whose correlations describe it."""
_SALIENCE = np.array([0.1, 0.3, 0.1, 0.5, 0, 0, 1, 0, 0, 0.8, 0.3, 0.5, 0.1, 0.2])
_INTERVALS = (1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 1.5, 2, 3, 4)
"""Multiples of a period that intervals between onsets are sorted into."""
_SAME = 0.09

SLOWEST_BPM, FASTEST_BPM = 36.0, 260.0
PERIODS_S = 60 / np.exp(np.arange(np.log(SLOWEST_BPM), np.log(FASTEST_BPM), 0.01))
LONGEST_LAG_S = 8.0
WINDOW_S, WINDOW_HOP_S = 14.0, 3.5
MAX_HYPOTHESES = 16


class Tempo(NamedTuple):
    """The length of a quarter note in seconds, and how sure it is, 0 to 1."""

    period_s: float
    confidence: float


def onset_curve(onsets_s: Floats, n_frames: int) -> Floats:
    """Draw onsets as bumps of 1.5 frames; a chord counts as the square root of its notes.

    Returns
    -------
    ndarray, shape (n_frames,), float64
    """
    counts = np.zeros(n_frames)
    np.add.at(counts, np.clip(np.round(onsets_s * FRAMES_PER_S).astype(int), 0, n_frames - 1), 1.0)
    bump = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    return np.convolve(np.sqrt(counts), bump, "same")


def find_tempo(notes: Sequence[HeardNote], curve: Floats, network: Network) -> Tempo:
    """Choose the quarter note's length among the periods of the onset curve.

    Parameters
    ----------
    notes : sequence of HeardNote
        By rising onset; not empty.
    curve : ndarray, shape (frames,)
        Of `onset_curve`.
    network : Network
    """
    periods_s, features = hypotheses(notes, curve)
    logits = network.logits(features)
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    best = int(np.argmax(logits))
    # Half and double the tempo are the same beat, written otherwise.
    octaves = np.abs(np.log2(periods_s / periods_s[best]))
    related = np.abs(octaves - np.round(octaves)) < np.log2(1.04)
    return Tempo(float(periods_s[best]), float(shares[related].sum()))


def hypotheses(notes: Sequence[HeardNote], curve: Floats) -> tuple[Floats, Floats]:
    """List the periods that may be a quarter, with what speaks for each.

    Returns
    -------
    periods_s : ndarray, shape (n,)
    features : ndarray, shape (n, features), float32
    """
    correlation = correlate(curve)
    table = np.stack([_at(correlation, PERIODS_S * ratio) for ratio in RATIOS], axis=1)
    salience = table @ _SALIENCE
    peaks = _peaks(salience)
    periods_s = PERIODS_S[peaks]
    parts = [table[peaks], *_of_rhythm(notes, periods_s)]
    parts.append((salience[peaks] - salience[peaks].max())[:, None])
    return periods_s, np.concatenate(parts, axis=1).astype(np.float32)


def correlate(curve: Floats) -> Floats:
    """Average the autocorrelations of overlapping windows, so that a tempo that drifts is still one tempo.

    Returns
    -------
    ndarray, shape (lags,)
        1 at lag 0; lags in frames up to `LONGEST_LAG_S`.
    """
    n_lags = int(LONGEST_LAG_S * FRAMES_PER_S)
    window, hop = int(WINDOW_S * FRAMES_PER_S), int(WINDOW_HOP_S * FRAMES_PER_S)
    if len(curve) <= window:
        return _autocorrelation(np.pad(curve, (0, max(0, int(n_lags * 1.2) - len(curve) + 1))), n_lags)
    starts = range(0, len(curve) - window + 1, hop)
    return np.asarray(np.mean([_autocorrelation(curve[at : at + window], n_lags) for at in starts], axis=0))


def _autocorrelation(curve: Floats, n_lags: int) -> Floats:
    centred = curve - curve.mean()
    size = 1 << int(np.ceil(np.log2(len(centred) + n_lags)))
    spectrum = np.fft.rfft(centred, size)
    products = np.fft.irfft(spectrum * np.conj(spectrum), size)[: n_lags + 1]
    products /= np.maximum(np.arange(len(centred), len(centred) - n_lags - 1, -1), 0.3 * len(centred))
    return np.asarray(products / max(products[0], 1e-9))


def _at(correlation: Floats, lags_s: Floats) -> Floats:
    """Read a correlation between its lags; 0 beyond the longest."""
    lags = lags_s * FRAMES_PER_S
    inside = np.clip(lags, 0, len(correlation) - 2)
    values = np.interp(inside, np.arange(len(correlation)), correlation)
    return np.asarray(np.where(lags_s < LONGEST_LAG_S, values, 0))


def _peaks(salience: Floats) -> Integers:
    middle = salience[1:-1]
    peaks = 1 + np.flatnonzero((middle >= salience[:-2]) & (middle > salience[2:]))
    if not len(peaks):
        peaks = np.array([int(np.argmax(salience))])
    return peaks[np.argsort(-salience[peaks], kind="stable")][:MAX_HYPOTHESES]


def _of_rhythm(notes: Sequence[HeardNote], periods_s: Floats) -> list[Floats]:
    """Describe how the intervals and lengths of the notes compare with each period."""
    onsets_s = np.array([note.onset_s for note in notes])
    lengths_s = np.array([note.end_s - note.onset_s for note in notes])
    intervals_s = np.diff(np.unique(np.round(onsets_s, 2)))
    intervals_s = intervals_s[intervals_s > 0.03]
    if not len(intervals_s):
        intervals_s = np.array([0.5])
    column = periods_s[:, None]
    rates = np.log(np.quantile(intervals_s, [0.1, 0.25, 0.5, 0.75, 0.9]) / column)
    per_period = np.log(len(onsets_s) / (onsets_s.max() - onsets_s.min() + 1) * column)
    lengths = np.log(np.quantile(lengths_s, [0.25, 0.5, 0.75]) / column)
    parts = [np.log(column), np.log(column) ** 2, rates, lengths, per_period, np.abs(rates)]
    ratios = intervals_s / column
    shares = [(np.abs(np.log(ratios / each)) < _SAME).mean(axis=1)[:, None] for each in _INTERVALS]
    return [*parts, *shares]
