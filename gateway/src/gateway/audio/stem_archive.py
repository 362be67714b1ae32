"""A ZIP of a piece's stems: each role and the mix as WAV, the MIDI file and a manifest, written while it is sent."""

from __future__ import annotations

import json
import time
import zipfile
from array import array
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.audio.rendered_audio import RenderedAudio
from gateway.zip_buffer import ZipBuffer

_WAV_HEADER_BYTES = 44
_PAIR_BYTES = 4
"""Two channels of 16 bits."""


@dataclass(frozen=True)
class ArchiveContents:
    """What the archive contains.

    Attributes
    ----------
    folder : str
        The folder in the archive, and the name of the MIDI file.
    audio : RenderedAudio
        WAV with the mix in the first two channels, and each stem in two more.
    names : sequence of str
        Of the stems, in the order of the channels.
    midi : bytes
        The MIDI file.
    manifest : dict
        Written as JSON, with the names of the files.
    """

    folder: str
    audio: RenderedAudio
    names: Sequence[str]
    midi: bytes
    manifest: dict[str, Any]


async def stream_archive(contents: ArchiveContents) -> AsyncIterator[bytes]:
    """Yield the bytes of the archive.

    Raises
    ------
    Fault
        If the rendering failed: the connection must break, instead of ending as if complete.
    """
    outbox = ZipBuffer()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED) as archive:
        names = ["mix", *contents.names]
        manifest = {**contents.manifest, "files": [f"{name}.wav" for name in names]}
        archive.writestr(_entry(contents, "manifest.json"), json.dumps(manifest, indent=2, ensure_ascii=False))
        archive.writestr(_entry(contents, f"{contents.folder}.mid"), contents.midi)
        yield outbox.take()
        for index, name in enumerate(names):
            with archive.open(_entry(contents, f"{name}.wav"), "w") as file:
                async for chunk in _read_pair(contents.audio, index, len(names)):
                    file.write(chunk)
                    yield outbox.take()
    yield outbox.take()


def _entry(contents: ArchiveContents, name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(f"{contents.folder}/{name}", time.localtime()[:6])


async def _read_pair(audio: RenderedAudio, index: int, n_pairs: int) -> AsyncIterator[bytes]:
    """Yield a WAV file of one pair of channels."""
    frame_bytes = n_pairs * _PAIR_BYTES
    n_frames = audio.header.frame_count
    yield _wav_header(audio.header.sample_rate_hz, n_frames)
    left = b""
    async for chunk in audio.read(_WAV_HEADER_BYTES, _WAV_HEADER_BYTES + n_frames * frame_bytes):
        data = left + chunk
        whole = len(data) // frame_bytes * frame_bytes
        left = data[whole:]
        # Both samples of a pair move as one number of 32 bits, so that the order of bytes does not matter.
        pairs = array("I", data[:whole])
        yield pairs[index::n_pairs].tobytes()


def _wav_header(sample_rate_hz: int, n_frames: int) -> bytes:
    n_bytes = n_frames * _PAIR_BYTES
    fields = (1, 2, sample_rate_hz, sample_rate_hz * _PAIR_BYTES, _PAIR_BYTES, 16)
    sizes = (2, 2, 4, 4, 2, 2)
    layout = b"".join(value.to_bytes(size, "little") for value, size in zip(fields, sizes, strict=True))
    riff = b"RIFF" + (n_bytes + _WAV_HEADER_BYTES - 8).to_bytes(4, "little") + b"WAVE"
    return riff + b"fmt " + len(layout).to_bytes(4, "little") + layout + b"data" + n_bytes.to_bytes(4, "little")
