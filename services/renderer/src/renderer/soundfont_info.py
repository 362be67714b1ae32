"""Title and copyright of SoundFont files.

A SoundFont is a RIFF file whose first list, INFO, holds texts: INAM is its title, ICOP its copyright (SoundFont
Technical Specification 2.04, section 5). Only that list is read: the samples that follow take hundreds of megabytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_MAX_INFO_BYTES = 1 << 18
_HEAD = struct.Struct("<4sI4s4sI4s")
_CHUNK = struct.Struct("<4sI")


@dataclass(frozen=True, slots=True)
class SoundFontInfo:
    """Description of a SoundFont file.

    Attributes
    ----------
    name : str
        File name without ``.sf2``.
    n_bytes : int
        Size of the file.
    is_default : bool
        Whether it is used by requests that name none.
    title, copyright : str
        From the file; empty if it states none.
    """

    name: str
    n_bytes: int
    is_default: bool
    title: str
    copyright: str


def read_soundfont_info(path: Path, *, is_default: bool) -> SoundFontInfo:
    """Read the description of a file; a file that is not a SoundFont has no title and no copyright."""
    with path.open("rb") as file:
        texts = _read_info_texts(file.read(_HEAD.size + _MAX_INFO_BYTES))
    return SoundFontInfo(path.stem, path.stat().st_size, is_default, texts.get(b"INAM", ""), texts.get(b"ICOP", ""))


def _read_info_texts(head: bytes) -> dict[bytes, str]:
    """Return the texts of the INFO list by chunk name, from the first bytes of a file."""
    if len(head) < _HEAD.size:
        return {}
    riff, _, form, list_id, n_list_bytes, kind = _HEAD.unpack_from(head)
    if (riff, form, list_id, kind) != (b"RIFF", b"sfbk", b"LIST", b"INFO"):
        return {}
    texts, position, end = {}, _HEAD.size, min(len(head), _HEAD.size - 4 + n_list_bytes)
    while position + _CHUNK.size <= end:
        name, size = _CHUNK.unpack_from(head, position)
        value = head[position + _CHUNK.size : position + _CHUNK.size + size]
        texts[name] = value.split(b"\0")[0].decode("latin-1").strip()
        # Chunks are padded to an even size.
        position += _CHUNK.size + size + size % 2
    return texts
