"""Frames to a file's bytes, as a stream: nothing is written twice, so each byte can be sent when it is made."""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray
from servicekit.faults import InvalidInput

from renderer.encoding.container_headers import Mender, OggMender, flac_mender, mp3_mender

CHANNELS = 2
WAV_HEADER_BYTES = 44
_SAMPLE_BYTES = 2
_FULL_SCALE = 32_768

_VORBIS_COMPRESSION = 0.4
"""Vorbis quality 6, about 190 kbit/s."""
_MP3_COMPRESSION = 0.45
"""LAME at a constant 192 kbit/s (96 at 22,050 Hz)."""
_OPUS_COMPRESSION = 0.7
"""About 160 kbit/s."""

OPUS_RATE_HZ = 48_000
"""What Opus decodes to; libsndfile encodes from no other of our rates."""


class Format(StrEnum):
    """A file format."""

    WAV = "wav"
    FLAC = "flac"
    OGG = "ogg"
    MP3 = "mp3"
    OPUS = "opus"

    @property
    def media_type(self) -> str:
        """As in HTTP's Content-Type."""
        return _MEDIA_TYPES.get(self, f"audio/{self.value}")


_MEDIA_TYPES = {Format.MP3: "audio/mpeg", Format.OPUS: "audio/ogg; codecs=opus"}


class Encoder(Protocol):
    """Turns frames into the bytes of a file."""

    def encode(self, frames: NDArray[np.float32]) -> bytes:
        """Take frames, shape (n, 2), within -1 to 1; give the bytes that are ready, possibly none."""

    def finish(self) -> bytes:
        """End the file and give its last bytes."""


def check_rate(file_format: Format, sample_rate_hz: int) -> None:
    """Refuse a sample rate that a format does not have.

    Raises
    ------
    InvalidInput
        Saying which it has.
    """
    if file_format is Format.OPUS and sample_rate_hz != OPUS_RATE_HZ:
        raise InvalidInput(
            f"The sample rate is {sample_rate_hz} Hz; for Opus it can only be {OPUS_RATE_HZ}.",
            field="sample_rate_hz",
            value=sample_rate_hz,
        )


def make_encoder(file_format: Format, sample_rate_hz: int, frame_count: int) -> Encoder:
    """Make an encoder for a file of known length."""
    if file_format is Format.WAV:
        return WavEncoder(sample_rate_hz, frame_count)
    return SoundfileEncoder(file_format, sample_rate_hz, frame_count)


def wav_byte_count(frame_count: int) -> int:
    """Give the size of a whole WAV file."""
    return WAV_HEADER_BYTES + frame_count * CHANNELS * _SAMPLE_BYTES


class WavEncoder:
    """RIFF WAVE, 16-bit PCM, with its length in the header."""

    def __init__(self, sample_rate_hz: int, frame_count: int) -> None:
        self._header = _wav_header(sample_rate_hz, frame_count)

    def encode(self, frames: NDArray[np.float32]) -> bytes:
        """As `Encoder`."""
        header, self._header = self._header, b""
        return header + _quantized(frames).tobytes()

    def finish(self) -> bytes:
        """As `Encoder`: the header of an empty file, else nothing."""
        return self._header


class SoundfileEncoder:
    """FLAC, Ogg Vorbis, Ogg Opus or MP3 by libsndfile."""

    def __init__(self, file_format: Format, sample_rate_hz: int, frame_count: int) -> None:
        self._tape = _Tape()
        self._is_pcm = file_format is Format.FLAC
        self._mender = _make_mender(file_format, sample_rate_hz, frame_count)
        self._file = soundfile.SoundFile(self._tape, "w", sample_rate_hz, CHANNELS, **_OPTIONS[file_format])

    def encode(self, frames: NDArray[np.float32]) -> bytes:
        """As `Encoder`."""
        # libsndfile rounds to 16 bits in its own way: FLAC and WAV shall hold the same samples.
        self._file.write(_quantized(frames) if self._is_pcm else frames)
        return self._mender.mend(self._tape.take())

    def finish(self) -> bytes:
        """As `Encoder`."""
        self._file.close()
        return self._mender.mend(self._tape.take())


_OPTIONS: dict[Format, dict[str, str | float]] = {
    Format.FLAC: {"format": "FLAC", "subtype": "PCM_16"},
    Format.OPUS: {"format": "OGG", "subtype": "OPUS", "compression_level": _OPUS_COMPRESSION},
    Format.OGG: {"format": "OGG", "subtype": "VORBIS", "compression_level": _VORBIS_COMPRESSION},
    Format.MP3: {
        "format": "MP3",
        "subtype": "MPEG_LAYER_III",
        "bitrate_mode": "CONSTANT",
        "compression_level": _MP3_COMPRESSION,
    },
}


class _Tape:
    """A file that libsndfile writes to: what it appends is kept until taken, what it goes back to write is dropped."""

    def __init__(self) -> None:
        self._fresh = bytearray()
        self._end = 0
        self._position = 0

    def take(self) -> bytes:
        """Give what was appended since the last time."""
        fresh, self._fresh = bytes(self._fresh), bytearray()
        return fresh

    def write(self, data: bytes) -> int:
        """Append the part of the data that lies at the end."""
        appended = bytes(data)[max(0, self._end - self._position) :]
        self._fresh += appended
        self._position += len(data)
        self._end = max(self._end, self._position)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move within what was written."""
        self._position = offset + (0, self._position, self._end)[whence]
        return self._position

    def tell(self) -> int:
        """Give the position."""
        return self._position


def _make_mender(file_format: Format, sample_rate_hz: int, frame_count: int) -> Mender:
    if file_format is Format.FLAC:
        return flac_mender(frame_count)
    if file_format is Format.MP3:
        return mp3_mender(frame_count, sample_rate_hz)
    return OggMender()


def _quantized(frames: NDArray[np.float32]) -> NDArray[np.int16]:
    """Round to 16 bits."""
    return np.clip(np.rint(frames * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")


def _wav_header(sample_rate_hz: int, frame_count: int) -> bytes:
    frame_bytes = CHANNELS * _SAMPLE_BYTES
    data_bytes = frame_count * frame_bytes
    layout = struct.pack(
        "<HHIIHH", 1, CHANNELS, sample_rate_hz, sample_rate_hz * frame_bytes, frame_bytes, 8 * _SAMPLE_BYTES
    )
    riff = b"RIFF" + struct.pack("<I", WAV_HEADER_BYTES - 8 + data_bytes) + b"WAVE"
    return riff + b"fmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", data_bytes)
