"""From an audio file to mono samples at the model's rate, block by block: memory follows the sound, not the header."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import soundfile
import soxr
from servicekit.faults import AudioTooLong, AudioUnreadable

from transcriber.cancellation import stop_if
from transcriber.constants import MAX_SECONDS, SAMPLE_RATE_HZ, Floats

BLOCK_FRAMES = 65_536
RATES_HZ = (4_000, 384_000)
MAX_CHANNELS = 32
FORMATS = frozenset({"WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "MPEG"})
_REMEDY = "Send a WAV, FLAC, Ogg Vorbis or MP3 file"


def decode(path: Path, cancelled: threading.Event) -> Iterator[Floats]:
    """Decode a file, resampled and mixed down.

    Parameters
    ----------
    path : Path
        A WAV, FLAC, Ogg or MP3 file; its bytes decide which.
    cancelled : threading.Event
        Ends the work when it is set.

    Yields
    ------
    ndarray, shape (samples,), float32
        The next samples, mono, at `SAMPLE_RATE_HZ`; finite.

    Raises
    ------
    AudioUnreadable
        If it is none of these, damaged, or holds no sound at all.
    AudioTooLong
        If it is longer than `MAX_SECONDS`, by its header or by what is decoded.
    """
    with closing(_open(path)) as file:
        _check_header(file)
        resampler = soxr.ResampleStream(file.samplerate, SAMPLE_RATE_HZ, 1, dtype="float32")
        n_frames = 0
        for block in _blocks(file):
            stop_if(cancelled)
            n_frames += len(block)
            _check_length(n_frames / file.samplerate)
            yield resampler.resample_chunk(block)
        if not n_frames:
            raise AudioUnreadable(f"The recording holds no sound. {_REMEDY} that plays something.")
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def seconds(path: Path) -> float:
    """Tell a file's length by its header, at least a tenth: for progress only."""
    with closing(_open(path)) as file:
        return float(np.clip(file.frames / file.samplerate, 0.1, MAX_SECONDS))


def _open(path: Path) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise AudioUnreadable(f"The file cannot be decoded as audio. {_REMEDY}.") from error


def _check_header(file: soundfile.SoundFile) -> None:
    if file.format not in FORMATS:
        raise AudioUnreadable(f"The file is of the format {file.format}, which is not read. {_REMEDY}.")
    lowest, highest = RATES_HZ
    if not lowest <= file.samplerate <= highest:
        message = f"The file says it has {file.samplerate} samples a second; {lowest} to {highest} are read."
        raise AudioUnreadable(message, sample_rate_hz=file.samplerate)
    if file.channels > MAX_CHANNELS:
        message = f"The file has {file.channels} channels; at most {MAX_CHANNELS} are read."
        raise AudioUnreadable(message, channels=file.channels)
    # An MP3 or Ogg file of unknown length says so by a huge number.
    if file.format in {"WAV", "WAVEX", "FLAC"}:
        _check_length(file.frames / file.samplerate)


def _check_length(length_s: float) -> None:
    if length_s > MAX_SECONDS:
        message = f"The recording is longer than {MAX_SECONDS // 60} minutes. Send a part of it."
        raise AudioTooLong(message, limit_s=MAX_SECONDS)


def _blocks(file: soundfile.SoundFile) -> Iterator[Floats]:
    """Read block by block, mixed down; samples that are no numbers are silent."""
    while True:
        try:
            block = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise AudioUnreadable(f"The file is damaged: decoding broke off. {_REMEDY} that is whole.") from error
        if not len(block):
            return
        finite = np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0)
        yield np.clip(finite, -8.0, 8.0).mean(axis=1, dtype=np.float32)
