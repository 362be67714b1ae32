"""``Idempotency-Key``: the same call, sent again, is answered as the first time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakValueDictionary

from servicekit.faults import IdempotencyMismatch

from gateway.storage.repository import Json, Promise, Records


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


class Promises:
    """Sees to it that calls of one key are answered one after the other.

    Parameters
    ----------
    records : Records
        What keys were answered with.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def turn(self, made: Promise | None) -> AsyncIterator[Json | None]:
        """Wait for a call of the same key that is being answered here, and give what the key was answered with.

        None for a key that is new, or none at all.

        Raises
        ------
        IdempotencyMismatch
            If the key came with another body before.
        """
        if made is None:
            yield None
            return
        async with self._turns.setdefault(made.key, asyncio.Lock()):
            yield await self.kept(made)

    async def kept(self, made: Promise) -> Json | None:
        """Give what a key was answered with; None for a new one, `IdempotencyMismatch` as `turn`."""
        earlier = await self._records.promise(made.key)
        if earlier is None:
            return None
        if earlier.fingerprint != made.fingerprint:
            raise IdempotencyMismatch(
                "This Idempotency-Key was used with another body. Choose a new key for a new call."
            )
        return earlier.answer
