"""Audio encoders: from frames to the bytes of a file, as a stream in which no byte is written twice."""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import Protocol

import numpy as np
import soundfile
from score.arrays import F32, I16
from servicekit.faults import InvalidInput

from renderer.encoding.container_headers import (
    HeaderPatcher,
    OggPagePatcher,
    flac_header_patcher,
    mp3_header_patcher,
)

N_CHANNELS = 2
WAV_HEADER_BYTES = 44
_SAMPLE_BYTES = 2
_FULL_SCALE = 32_768

_VORBIS_COMPRESSION = 0.4
"""Vorbis quality 6, about 190 kbit/s."""
_MP3_COMPRESSION = 0.45
"""LAME at a constant 192 kbit/s (96 at 22,050 Hz)."""
DEFAULT_OPUS_BPS = 162_000
MIN_BIT_RATE_BPS, MAX_BIT_RATE_BPS = 12_000, 510_000
"""What Opus supports for stereo (RFC 6716, section 2.1.1)."""

OPUS_RATE_HZ = 48_000
"""The rate that Opus decodes to; libsndfile encodes it from none of the other supported rates."""


class AudioFormat(StrEnum):
    """A file format."""

    WAV = "wav"
    FLAC = "flac"
    OGG = "ogg"
    MP3 = "mp3"
    OPUS = "opus"

    @property
    def media_type(self) -> str:
        """The value of HTTP's Content-Type."""
        return _MEDIA_TYPES.get(self, f"audio/{self.value}")


_MEDIA_TYPES = {AudioFormat.MP3: "audio/mpeg", AudioFormat.OPUS: "audio/ogg; codecs=opus"}


class Encoder(Protocol):
    """Encodes frames as the bytes of one file."""

    def encode(self, frames: F32) -> bytes:
        """Encode the next frames, shape (n, 2), within -1 to 1; return the bytes that are ready, possibly none."""

    def finish(self) -> bytes:
        """End the file and return its last bytes."""


def check_sample_rate(audio_format: AudioFormat, sample_rate_hz: int) -> None:
    """Raise a fault if a format does not support a sample rate.

    Raises
    ------
    InvalidInput
        With the rates that it supports.
    """
    if audio_format is AudioFormat.OPUS and sample_rate_hz != OPUS_RATE_HZ:
        raise InvalidInput(
            f"The sample rate is {sample_rate_hz} Hz; for Opus it can only be {OPUS_RATE_HZ}.",
            field="sample_rate_hz",
            value=sample_rate_hz,
        )


def make_encoder(
    audio_format: AudioFormat,
    sample_rate_hz: int,
    n_frames: int,
    n_channels: int = N_CHANNELS,
    bit_rate_bps: int | None = None,
) -> Encoder:
    """Create the encoder of a file.

    Parameters
    ----------
    audio_format : AudioFormat
        Format of the file.
    sample_rate_hz : int
        Frames per second.
    n_frames : int
        Length of the file, which stands in its header.
    n_channels : int
        More than 2 only for WAV.
    bit_rate_bps : int, optional
        Average bit rate of Opus.
    """
    if audio_format is AudioFormat.WAV:
        return WavEncoder(sample_rate_hz, n_frames, n_channels)
    return SoundfileEncoder(audio_format, sample_rate_hz, n_frames, bit_rate_bps)


def wav_size_bytes(n_frames: int, n_channels: int = N_CHANNELS) -> int:
    """Return the size of a whole WAV file."""
    return WAV_HEADER_BYTES + n_frames * n_channels * _SAMPLE_BYTES


class WavEncoder:
    """Encoder of RIFF WAVE, 16-bit PCM, with the length in the header.

    Parameters
    ----------
    sample_rate_hz : int
        Frames per second.
    n_frames : int
        Length of the file.
    n_channels : int
        Number of channels.
    """

    def __init__(self, sample_rate_hz: int, n_frames: int, n_channels: int = N_CHANNELS) -> None:
        self._header = _wav_header(sample_rate_hz, n_frames, n_channels)

    def encode(self, frames: F32) -> bytes:
        """Encode frames, as `Encoder.encode`."""
        header, self._header = self._header, b""
        return header + _quantize_16_bit(frames).tobytes()

    def finish(self) -> bytes:
        """Return the header of an empty file, otherwise nothing."""
        return self._header


class SoundfileEncoder:
    """Encoder of FLAC, Ogg Vorbis, Ogg Opus or MP3 by libsndfile.

    Parameters
    ----------
    audio_format : AudioFormat
        Any but WAV.
    sample_rate_hz : int
        Frames per second.
    n_frames : int
        Length of the file.
    bit_rate_bps : int, optional
        Average bit rate of Opus.
    """

    def __init__(
        self, audio_format: AudioFormat, sample_rate_hz: int, n_frames: int, bit_rate_bps: int | None = None
    ) -> None:
        self._output = _AppendOnlyFile()
        self._is_pcm = audio_format is AudioFormat.FLAC
        self._patcher = _make_patcher(audio_format, sample_rate_hz, n_frames)
        options = dict(_OPTIONS[audio_format])
        if audio_format is AudioFormat.OPUS:
            options["compression_level"] = _opus_compression(bit_rate_bps or DEFAULT_OPUS_BPS)
        self._file = soundfile.SoundFile(self._output, "w", sample_rate_hz, N_CHANNELS, **options)

    def encode(self, frames: F32) -> bytes:
        """Encode frames, as `Encoder.encode`."""
        # libsndfile rounds to 16 bits in another way: FLAC and WAV must hold the same samples.
        self._file.write(_quantize_16_bit(frames) if self._is_pcm else frames)
        return self._patcher.push(self._output.read_appended())

    def finish(self) -> bytes:
        """End the file and return its last bytes."""
        self._file.close()
        return self._patcher.push(self._output.read_appended())


_OPTIONS: dict[AudioFormat, dict[str, str | float]] = {
    AudioFormat.FLAC: {"format": "FLAC", "subtype": "PCM_16"},
    AudioFormat.OPUS: {"format": "OGG", "subtype": "OPUS"},
    AudioFormat.OGG: {"format": "OGG", "subtype": "VORBIS", "compression_level": _VORBIS_COMPRESSION},
    AudioFormat.MP3: {
        "format": "MP3",
        "subtype": "MPEG_LAYER_III",
        "bitrate_mode": "CONSTANT",
        "compression_level": _MP3_COMPRESSION,
    },
}


def _opus_compression(bit_rate_bps: int) -> float:
    """Return libsndfile's compression level: from 0 for 256 kbit/s to 1 for 6 kbit/s, each for one channel."""
    per_channel_kbps = bit_rate_bps / N_CHANNELS / 1000
    return 1.0 - (per_channel_kbps - 6.0) / 250.0


class _AppendOnlyFile:
    """The file that libsndfile writes to: appended bytes are kept until read, overwritten ones are dropped."""

    def __init__(self) -> None:
        self._appended = bytearray()
        self._end = 0
        self._position = 0

    def read_appended(self) -> bytes:
        """Return the bytes that were appended since the last call."""
        appended, self._appended = bytes(self._appended), bytearray()
        return appended

    def write(self, data: bytes) -> int:
        """Append the part of the data that lies beyond the end."""
        self._appended += bytes(data)[max(0, self._end - self._position) :]
        self._position += len(data)
        self._end = max(self._end, self._position)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move within the written bytes."""
        self._position = offset + (0, self._position, self._end)[whence]
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position


def _make_patcher(audio_format: AudioFormat, sample_rate_hz: int, n_frames: int) -> HeaderPatcher:
    if audio_format is AudioFormat.FLAC:
        return flac_header_patcher(n_frames)
    if audio_format is AudioFormat.MP3:
        return mp3_header_patcher(n_frames, sample_rate_hz)
    return OggPagePatcher()


def _quantize_16_bit(frames: F32) -> I16:
    return np.clip(np.rint(frames * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")


def _wav_header(sample_rate_hz: int, n_frames: int, n_channels: int) -> bytes:
    frame_bytes = n_channels * _SAMPLE_BYTES
    data_bytes = n_frames * frame_bytes
    layout = struct.pack(
        "<HHIIHH", 1, n_channels, sample_rate_hz, sample_rate_hz * frame_bytes, frame_bytes, 8 * _SAMPLE_BYTES
    )
    riff = b"RIFF" + struct.pack("<I", WAV_HEADER_BYTES - 8 + data_bytes) + b"WAVE"
    return riff + b"fmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", data_bytes)
