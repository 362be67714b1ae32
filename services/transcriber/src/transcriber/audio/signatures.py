"""Audio file formats, recognized by their first bytes.

The demuxer of FFmpeg is chosen here and not by FFmpeg, whose own guess includes playlists and other files that name
further files or addresses.
"""

from __future__ import annotations

from pathlib import Path

HEAD_BYTES = 16

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"#!AMR", "amr"),
    (0, b"caff", "caf"),
    (0, b"FORM", "aiff"),
    (0, b"RIFF", "wav"),
    (0, b"RF64", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
)
"""Offset, bytes at it, and FFmpeg's name of the demuxer."""

ONLY_LIBAV = frozenset({"mov", "matroska", "asf", "amr", "aac"})
"""Formats that libsndfile does not read, and might mistake for MP3."""


def demuxer_of(path: Path) -> str | None:
    """Return the demuxer for a file; None if it is none of the known audio formats."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(b"ID3") and len(head) >= 10:
            # The size of an ID3v2 tag has seven bits in each byte.
            n_bytes = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
            file.seek(10 + n_bytes)
            return _mpeg_demuxer(file.read(HEAD_BYTES)) or "mp3"
    for offset, magic, demuxer in _MAGIC:
        if head[offset:].startswith(magic):
            return demuxer
    return _mpeg_demuxer(head)


def _mpeg_demuxer(head: bytes) -> str | None:
    """Return the demuxer of a stream of frames with a sync word: ADTS has layer 0, MP3 another one."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return "aac" if head[1] & 0xF6 == 0xF0 else "mp3"
