"""Deletes the rows and bytes of what was deleted, once it can no longer be restored."""

from __future__ import annotations

import asyncio
import contextlib
import time

from servicekit import logs
from servicekit.faults import NotFound

from gateway.context import AppContext
from gateway.files import recordings
from gateway.storage.library import LibraryRepository

UNDO_S = 15.0
"""Seconds for which what was deleted can be restored."""
_MARGIN_S = 1.0
"""Seconds between the end of that time and the purge, so that the clocks of two gateways need not agree."""
_MAX_WAIT_S = 3600.0
"""Seconds after which what another gateway left is looked for."""
_RETRY_S = 60.0


class Purger:
    """Purges deleted files. After a restart it goes on with those that were deleted before.

    Parameters
    ----------
    context : AppContext
        The stores.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._library = LibraryRepository(context.queries)
        self._wait_s = UNDO_S + _MARGIN_S
        self._deleted = asyncio.Event()

    def schedule(self) -> None:
        """Plan the purge of what was deleted now."""
        self._deleted.set()

    async def run(self) -> None:
        """Purge whatever is due, until cancelled."""
        while True:
            try:
                wait_s = await self.purge()
            except Exception as error:
                # A store or a database that is unavailable now will be available later.
                logs.get_logger().warning("purge.broke", exc_info=error)
                wait_s = _RETRY_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._deleted.wait(), wait_s)
            self._deleted.clear()

    async def purge(self) -> float:
        """Purge the files that can no longer be restored; return the seconds until the next one is due."""
        for row in await self._library.list_deleted(time.time() - self._wait_s):
            # Another gateway may have been faster, and a recording's transcription is in the list too.
            with contextlib.suppress(NotFound):
                await recordings.delete(self._context, row)
        first_s = await self._library.first_deletion_s()
        return _MAX_WAIT_S if first_s is None else max(0.0, first_s + self._wait_s - time.time())
