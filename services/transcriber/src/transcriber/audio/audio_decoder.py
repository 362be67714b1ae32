"""Decoding of audio files to samples at the model's rate, block by block.

libsndfile reads what it can, FFmpeg's libraries the rest. Memory use follows the samples that are decoded, not the
length that the header claims.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import soxr
from score.arrays import F32
from servicekit.faults import AudioTooLong, AudioUnreadable

from transcriber.audio.audio_reader import REMEDY, AudioReader, undecodable
from transcriber.audio.libav_reader import open_libav
from transcriber.audio.mixdown import to_stereo_pair
from transcriber.audio.signatures import ONLY_LIBAV, demuxer_of
from transcriber.audio.sndfile_reader import open_sndfile
from transcriber.cancellation import raise_if_cancelled
from transcriber.constants import MAX_DURATION_S, SAMPLE_RATE_HZ

MAX_SAMPLE = 8.0


def decode_audio(path: Path, cancelled: threading.Event) -> Iterator[F32]:
    """Decode a file, mixed down to a stereo pair and resampled.

    Parameters
    ----------
    path : Path
        An audio file; the format is detected from its content.
    cancelled : threading.Event
        Stops the work when it is set.

    Yields
    ------
    ndarray, shape (samples, 1 or 2), float32
        The next samples, at `SAMPLE_RATE_HZ`; all finite. The number of channels is the same in all blocks.

    Raises
    ------
    AudioUnreadable
        If the file has another format, is damaged, or holds no samples.
    AudioTooLong
        If it is longer than `MAX_DURATION_S`, by a reliable header or by what is decoded.
    """
    with closing(_open(path)) as reader:
        if reader.is_duration_reliable:
            _check_duration(reader.header_duration_s)
        resampler = StereoResampler()
        duration_s = 0.0
        for samples, rate_hz in reader.blocks():
            raise_if_cancelled(cancelled)
            duration_s += len(samples) / rate_hz
            _check_duration(duration_s)
            yield resampler.push(_make_finite(samples), rate_hz)
        if not duration_s:
            raise AudioUnreadable(f"The recording holds no sound. {REMEDY} with audible content.")
        yield resampler.flush()


def header_duration_s(path: Path) -> float:
    """Return the duration that a file's header gives, at least a tenth of a second; good for progress only."""
    with closing(_open(path)) as reader:
        return float(np.clip(reader.header_duration_s, 0.1, MAX_DURATION_S))


class StereoResampler:
    """Resamples blocks to the model's rate; the number of channels is that of the first block, one or two."""

    def __init__(self) -> None:
        self._n_channels = 0
        self._rate_hz = 0
        self._stream: soxr.ResampleStream | None = None

    def push(self, samples: F32, rate_hz: int) -> F32:
        """Resample the next samples: shape (samples, channels) to (samples, 1 or 2)."""
        pair = to_stereo_pair(samples)
        self._n_channels = self._n_channels or pair.shape[1]
        if pair.shape[1] != self._n_channels:
            mono = pair.mean(axis=1, keepdims=True, dtype=np.float32)
            pair = np.repeat(mono, self._n_channels, axis=1)
        ending = self.flush() if self._stream and rate_hz != self._rate_hz else None
        if not self._stream:
            self._rate_hz = rate_hz
            self._stream = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, self._n_channels, dtype="float32")
        resampled = self._resample(pair, is_last=False)
        return resampled if ending is None else np.concatenate((ending, resampled))

    def flush(self) -> F32:
        """Return the samples that the filter still holds."""
        ending = self._resample(np.zeros((0, self._n_channels), np.float32), is_last=True)
        self._stream = None
        return ending

    def _resample(self, pair: F32, *, is_last: bool) -> F32:
        assert self._stream
        resampled: F32 = self._stream.resample_chunk(np.ascontiguousarray(pair), last=is_last)
        return resampled.reshape(-1, self._n_channels)


def _open(path: Path) -> AudioReader:
    demuxer = demuxer_of(path)
    if demuxer not in ONLY_LIBAV and (reader := open_sndfile(path)):
        return reader
    if demuxer is None:
        raise undecodable()
    return open_libav(path, demuxer)


def _make_finite(samples: F32) -> F32:
    """Replace samples that are not numbers by silence, and limit the others."""
    finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(finite, -MAX_SAMPLE, MAX_SAMPLE)


def _check_duration(duration_s: float) -> None:
    if duration_s > MAX_DURATION_S:
        message = f"The recording is longer than {MAX_DURATION_S // 60} minutes. Send a part of it."
        raise AudioTooLong(message, limit_s=MAX_DURATION_S)
