"""How long work is given up."""

from __future__ import annotations

import threading

from servicekit.faults import Cancelled

NEVER = threading.Event()
"""Of work that nobody gives up: a bench's, a training's."""


def stop_if(cancelled: threading.Event) -> None:
    """Raise `Cancelled` when nobody waits for the work any more; called at least a few times a second."""
    if cancelled.is_set():
        raise Cancelled("The transcription was given up.")
