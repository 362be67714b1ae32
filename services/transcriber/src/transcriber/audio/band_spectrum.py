"""Levels and noisiness of frequency bands at each frame, in which drum strokes show.

The windows are short, so that a stroke stands out in time; the bands are wide. How noisy a band is distinguishes a
cymbal from a bright string: noise fills a band evenly, partials are lines in it (spectral flatness).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from score.arrays import F32, F64

from transcriber.cancellation import NOT_CANCELLED, raise_if_cancelled
from transcriber.constants import HOP_SAMPLES, SAMPLE_RATE_HZ

LEVEL_SAMPLES, FLATNESS_SAMPLES = 1024, 2048
"""Lengths of the windows, 46 and 93 ms."""
N_BANDS, N_FLATNESS_BANDS = 32, 8
LOWEST_HZ, LOWEST_FLATNESS_HZ, HIGHEST_HZ = 35.0, 350.0, 10_800.0
RANGE_DB = 80.0
"""Levels this far below the loudest band of the recording count as silence."""
BLOCK_FRAMES = 512


class BandSpectrum(NamedTuple):
    """Bands from low to high, by frame.

    Attributes
    ----------
    levels : ndarray, shape (frames, N_BANDS), float32
        From 0 (`RANGE_DB` or more below the loudest) to 1 (the loudest).
    flatness : ndarray, shape (frames, N_FLATNESS_BANDS), float32
        From 0 (lines) to 1 (even): geometric by arithmetic mean of the power.
    """

    levels: F32
    flatness: F32


def band_spectrum(audio: F32, cancelled: threading.Event = NOT_CANCELLED) -> BandSpectrum:
    """Compute the bands of a recording.

    Parameters
    ----------
    audio : ndarray, shape (samples,), float32
        Mono, at `SAMPLE_RATE_HZ`.
    cancelled : threading.Event
        Stops the work when it is set.
    """
    filters = band_filters()
    levels = np.concatenate([np.sqrt(power @ filters) for power in _powers(audio, LEVEL_SAMPLES, cancelled)])
    decibels = 20 * np.log10(np.maximum(levels, 1e-9))
    scaled = np.clip(1 + (decibels - decibels.max()) / RANGE_DB, 0, 1)
    flatness = np.concatenate([_flatness(power) for power in _powers(audio, FLATNESS_SAMPLES, cancelled)])
    return BandSpectrum(scaled.astype(np.float32), flatness.astype(np.float32))


def band_filters() -> F32:
    """Build overlapping triangular filters, evenly spaced in the logarithm of the frequency, at least two bins wide.

    Returns
    -------
    ndarray, shape (bins, N_BANDS), float32
    """
    bins_hz = np.fft.rfftfreq(LEVEL_SAMPLES, 1 / SAMPLE_RATE_HZ)
    centers_hz = np.geomspace(LOWEST_HZ, HIGHEST_HZ, N_BANDS)
    half_widths_hz = np.maximum(centers_hz * (centers_hz[1] / centers_hz[0] - 1), bins_hz[1])
    triangles = np.maximum(0, 1 - np.abs(bins_hz[:, None] - centers_hz) / half_widths_hz)
    return np.asarray(triangles, dtype=np.float32)


def _flatness(power: F32) -> F64:
    """Return the spectral flatness of the wide bands, shape (frames, N_FLATNESS_BANDS)."""
    edges_hz = np.geomspace(LOWEST_FLATNESS_HZ, HIGHEST_HZ, N_FLATNESS_BANDS + 1)
    edges = (edges_hz / SAMPLE_RATE_HZ * FLATNESS_SAMPLES).astype(int)
    floored = power + np.float32(1e-10)
    counts = np.diff(edges)
    geometric = np.add.reduceat(np.log(floored), edges, axis=1)[:, :-1] / counts
    arithmetic = np.log(np.add.reduceat(floored, edges, axis=1)[:, :-1] / counts)
    return np.asarray(np.exp(geometric - arithmetic), dtype=np.float64)


def _powers(audio: F32, window_samples: int, cancelled: threading.Event) -> Iterator[F32]:
    """Yield the power spectra of blocks of frames, shape (up to BLOCK_FRAMES, bins)."""
    n_frames = len(audio) // HOP_SAMPLES + 1
    padded = np.pad(audio, (window_samples // 2, window_samples))
    frames = sliding_window_view(padded, window_samples)[::HOP_SAMPLES][:n_frames]
    window = np.hanning(window_samples).astype(np.float32)
    for start in range(0, n_frames, BLOCK_FRAMES):
        raise_if_cancelled(cancelled)
        spectrum = np.fft.rfft(frames[start : start + BLOCK_FRAMES] * window)
        yield (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
