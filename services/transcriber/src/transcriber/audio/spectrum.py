"""The level of each semitone at each frame, which basic-pitch's posteriors do not contain.

A posterior tells whether a note sounds, not how it rises and decays. The magnitudes of a short-time Fourier transform,
pooled by semitones, do: the ends and velocities of notes, and drum strokes, are read from them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
from score.arrays import F32

from transcriber.cancellation import NOT_CANCELLED, raise_if_cancelled
from transcriber.constants import HOP_SAMPLES, LOWEST_PITCH, N_PITCHES, SAMPLE_RATE_HZ

FFT_SAMPLES = 4096
RANGE_DB = 80.0
"""Levels this far below the loudest semitone count as silence."""
BLOCK_FRAMES = 512


def semitone_levels(audio: F32, cancelled: threading.Event = NOT_CANCELLED) -> F32:
    """Compute the level of each semitone, relative to the loudest one of the recording.

    Parameters
    ----------
    audio : ndarray, shape (samples,), float32
        Mono, at `SAMPLE_RATE_HZ`.
    cancelled : threading.Event
        Stops the work when it is set.

    Returns
    -------
    ndarray, shape (frames, N_PITCHES), float32
        From 0 (`RANGE_DB` or more below the loudest) to 1 (the loudest).
    """
    filters = semitone_filters()
    levels = np.concatenate([magnitudes @ filters for magnitudes in _magnitudes(audio, cancelled)])
    decibels = 20 * np.log10(np.maximum(levels, 1e-9))
    return np.asarray(np.clip(1 + (decibels - decibels.max()) / RANGE_DB, 0, 1), dtype=np.float32)


def semitone_filters() -> F32:
    """Build one triangular filter for each semitone, at least two semitones or three bins wide.

    Returns
    -------
    ndarray, shape (bins, N_PITCHES), float32
    """
    bins_hz = np.fft.rfftfreq(FFT_SAMPLES, 1 / SAMPLE_RATE_HZ)
    centers_hz = 440 * 2 ** ((np.arange(N_PITCHES) + LOWEST_PITCH - 69) / 12)
    half_widths_hz = np.maximum(centers_hz * (2 ** (1 / 12) - 1), 1.5 * bins_hz[1])
    triangles = 1 - np.abs(bins_hz[:, None] - centers_hz) / half_widths_hz
    return np.asarray(np.maximum(0, triangles), dtype=np.float32)


def _magnitudes(audio: F32, cancelled: threading.Event) -> Iterator[F32]:
    """Yield the spectra of blocks of frames, shape (up to BLOCK_FRAMES, bins)."""
    n_frames = len(audio) // HOP_SAMPLES + 1
    padded = np.pad(audio, (FFT_SAMPLES // 2, FFT_SAMPLES))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT_SAMPLES)[::HOP_SAMPLES][:n_frames]
    window = np.hanning(FFT_SAMPLES).astype(np.float32)
    for start in range(0, n_frames, BLOCK_FRAMES):
        raise_if_cancelled(cancelled)
        yield np.abs(np.fft.rfft(frames[start : start + BLOCK_FRAMES] * window)).astype(np.float32)
