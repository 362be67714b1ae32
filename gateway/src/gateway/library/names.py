"""Names that a user gives a piece: checked, and made the name of its downloads."""

from __future__ import annotations

import unicodedata

from servicekit.faults import InvalidInput

from gateway.files.file_names import sanitize_filename
from gateway.storage.rows import FileRow, title_of

MAX_TITLE_CHARACTERS = 120

_JOINERS = {"\u200c", "\u200d"}
"""Format characters that words and emoji are written with."""
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def check_title(name: str) -> str:
    """Return a title without spaces around it and without the extension of a file.

    Raises
    ------
    InvalidInput
        If nothing is left, it is too long, or it holds characters that cannot be seen, such as control characters.
    """
    title = title_of(name.strip(), None).strip()
    if not title:
        raise InvalidInput("`name` must hold at least one character.", field="name")
    if len(title) > MAX_TITLE_CHARACTERS:
        has = f"this one has {len(title):,}"
        raise InvalidInput(f"`name` may have up to {MAX_TITLE_CHARACTERS} characters; {has}.", field="name")
    if unseen := next((letter for letter in title if _is_refused(letter)), None):
        code = f"U+{ord(unseen):04X}"
        raise InvalidInput(f"`name` must be one line of visible text; it holds the character {code}.", field="name")
    return title


def file_name(title: str, row: FileRow) -> str:
    """Return the name of a file that has a new title: the extension stays, and slashes name no folder."""
    stem = title.replace("/", "-").replace("\\", "-")
    extension = row.name[len(row.stem) :] if row.is_recording else ".mid"
    return sanitize_filename(stem) + extension


def _is_refused(letter: str) -> bool:
    return letter not in _JOINERS and unicodedata.category(letter) in _REFUSED_CATEGORIES
