"""HTTP byte ranges (RFC 9110, section 14); of several ranges none is used."""

from __future__ import annotations

import re
from dataclasses import dataclass

from servicekit.faults import RangeUnsatisfiable

_SINGLE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*")


@dataclass(frozen=True)
class Range:
    """Bytes from `start` to before `end`."""

    start: int
    end: int


def parse(header: str | None, size: int) -> Range | None:
    """Return the range of a ``Range`` header.

    Parameters
    ----------
    header : str or None
        ``bytes=0-99``, ``bytes=100-`` or ``bytes=-100``.
    size : int
        Size of the file in bytes.

    Returns
    -------
    Range or None
        None if the whole file is to be sent: no header, another unit, several ranges, or an invalid one.

    Raises
    ------
    RangeUnsatisfiable
        If the range is outside the file.
    """
    found = _SINGLE_RANGE.fullmatch(header or "")
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if first == "":
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise RangeUnsatisfiable(f"The range is outside the file, which has {size} bytes.", size_bytes=size)
    return Range(start, end)
