"""Names of files: from clients, and joined into titles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MAX_NAME_CHARACTERS = 160
_MAX_TITLE_CHARACTERS = 60


def sanitize_filename(name: str, default: str = "untitled.mid") -> str:
    """Return a client's file name as one line of bounded length without a path.

    The folders of a full path are removed. So are control and format characters, with which one name could be
    displayed as another.
    """
    basename = re.split(r"[/\\]", name)[-1]
    visible = "".join(letter for letter in basename if unicodedata.category(letter)[0] != "C").strip()
    return visible[:MAX_NAME_CHARACTERS] or default


def join_titles(titles: Sequence[str]) -> str:
    """Return titles as one phrase, "A, B and C"; long ones are shortened."""
    short = [_shorten(title) for title in titles]
    return f"{', '.join(short[:-1])} and {short[-1]}" if len(short) > 1 else "".join(short)


def _shorten(title: str) -> str:
    if len(title) <= _MAX_TITLE_CHARACTERS:
        return title
    return f"{title[: _MAX_TITLE_CHARACTERS - 1].rstrip()}…"
