"""Files that FFmpeg's libraries read: MPEG-4 audio, AAC, WebM, WMA, AMR. The only module that imports PyAV.

The libraries get an open file, the name of one demuxer and the names of the allowed decoders. They open no path, no
address and no second file, and no decoder of pictures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray
from score.arrays import F32

from transcriber.audio.audio_reader import AudioBlock, check_layout, damaged, undecodable

DECODERS = (
    "aac", "aac_latm", "alac", "mp3", "mp3float", "mp2", "opus", "libopus", "vorbis", "flac", "amrnb", "amrwb",
    "libopencore_amrnb", "libopencore_amrwb", "wmav1", "wmav2", "wmapro", "wmalossless", "ac3", "eac3", "speex",
    "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be",
    "pcm_f64le", "pcm_f64be", "pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms",
)  # fmt: skip
OPTIONS = {
    "codec_whitelist": ",".join(DECODERS),
    "protocol_whitelist": "none",
    "max_streams": "64",
    "probesize": "2000000",
    "analyzeduration": "10000000",
}
MAX_DAMAGED_SHARE, MIN_PACKETS = 0.05, 100
"""A file is damaged if more than this share of at least this many packets cannot be decoded."""
MAX_SILENT_PACKETS = 100_000
"""A file is damaged if this many packets in succession give no samples."""
ERRORS = (av.FFmpegError, OSError, ValueError, OverflowError)
"""What a damaged file raises: FFmpeg's errors, and those of seeking in the file and of reading its texts."""


class SeekableFile:
    """A file in which FFmpeg seeks; places outside of it, which a damaged file may name, become its nearest end."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._size = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        self.read, self.tell, self.close = self._file.read, self._file.tell, self._file.close

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place, and return it."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        return self._file.seek(min(max(0, start + offset), self._size))


class LibavReader:
    """A file opened by FFmpeg's libraries.

    Parameters
    ----------
    file : SeekableFile
        Is closed with the reader.
    container : InputContainer
        The file's.
    stream : AudioStream
        The one of its streams that is read.
    """

    def __init__(self, file: SeekableFile, container: InputContainer, stream: AudioStream) -> None:
        self._file = file
        self._container = container
        self._stream = stream

    @property
    def header_duration_s(self) -> float:
        """The duration that the header gives; 0 if it gives none."""
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return (self._container.duration or 0) / av.time_base

    @property
    def is_duration_reliable(self) -> bool:
        """No: the length counts only as it is decoded."""
        return False

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield the samples in order, packet by packet; a few damaged packets are skipped."""
        n_damaged = n_silent = 0
        for n_packets, frames in enumerate(self._decoded_packets(), start=1):
            n_damaged += frames is None
            n_silent = 0 if frames else n_silent + 1
            if n_damaged > MAX_DAMAGED_SHARE * max(n_packets, MIN_PACKETS) or n_silent > MAX_SILENT_PACKETS:
                raise damaged()
            for frame in frames or ():
                check_layout(frame.sample_rate, frame.layout.nb_channels)
                yield AudioBlock(_to_samples(frame), frame.sample_rate)

    def _decoded_packets(self) -> Iterator[list[AudioFrame] | None]:
        """Yield the frames of each packet, None for a damaged one."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except ERRORS as error:
                raise damaged() from error
            if packet is None:
                return
            try:
                yield list(self._stream.codec_context.decode(packet))
            except ERRORS:
                yield None

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._file.close()


def open_libav(path: Path, demuxer: str) -> LibavReader:
    """Open a file with a demuxer.

    Raises
    ------
    AudioUnreadable
        If it is not of that format, or no stream of it is audio that is read.
    """
    file = SeekableFile(path)
    try:
        # FFmpeg gets a file object, because from a path it would guess the protocol.
        container = av.open(file, "r", format=demuxer, options=OPTIONS, metadata_errors="replace")
    except ERRORS as error:
        file.close()
        raise undecodable() from error
    with suppress(*ERRORS):
        for stream in container.streams.audio:
            # A stream whose decoder is not allowed has no context, whatever its type says.
            context: AudioCodecContext | None = stream.codec_context
            if context is not None and context.name in DECODERS:
                context.thread_count = 1
                return LibavReader(file, container, stream)
    container.close()
    file.close()
    raise undecodable()


def _to_samples(frame: AudioFrame) -> F32:
    """Return the samples of a frame, shape (samples, channels), with full scale at 1."""
    values: NDArray[np.number] = frame.to_ndarray()
    planar = values if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels).T
    scaled = planar.T.astype(np.float32)
    if np.issubdtype(planar.dtype, np.floating):
        return scaled
    full_scale = np.float32(2 ** (8 * planar.dtype.itemsize - 1))
    return scaled / full_scale - np.float32(planar.dtype == np.uint8)
