"""What SoundFont files say of themselves.

A SoundFont is a RIFF file whose first list, INFO, holds texts: INAM is its title, ICOP its copyright (SoundFont
Technical Specification 2.04, section 5). Only that list is read: the samples behind it take hundreds of megabytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_MAX_INFO_BYTES = 1 << 18
_HEAD = struct.Struct("<4sI4s4sI4s")
_CHUNK = struct.Struct("<4sI")


@dataclass(frozen=True, slots=True)
class Listed:
    """A SoundFont as the contract's `SoundFont` describes it."""

    name: str
    byte_count: int
    is_default: bool
    title: str
    copyright: str


def describe(path: Path, *, is_default: bool) -> Listed:
    """Describe a file; one that is no SoundFont has no texts."""
    with path.open("rb") as file:
        texts = _texts(file.read(_HEAD.size + _MAX_INFO_BYTES))
    return Listed(path.stem, path.stat().st_size, is_default, texts.get(b"INAM", ""), texts.get(b"ICOP", ""))


def _texts(head: bytes) -> dict[bytes, str]:
    if len(head) < _HEAD.size:
        return {}
    riff, _, form, list_id, list_bytes, kind = _HEAD.unpack_from(head)
    if (riff, form, list_id, kind) != (b"RIFF", b"sfbk", b"LIST", b"INFO"):
        return {}
    texts, at, end = {}, _HEAD.size, min(len(head), _HEAD.size - 4 + list_bytes)
    while at + _CHUNK.size <= end:
        name, size = _CHUNK.unpack_from(head, at)
        value = head[at + _CHUNK.size : at + _CHUNK.size + size]
        texts[name] = value.split(b"\0")[0].decode("latin-1").strip()
        at += _CHUNK.size + size + size % 2
    return texts
