"""Bounded bodies: size limits by content type, and decompression within them."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest
from score.midi import MAX_BYTES as MAX_MIDI_BYTES
from scraper.fetching.body_reader import MAX_ARCHIVE_BYTES, MAX_PAGE_BYTES, FetchFailed, max_body_bytes, read_body


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize(
    ("kind", "is_archive", "max_bytes"),
    [
        ("text/html; charset=utf-8", False, MAX_PAGE_BYTES),
        ("Audio/MIDI", False, MAX_MIDI_BYTES),
        ("application/x-midi", False, MAX_MIDI_BYTES),
        ("", False, MAX_MIDI_BYTES),
        ("application/octet-stream", True, MAX_ARCHIVE_BYTES),
        ("application/zip", False, MAX_ARCHIVE_BYTES),
        ("image/png", False, 0),
        ("video/mp4", True, 0),
    ],
)
def test_only_pages_and_music_are_read(kind: str, is_archive: bool, max_bytes: int) -> None:
    assert max_body_bytes(kind, is_archive) == max_bytes


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("", b"music" * 10), ("gzip", gzip.compress(b"music" * 10)), ("Deflate", zlib.compress(b"music" * 10))],
)
async def test_a_body_is_decompressed(encoding: str, packed: bytes) -> None:
    assert await read_body(sent(packed[:7], packed[7:]), encoding, 50) == b"music" * 10


@pytest.mark.parametrize(("encoding", "packed"), [("", b"x" * 51), ("gzip", gzip.compress(b"x" * 51))])
async def test_one_byte_over_the_limit_is_too_many(encoding: str, packed: bytes) -> None:
    with pytest.raises(FetchFailed, match="over 50 bytes"):
        await read_body(sent(packed), encoding, 50)


async def test_a_bomb_is_not_decompressed_beyond_the_limit() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    tracemalloc.start()
    with pytest.raises(FetchFailed, match="over 1000 bytes"):
        await read_body(sent(bomb), "gzip", 1000)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1_000_000


@pytest.mark.parametrize(
    ("encoding", "match"), [("br", "unknown content encoding br"), ("gzip", "invalid compression")]
)
async def test_an_unknown_or_invalid_encoding_is_a_failure(encoding: str, match: str) -> None:
    with pytest.raises(FetchFailed, match=match):
        await read_body(sent(b"not packed at all"), encoding, 50)
