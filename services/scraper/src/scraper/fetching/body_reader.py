"""Bounded bodies: how many bytes of a content type are read, and how they are decompressed within that limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from score.midi import MAX_BYTES as MAX_MIDI_BYTES

MAX_PAGE_BYTES = 4 * 1024 * 1024
MAX_ARCHIVE_BYTES = 32 * 1024 * 1024

_PAGE_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "application/xml", "text/xml", "application/rss+xml", "application/atom+xml"}
)
_ARCHIVE_TYPES = frozenset(
    {"application/zip", "application/x-zip-compressed", "application/gzip", "application/x-gzip", "application/x-zip"}
)
_GENERIC_TYPES = frozenset(
    {"", "application/octet-stream", "application/x-octet-stream", "binary/octet-stream", "text/plain"}
    | {"application/force-download", "application/x-download", "application/download", "application/unknown"}
)
_NEVER_MIDI = ("image/", "video/", "font/")


class FetchFailed(Exception):
    """An address could not be read; the message is for the log."""


def max_body_bytes(content_type: str, is_archive: bool, is_midi: bool = False) -> int:
    """Return the maximum size of a body by its content type.

    Parameters
    ----------
    content_type : str
        The header, with or without parameters.
    is_archive : bool
        Whether the address ends like that of an archive, which decides if the type is generic.
    is_midi : bool
        Whether the address ends like that of a MIDI file, which decides if the type is of some other sound or text.

    Returns
    -------
    int
        0 for types that can be neither a page nor MIDI.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _PAGE_TYPES:
        return MAX_PAGE_BYTES
    if kind in _ARCHIVE_TYPES or (is_archive and kind in _GENERIC_TYPES):
        return MAX_ARCHIVE_BYTES
    is_likely = "mid" in kind or "rmi" in kind or kind in _GENERIC_TYPES
    return MAX_MIDI_BYTES if is_likely or (is_midi and not kind.startswith(_NEVER_MIDI)) else 0


async def read_body(chunks: AsyncIterator[bytes], encoding: str, max_bytes: int) -> bytes:
    """Read and decompress a body.

    Parameters
    ----------
    chunks : async iterator of bytes
        As received.
    encoding : str
        Content-Encoding: "gzip", "deflate", "identity" or empty.
    max_bytes : int
        Maximum size, decompressed.

    Raises
    ------
    FetchFailed
        If it is larger, or its encoding is unknown or wrong. A decompression bomb is not decompressed beyond the limit.
    """
    decoder = _decoder(encoding)
    body = bytearray()
    async for chunk in chunks:
        body += decoder.decode(chunk, max_bytes + 1 - len(body))
        if len(body) > max_bytes:
            raise FetchFailed(f"over {max_bytes} bytes")
    return bytes(body)


class _IdentityDecoder:
    def decode(self, chunk: bytes, max_bytes: int) -> bytes:
        return chunk[:max_bytes]


class _DeflateDecoder:
    """Decoder of gzip and zlib streams."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def decode(self, chunk: bytes, max_bytes: int) -> bytes:
        try:
            return self._stream.decompress(chunk, max_bytes)
        except zlib.error as error:
            raise FetchFailed(f"invalid compression: {error}") from error


def _decoder(encoding: str) -> _IdentityDecoder | _DeflateDecoder:
    kind = encoding.strip().lower()
    if kind in {"", "identity"}:
        return _IdentityDecoder()
    if kind in {"gzip", "x-gzip", "deflate"}:
        return _DeflateDecoder()
    raise FetchFailed(f"unknown content encoding {kind[:20]}")
