"""What a ZIP archive is written to that is sent while it is written."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class ZipBuffer(io.RawIOBase):
    """The file that `zipfile` writes to: keeps bytes until they are taken, and cannot seek."""

    def __init__(self) -> None:
        self._data = bytearray()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Append bytes and return their number."""
        chunk = bytes(data)
        self._data += chunk
        return len(chunk)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        data, self._data = bytes(self._data), bytearray()
        return data
