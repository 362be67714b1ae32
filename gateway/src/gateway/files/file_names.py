"""Names of files from clients."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME_CHARACTERS = 160


def sanitize_filename(name: str, default: str = "untitled.mid") -> str:
    """Return a client's file name as one line of bounded length without a path.

    The folders of a full path are removed. So are control and format characters, with which one name could be
    displayed as another.
    """
    basename = re.split(r"[/\\]", name)[-1]
    visible = "".join(letter for letter in basename if unicodedata.category(letter)[0] != "C").strip()
    return visible[:MAX_NAME_CHARACTERS] or default
