"""Cancellation of a transcription in progress."""

from __future__ import annotations

import threading

from servicekit.faults import Cancelled

NOT_CANCELLED = threading.Event()
"""For work that is never cancelled, such as a benchmark."""


def raise_if_cancelled(cancelled: threading.Event) -> None:
    """Raise `Cancelled` if the event is set; called at least a few times a second."""
    if cancelled.is_set():
        raise Cancelled("The transcription was cancelled.")
