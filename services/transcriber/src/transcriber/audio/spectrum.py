"""How loud each semitone is at each frame: what basic-pitch's posteriors do not tell.

A posterior says that a note sounds, not how it rises and decays. The magnitudes of a short-time Fourier transform,
taken together by semitones, do: from them the ends and the loudness of notes are read, and the strokes of drums.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from transcriber.cancellation import NEVER, stop_if
from transcriber.constants import HOP, LOWEST_PITCH, PITCHES, SAMPLE_RATE_HZ, Floats

FFT_SAMPLES = 4096
RANGE_DB = 80.0
"""What lies so far below the loudest semitone counts as silence."""
BLOCK_FRAMES = 512


def semitone_levels(audio: Floats, cancelled: threading.Event = NEVER) -> Floats:
    """Measure the level of each semitone, relative to the loudest of the recording.

    Parameters
    ----------
    audio : ndarray, shape (samples,), float32
        Mono, at `SAMPLE_RATE_HZ`.
    cancelled : threading.Event
        Ends the work when it is set.

    Returns
    -------
    ndarray, shape (frames, PITCHES), float32
        From 0 (`RANGE_DB` below the loudest, or less) to 1 (the loudest).
    """
    bank = semitone_filters()
    levels = np.concatenate([magnitudes @ bank for magnitudes in _magnitudes(audio, cancelled)])
    decibels = 20 * np.log10(np.maximum(levels, 1e-9))
    return np.asarray(np.clip(1 + (decibels - decibels.max()) / RANGE_DB, 0, 1), dtype=np.float32)


def semitone_filters() -> Floats:
    """Make one triangular filter for each semitone, as wide as two semitones or two bins.

    Returns
    -------
    ndarray, shape (bins, PITCHES), float32
    """
    bins_hz = np.fft.rfftfreq(FFT_SAMPLES, 1 / SAMPLE_RATE_HZ)
    centres_hz = 440 * 2 ** ((np.arange(PITCHES) + LOWEST_PITCH - 69) / 12)
    widths_hz = np.maximum(centres_hz * (2 ** (1 / 12) - 1), 1.5 * bins_hz[1])
    triangles = 1 - np.abs(bins_hz[:, None] - centres_hz) / widths_hz
    return np.asarray(np.maximum(0, triangles), dtype=np.float32)


def _magnitudes(audio: Floats, cancelled: threading.Event) -> Iterator[Floats]:
    """Yield the spectra of blocks of frames, shape (up to BLOCK_FRAMES, bins)."""
    n_frames = len(audio) // HOP + 1
    padded = np.pad(audio, (FFT_SAMPLES // 2, FFT_SAMPLES))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT_SAMPLES)[::HOP][:n_frames]
    window = np.hanning(FFT_SAMPLES).astype(np.float32)
    for start in range(0, n_frames, BLOCK_FRAMES):
        stop_if(cancelled)
        yield np.abs(np.fft.rfft(frames[start : start + BLOCK_FRAMES] * window)).astype(np.float32)
