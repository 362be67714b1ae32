"""Header patchers: write the length into a file's first bytes, and make its bytes deterministic.

libsndfile streams FLAC, MP3 and Ogg, but goes back at the end to write the length into the first bytes, which have
already been sent when a file is streamed; and it gives Ogg streams a random serial number. Here the length is known
before the first frame, so the patchers below write it in its place while the bytes pass by.

Sources: the FLAC format (RFC 9639), section 8.2; the LAME tag ("Mp3 Info Tag revision 1", 2003); the Ogg format
(RFC 3533), section 6.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial
from typing import Protocol


class HeaderPatcher(Protocol):
    """Changes a file's bytes as they pass."""

    def push(self, data: bytes) -> bytes:
        """Process the next bytes and return those that are final."""


class FileHeadPatcher:
    """Changes the first bytes of a file and passes all others.

    Parameters
    ----------
    n_bytes : int
        Number of bytes that ``patch`` needs.
    patch : callable
        Changes them in place.
    """

    def __init__(self, n_bytes: int, patch: Callable[[bytearray], None]) -> None:
        self._n_bytes = n_bytes
        self._patch = patch
        self._head: bytearray | None = bytearray()

    def push(self, data: bytes) -> bytes:
        """Hold the bytes back until the head is complete."""
        if self._head is None:
            return data
        self._head += data
        if len(self._head) < self._n_bytes:
            return b""
        self._patch(self._head)
        head, self._head = bytes(self._head), None
        return head


def flac_header_patcher(n_frames: int) -> HeaderPatcher:
    """Return a patcher that writes the length into a FLAC file's first block.

    The block's checksum of the samples stays 0, which means "not known".
    """
    return FileHeadPatcher(26, partial(_patch_flac, n_frames=n_frames))


def _patch_flac(head: bytearray, *, n_frames: int) -> None:
    # 36 bits of STREAMINFO: the low half of byte 21 and bytes 22 to 25.
    head[21] = head[21] & 0xF0 | n_frames >> 32
    head[22:26] = (n_frames & 0xFFFF_FFFF).to_bytes(4, "big")


MP3_HEAD_BYTES = 200
"""The bytes of an MP3 file's first frame that hold its tag."""

MP3_DELAY_FRAMES = 576
"""LAME's encoder delay."""


def mp3_header_patcher(n_frames: int, sample_rate_hz: int) -> HeaderPatcher:
    """Return a patcher that fills in the tag which LAME reserves in an MP3 file of constant bit rate.

    The tag states the number of MPEG frames, and how much delay and padding a decoder has to cut off.
    """
    return FileHeadPatcher(MP3_HEAD_BYTES, partial(_patch_mp3, n_frames=n_frames, sample_rate_hz=sample_rate_hz))


def _patch_mp3(head: bytearray, *, n_frames: int, sample_rate_hz: int) -> None:
    # MPEG-1 and MPEG-2 differ in the length of an MPEG frame and of the side information before the tag.
    mpeg_frame_length, start = (1152, 36) if sample_rate_hz >= 32_000 else (576, 21)
    n_mpeg_frames = -(-(n_frames + 1152) // mpeg_frame_length)
    padding = n_mpeg_frames * mpeg_frame_length - n_frames - MP3_DELAY_FRAMES
    tag = b"Info" + (1).to_bytes(4, "big") + n_mpeg_frames.to_bytes(4, "big")
    tag += b"LAME3.100\x01" + bytes(11) + (MP3_DELAY_FRAMES << 12 | padding).to_bytes(3, "big")
    head[start : start + len(tag)] = tag


OGG_SERIAL = b"SEGU"
"""The serial number of every Ogg stream, little-endian."""

_OGG_HEADER_BYTES = 27
_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggPagePatcher:
    """Replaces the serial number in every page of an Ogg stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def push(self, data: bytes) -> bytes:
        """Return the pages that are complete."""
        self._buffer += data
        pages = bytearray()
        while n_bytes := _ogg_page_bytes(self._buffer):
            pages += _set_serial(self._buffer[:n_bytes])
            del self._buffer[:n_bytes]
        return bytes(pages)


def _ogg_page_bytes(data: bytearray) -> int:
    """Return the size of the page at the start of ``data``, 0 if it is incomplete."""
    if len(data) < _OGG_HEADER_BYTES:
        return 0
    body = _OGG_HEADER_BYTES + data[26]
    n_bytes = body + sum(data[_OGG_HEADER_BYTES:body])
    return n_bytes if len(data) >= max(body, n_bytes) else 0


def _set_serial(page: bytearray) -> bytearray:
    page[14:18] = OGG_SERIAL
    # The checksum covers the page with a checksum of 0.
    page[22:26] = bytes(4)
    page[22:26] = ogg_checksum(bytes(page)).to_bytes(4, "little")
    return page


def ogg_checksum(page: bytes) -> int:
    """Compute the checksum of an Ogg page: zlib's CRC-32 polynomial, bits not reflected, initial value 0.

    zlib reflects the bits of bytes and result, so both are reversed here.
    """
    reflected = zlib.crc32(page.translate(_BIT_REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{reflected:032b}"[::-1], 2)
