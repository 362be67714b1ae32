"""Cursors: the end of a page, as text that a client sends back to get the next page."""

from __future__ import annotations

import base64
import binascii
import math

from servicekit.faults import InvalidInput

from gateway.storage.library import Cursor


def write_cursor(created_at_s: float, entry_id: str) -> str:
    """Return the cursor of the last entry of a page."""
    return base64.urlsafe_b64encode(f"{created_at_s!r} {entry_id}".encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> Cursor | None:
    """Return the entry that a cursor names; None for no cursor.

    Raises
    ------
    InvalidInput
        If Segue has never written such a cursor.
    """
    if text is None:
        return None
    try:
        time_text, entry_id = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
        created_at_s = float(time_text)
    except (ValueError, binascii.Error) as error:
        raise _unknown_cursor() from error
    if not math.isfinite(created_at_s):
        raise _unknown_cursor()
    return Cursor(created_at_s=created_at_s, entry_id=entry_id)


def _unknown_cursor() -> InvalidInput:
    return InvalidInput("`cursor` must be one that the page before gave.", field="cursor")
