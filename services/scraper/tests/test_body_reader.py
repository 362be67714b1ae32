from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest
from score.midi import MAX_BYTES as MAX_MIDI_BYTES
from scraper.fetching.body_reader import MAX_ARCHIVE_BYTES, MAX_PAGE_BYTES, Unreadable, limit_bytes, read_body


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize(
    ("kind", "is_archive", "most_bytes"),
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
def test_only_pages_and_music_are_read(kind: str, is_archive: bool, most_bytes: int) -> None:
    assert limit_bytes(kind, is_archive) == most_bytes


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("", b"music" * 10), ("gzip", gzip.compress(b"music" * 10)), ("Deflate", zlib.compress(b"music" * 10))],
)
async def test_a_body_is_unpacked(encoding: str, packed: bytes) -> None:
    assert await read_body(sent(packed[:7], packed[7:]), encoding, 50) == b"music" * 10


@pytest.mark.parametrize(("encoding", "packed"), [("", b"x" * 51), ("gzip", gzip.compress(b"x" * 51))])
async def test_one_byte_over_the_limit_is_too_many(encoding: str, packed: bytes) -> None:
    with pytest.raises(Unreadable, match="over 50 bytes"):
        await read_body(sent(packed), encoding, 50)


async def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    tracemalloc.start()
    with pytest.raises(Unreadable, match="over 1000 bytes"):
        await read_body(sent(bomb), "gzip", 1000)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1_000_000


@pytest.mark.parametrize(("encoding", "match"), [("br", "packed with br"), ("gzip", "badly packed")])
async def test_what_cannot_be_unpacked_is_unreadable(encoding: str, match: str) -> None:
    with pytest.raises(Unreadable, match=match):
        await read_body(sent(b"not packed at all"), encoding, 50)
