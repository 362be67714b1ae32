"""``Idempotency-Key``: the same call, sent again, is answered as the first time."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from servicekit.faults import IdempotencyMismatch

from gateway.records import Json, Promise, Records


def promise(path: str, key: str | None, body: Any) -> Promise | None:
    """Write down what a call's key stands for; None for a call without one.

    Parameters
    ----------
    path : str
        The call's path: one key may be used once for each.
    key : str or None
        The header, as the client chose it.
    body
        What was asked, as JSON.
    """
    if key is None:
        return None
    fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return Promise(hashlib.sha256(f"{path}\n{key}".encode()).hexdigest(), fingerprint, {})


async def kept(records: Records, made: Promise | None) -> Json | None:
    """Give the answer that a key was given before; None if it is new.

    Raises
    ------
    IdempotencyMismatch
        If it came with another body.
    """
    earlier = await records.promise(made.key) if made is not None else None
    if earlier is None or made is None:
        return None
    if earlier.fingerprint != made.fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used with another body. Choose a new key for a new call.")
    return earlier.answer
