"""What libsndfile writes at the end, or by chance, said at the start and always the same.

It streams FLAC, MP3 and Ogg, but goes back at the end to put the length into the first bytes, which are long gone when
a file is streamed; and it numbers Ogg streams by a random number. The length is known before the first sound here, so
the menders below write it where it belongs as the bytes pass by.

Sources: the FLAC format (RFC 9639), section 8.2; the LAME tag ("Mp3 Info Tag revision 1", 2003); the Ogg format
(RFC 3533), section 6.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial
from typing import Protocol


class Mender(Protocol):
    """Changes a file's bytes as they pass."""

    def mend(self, data: bytes) -> bytes:
        """Take the next bytes and give those that are final."""


class HeadMender:
    """Changes the first bytes of a file, then lets everything pass.

    Parameters
    ----------
    byte_count : int
        How many bytes ``patch`` needs.
    patch : callable
        Changes them in place.
    """

    def __init__(self, byte_count: int, patch: Callable[[bytearray], None]) -> None:
        self._byte_count = byte_count
        self._patch = patch
        self._head: bytearray | None = bytearray()

    def mend(self, data: bytes) -> bytes:
        """Hold the bytes back until the head is whole."""
        if self._head is None:
            return data
        self._head += data
        if len(self._head) < self._byte_count:
            return b""
        self._patch(self._head)
        head, self._head = bytes(self._head), None
        return head


def flac_mender(frame_count: int) -> Mender:
    """Put the length into a FLAC file's first block; its checksum of the samples stays 0, which means "not known"."""
    return HeadMender(26, partial(_patch_flac, frame_count=frame_count))


def _patch_flac(head: bytearray, *, frame_count: int) -> None:
    head[21] = head[21] & 0xF0 | frame_count >> 32
    head[22:26] = (frame_count & 0xFFFF_FFFF).to_bytes(4, "big")


MP3_HEAD_BYTES = 200
"""The bytes of an MP3 file's first frame that hold its tag."""

MP3_DELAY_FRAMES = 576
"""LAME's delay."""


def mp3_mender(frame_count: int, sample_rate_hz: int) -> Mender:
    """Fill in the tag that LAME reserves in an MP3 file of constant bit rate: its length, and what to cut off."""
    return HeadMender(MP3_HEAD_BYTES, partial(_patch_mp3, frame_count=frame_count, sample_rate_hz=sample_rate_hz))


def _patch_mp3(head: bytearray, *, frame_count: int, sample_rate_hz: int) -> None:
    # MPEG-1 and MPEG-2 differ in a frame's length and in that of the side information before the tag.
    unit_frames, start = (1152, 36) if sample_rate_hz >= 32_000 else (576, 21)
    unit_count = -(-(frame_count + 1152) // unit_frames)
    padding = unit_count * unit_frames - frame_count - MP3_DELAY_FRAMES
    tag = b"Info" + (1).to_bytes(4, "big") + unit_count.to_bytes(4, "big")
    tag += b"LAME3.100\x01" + bytes(11) + (MP3_DELAY_FRAMES << 12 | padding).to_bytes(3, "big")
    head[start : start + len(tag)] = tag


OGG_SERIAL = b"SEGU"
"""The number of every Ogg stream, little-endian."""

_OGG_HEADER_BYTES = 27
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggMender:
    """Numbers an Ogg stream's pages anew."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def mend(self, data: bytes) -> bytes:
        """Give the pages that are whole."""
        self._buffer += data
        pages = bytearray()
        while size := _ogg_page_bytes(self._buffer):
            pages += _numbered(self._buffer[:size])
            del self._buffer[:size]
        return bytes(pages)


def _ogg_page_bytes(data: bytearray) -> int:
    """Give the size of the page that ``data`` begins with, 0 if it is not whole."""
    if len(data) < _OGG_HEADER_BYTES:
        return 0
    body = _OGG_HEADER_BYTES + data[26]
    size = body + sum(data[_OGG_HEADER_BYTES:body])
    return size if len(data) >= max(body, size) else 0


def _numbered(page: bytearray) -> bytearray:
    page[14:18] = OGG_SERIAL
    page[22:26] = bytes(4)
    page[22:26] = ogg_checksum(bytes(page)).to_bytes(4, "little")
    return page


def ogg_checksum(page: bytes) -> int:
    """Compute Ogg's checksum: CRC-32 of zlib's polynomial with the bits of bytes and result mirrored, from 0."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{mirrored:032b}"[::-1], 2)
