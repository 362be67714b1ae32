"""Reading a body within bounds: what kind of thing it claims to be, how much of it is read, and how it is unpacked."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from score.midi import MAX_BYTES as MAX_MIDI_BYTES

MAX_PAGE_BYTES = 4 * 1024 * 1024
MAX_ARCHIVE_BYTES = 32 * 1024 * 1024

_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml"})
_ARCHIVE_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})
_UNSAID_TYPES = frozenset({"", "application/octet-stream", "text/plain", "application/force-download"})


class Unreadable(Exception):
    """An address that could not be read; its text is for the log."""


def limit_bytes(content_type: str, is_archive: bool) -> int:
    """Give how much of a body may be read.

    Parameters
    ----------
    content_type : str
        The header, with or without parameters.
    is_archive : bool
        The address ends like an archive's, which decides where the type says nothing.

    Returns
    -------
    int
        0 for what can be neither a page nor MIDI.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _PAGE_TYPES:
        return MAX_PAGE_BYTES
    if kind in _ARCHIVE_TYPES or (is_archive and kind in _UNSAID_TYPES):
        return MAX_ARCHIVE_BYTES
    return MAX_MIDI_BYTES if "mid" in kind or kind in _UNSAID_TYPES else 0


async def read_body(chunks: AsyncIterator[bytes], encoding: str, most_bytes: int) -> bytes:
    """Read and unpack a body.

    Parameters
    ----------
    chunks : async iterator of bytes
        As they came.
    encoding : str
        Content-Encoding: "gzip", "deflate", "identity" or nothing.
    most_bytes : int
        Most that it may have, unpacked.

    Raises
    ------
    Unreadable
        If it has more, or is packed otherwise or wrongly. A bomb is unpacked no further than the limit.
    """
    unpack = _unpacker(encoding)
    body = bytearray()
    async for chunk in chunks:
        body += unpack(chunk, most_bytes + 1 - len(body))
        if len(body) > most_bytes:
            raise Unreadable(f"over {most_bytes} bytes")
    return bytes(body)


class _Stored:
    def __call__(self, chunk: bytes, most_bytes: int) -> bytes:
        return chunk[:most_bytes]


class _Deflated:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def __call__(self, chunk: bytes, most_bytes: int) -> bytes:
        try:
            return self._stream.decompress(chunk, most_bytes)
        except zlib.error as error:
            raise Unreadable(f"badly packed: {error}") from error


def _unpacker(encoding: str) -> _Stored | _Deflated:
    kind = encoding.strip().lower()
    if kind in {"", "identity"}:
        return _Stored()
    if kind in {"gzip", "x-gzip", "deflate"}:
        return _Deflated()
    raise Unreadable(f"packed with {kind[:20]}")
