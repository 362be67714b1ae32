"""Tempo estimation: the length of a quarter note, chosen by a network among the periods at which onsets recur.

Autocorrelation finds all periods of the music alike: those of eighths, quarters and bars. Which of them would be
written as quarters depends on all of them together, and on the durations of the notes; that is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from score.arrays import F32, F64, I64

from transcriber.constants import FRAMES_PER_S
from transcriber.dense_network import DenseNetwork
from transcriber.note_detection.note_decoding import DetectedNote

PERIOD_RATIOS = (1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4, 6, 8)
"""Multiples of a period whose autocorrelations are its features."""
_SALIENCE_WEIGHTS = np.array([0.1, 0.3, 0.1, 0.5, 0, 0, 1, 0, 0, 0.8, 0.3, 0.5, 0.1, 0.2])
_INTERVAL_RATIOS = (1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 1.5, 2, 3, 4)
"""Multiples of a period to which intervals between onsets are compared."""
_SAME_RATIO_LOG = 0.09

MIN_BPM, MAX_BPM = 36.0, 260.0
PERIODS_S = 60 / np.exp(np.arange(np.log(MIN_BPM), np.log(MAX_BPM), 0.01))
MAX_LAG_S = 8.0
WINDOW_S, WINDOW_HOP_S = 14.0, 3.5
MAX_CANDIDATES = 16


class TempoEstimate(NamedTuple):
    """The length of a quarter note in seconds, and its probability, 0 to 1."""

    period_s: float
    confidence: float


def onset_envelope(onsets_s: F64, n_frames: int) -> F64:
    """Compute the onset strength of each frame: a Gaussian of 1.5 frames for each onset.

    A chord has the square root of the strengths of its notes.

    Returns
    -------
    ndarray, shape (n_frames,), float64
    """
    counts = np.zeros(n_frames)
    np.add.at(counts, np.clip(np.round(onsets_s * FRAMES_PER_S).astype(int), 0, n_frames - 1), 1.0)
    kernel = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    return np.convolve(np.sqrt(counts), kernel, "same")


def estimate_tempo(notes: Sequence[DetectedNote], envelope: F64, network: DenseNetwork) -> TempoEstimate:
    """Choose the length of a quarter note among the periods of the onset envelope.

    Parameters
    ----------
    notes : sequence of DetectedNote
        By rising onset; not empty.
    envelope : ndarray, shape (frames,), float64
        From `onset_envelope`.
    network : DenseNetwork
        Gives the logit that a period is a quarter.
    """
    periods_s, features = tempo_candidates(notes, envelope)
    logits = network.logits(features)
    probabilities = np.exp(logits - logits.max())
    probabilities /= probabilities.sum()
    best = int(np.argmax(logits))
    # Half and double the tempo have the same beats and differ only in notation: their probabilities are added.
    octaves = np.abs(np.log2(periods_s / periods_s[best]))
    is_octave = np.abs(octaves - np.round(octaves)) < np.log2(1.04)
    return TempoEstimate(float(periods_s[best]), float(probabilities[is_octave].sum()))


def tempo_candidates(notes: Sequence[DetectedNote], envelope: F64) -> tuple[F64, F32]:
    """Find the periods that may be a quarter, with their features.

    Returns
    -------
    periods_s : ndarray, shape (n,), float64
    features : ndarray, shape (n, features), float32
    """
    correlation = autocorrelate(envelope)
    table = np.stack([_interpolate(correlation, PERIODS_S * ratio) for ratio in PERIOD_RATIOS], axis=1)
    salience = table @ _SALIENCE_WEIGHTS
    peaks = _salience_peaks(salience)
    periods_s = PERIODS_S[peaks]
    parts = [table[peaks], *_interval_features(notes, periods_s)]
    parts.append((salience[peaks] - salience[peaks].max())[:, None])
    return periods_s, np.concatenate(parts, axis=1).astype(np.float32)


def autocorrelate(envelope: F64) -> F64:
    """Compute the mean autocorrelation of overlapping windows, so that a tempo that drifts still has one period.

    Returns
    -------
    ndarray, shape (lags,), float64
        1 at lag 0; lags in frames, up to `MAX_LAG_S`.
    """
    n_lags = int(MAX_LAG_S * FRAMES_PER_S)
    window, hop = int(WINDOW_S * FRAMES_PER_S), int(WINDOW_HOP_S * FRAMES_PER_S)
    if len(envelope) <= window:
        padded = np.pad(envelope, (0, max(0, int(n_lags * 1.2) - len(envelope) + 1)))
        return _autocorrelate_window(padded, n_lags)
    starts = range(0, len(envelope) - window + 1, hop)
    return np.asarray(np.mean([_autocorrelate_window(envelope[at : at + window], n_lags) for at in starts], axis=0))


def _autocorrelate_window(window: F64, n_lags: int) -> F64:
    centered = window - window.mean()
    size = 1 << int(np.ceil(np.log2(len(centered) + n_lags)))
    spectrum = np.fft.rfft(centered, size)
    products = np.fft.irfft(spectrum * np.conj(spectrum), size)[: n_lags + 1]
    # Longer lags have fewer products; the bound keeps the last ones from being amplified too much.
    products /= np.maximum(np.arange(len(centered), len(centered) - n_lags - 1, -1), 0.3 * len(centered))
    return np.asarray(products / max(products[0], 1e-9))


def _interpolate(correlation: F64, lags_s: F64) -> F64:
    """Interpolate a correlation between its lags; 0 beyond the longest one."""
    lags = lags_s * FRAMES_PER_S
    inside = np.clip(lags, 0, len(correlation) - 2)
    values = np.interp(inside, np.arange(len(correlation)), correlation)
    return np.asarray(np.where(lags_s < MAX_LAG_S, values, 0))


def _salience_peaks(salience: F64) -> I64:
    """Return the indices of the highest peaks, highest first."""
    middle = salience[1:-1]
    peaks = 1 + np.flatnonzero((middle >= salience[:-2]) & (middle > salience[2:]))
    if not len(peaks):
        peaks = np.array([int(np.argmax(salience))])
    return np.asarray(peaks[np.argsort(-salience[peaks], kind="stable")][:MAX_CANDIDATES])


def _interval_features(notes: Sequence[DetectedNote], periods_s: F64) -> list[F64]:
    """Compare the intervals between onsets and the durations of the notes with each period."""
    onsets_s = np.array([note.onset_s for note in notes])
    durations_s = np.array([note.end_s - note.onset_s for note in notes])
    intervals_s = np.diff(np.unique(np.round(onsets_s, 2)))
    intervals_s = intervals_s[intervals_s > 0.03]
    if not len(intervals_s):
        intervals_s = np.array([0.5])
    column = periods_s[:, None]
    log_intervals = np.log(np.quantile(intervals_s, [0.1, 0.25, 0.5, 0.75, 0.9]) / column)
    log_density = np.log(len(onsets_s) / (onsets_s.max() - onsets_s.min() + 1) * column)
    log_durations = np.log(np.quantile(durations_s, [0.25, 0.5, 0.75]) / column)
    log_period = np.log(column)
    parts = [log_period, log_period**2, log_intervals, log_durations, log_density, np.abs(log_intervals)]
    ratios = intervals_s / column
    shares = [(np.abs(np.log(ratios / ratio)) < _SAME_RATIO_LOG).mean(axis=1)[:, None] for ratio in _INTERVAL_RATIOS]
    return [*parts, *shares]
