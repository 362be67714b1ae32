"""``Idempotency-Key``: a call that is repeated with the same key gets the response of the first."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from weakref import WeakValueDictionary

from servicekit.faults import IdempotencyMismatch

from gateway.domain.json_codec import JsonObject
from gateway.storage.repository import Repository
from gateway.storage.rows import IdempotencyRecord


def new_record(path: str, key: str | None, body: object, caller_key: str) -> IdempotencyRecord | None:
    """Return the record of a call, its response still empty; None for a call without a key.

    Parameters
    ----------
    path : str
        Path of the call: the same key may be used once for each path.
    key : str or None
        The header, as the client chose it.
    body : object
        The request as JSON.
    caller_key : str
        Who makes the call: another caller's key is another one, even if it is spelled the same.
    """
    if key is None:
        return None
    fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return IdempotencyRecord(hashlib.sha256(f"{path}\n{caller_key}\n{key}".encode()).hexdigest(), fingerprint, {})


class IdempotencyStore:
    """Serializes calls with the same key, and looks up their responses.

    Parameters
    ----------
    repository : Repository
        Stores the responses.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def lock(self, record: IdempotencyRecord | None) -> AsyncIterator[JsonObject | None]:
        """Wait for a running call with the same key, and yield the stored response.

        The response is None for a new key, and for a call without a key.

        Raises
        ------
        IdempotencyMismatch
            If the key was used with another body.
        """
        if record is None:
            yield None
            return
        async with self._locks.setdefault(record.key, asyncio.Lock()):
            yield await self.stored_response(record)

    async def stored_response(self, record: IdempotencyRecord) -> JsonObject | None:
        """Return the stored response of a key; None for a new key. Raises `IdempotencyMismatch` as `lock` does."""
        earlier = await self._repository.get_idempotency(record.key)
        if earlier is None:
            return None
        if earlier.fingerprint != record.fingerprint:
            raise IdempotencyMismatch(
                "This Idempotency-Key was used with another body. Choose a new key for a new call."
            )
        return earlier.response
