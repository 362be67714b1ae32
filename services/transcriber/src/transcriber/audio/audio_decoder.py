"""Decoding of audio files to mono samples at the model's rate, block by block.

Memory use follows the samples that are decoded, not the length that the header claims.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import soundfile
import soxr
from score.arrays import F32
from servicekit.faults import AudioTooLong, AudioUnreadable

from transcriber.cancellation import raise_if_cancelled
from transcriber.constants import MAX_DURATION_S, SAMPLE_RATE_HZ

BLOCK_FRAMES = 65_536
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000
MAX_CHANNELS = 32
FORMATS = frozenset({"WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "MPEG"})
_REMEDY = "Send a WAV, FLAC, Ogg Vorbis or MP3 file"


def decode_audio(path: Path, cancelled: threading.Event) -> Iterator[F32]:
    """Decode a file, mixed down and resampled.

    Parameters
    ----------
    path : Path
        A WAV, FLAC, Ogg or MP3 file; the format is detected from its content.
    cancelled : threading.Event
        Stops the work when it is set.

    Yields
    ------
    ndarray, shape (samples,), float32
        The next samples, mono, at `SAMPLE_RATE_HZ`; all finite.

    Raises
    ------
    AudioUnreadable
        If the file has another format, is damaged, or holds no samples.
    AudioTooLong
        If it is longer than `MAX_DURATION_S`, by its header or by what is decoded.
    """
    with closing(_open(path)) as file:
        _check_header(file)
        resampler = soxr.ResampleStream(file.samplerate, SAMPLE_RATE_HZ, 1, dtype="float32")
        n_frames = 0
        for block in _mono_blocks(file):
            raise_if_cancelled(cancelled)
            n_frames += len(block)
            _check_duration(n_frames / file.samplerate)
            yield resampler.resample_chunk(block)
        if not n_frames:
            raise AudioUnreadable(f"The recording holds no sound. {_REMEDY} with audible content.")
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def header_duration_s(path: Path) -> float:
    """Return the duration that a file's header gives, at least a tenth of a second; good for progress only."""
    with closing(_open(path)) as file:
        return float(np.clip(file.frames / file.samplerate, 0.1, MAX_DURATION_S))


def _open(path: Path) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise AudioUnreadable(f"The file cannot be decoded as audio. {_REMEDY}.") from error


def _check_header(file: soundfile.SoundFile) -> None:
    if file.format not in FORMATS:
        raise AudioUnreadable(f"The file has the format {file.format}, which is not supported. {_REMEDY}.")
    if not MIN_RATE_HZ <= file.samplerate <= MAX_RATE_HZ:
        message = f"The file has {file.samplerate} samples per second; {MIN_RATE_HZ} to {MAX_RATE_HZ} are supported."
        raise AudioUnreadable(message, sample_rate_hz=file.samplerate)
    if file.channels > MAX_CHANNELS:
        message = f"The file has {file.channels} channels; at most {MAX_CHANNELS} are supported."
        raise AudioUnreadable(message, channels=file.channels)
    # An MP3 or Ogg file of unknown length has a huge number in its header.
    if file.format in {"WAV", "WAVEX", "FLAC"}:
        _check_duration(file.frames / file.samplerate)


def _check_duration(duration_s: float) -> None:
    if duration_s > MAX_DURATION_S:
        message = f"The recording is longer than {MAX_DURATION_S // 60} minutes. Send a part of it."
        raise AudioTooLong(message, limit_s=MAX_DURATION_S)


def _mono_blocks(file: soundfile.SoundFile) -> Iterator[F32]:
    """Yield blocks of samples, mixed down; samples that are not numbers become silence."""
    while True:
        try:
            block = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise AudioUnreadable(f"The file is damaged: decoding failed. {_REMEDY} that is complete.") from error
        if not len(block):
            return
        finite = np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0)
        yield np.clip(finite, -8.0, 8.0).mean(axis=1, dtype=np.float32)
