"""Whether the product can be used: every service has served once, and the gallery is filled."""

from __future__ import annotations

import asyncio
from typing import Literal

from servicekit.faults import Fault, StoreFull
from sqlalchemy.exc import SQLAlchemyError

from gateway import replies
from gateway.desk import Desk
from gateway.gallery.shelf import Shelf

_LOOK_S = 1.0


class Readiness:
    """Watches until everything has been there once; from then on the product counts as ready.

    Parameters
    ----------
    desk : Desk
        The services, the store and the database.
    shelf : Shelf
        The gallery, which is filled here as soon as it can be.
    """

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk = desk
        self._shelf = shelf
        self._served: set[str] = set()
        self._unserved: set[str] = {"?"}

    @property
    def is_ready(self) -> bool:
        """Whether everything has been there once."""
        return not self._unserved and self._shelf.is_filled

    async def watch(self) -> None:
        """Look at the services until all have served once and the gallery is filled."""
        while not self.is_ready:
            self._note(await self._desk.services.health())
            if "transposer" in self._served and not self._shelf.is_filled:
                await self._shelf.fill()
            if not self.is_ready:
                await asyncio.sleep(_LOOK_S)

    async def report(self) -> replies.Ready:
        """Tell the state of each part now."""
        services = await self._desk.services.health()
        self._note(services)
        return replies.Ready(
            status="ready" if self.is_ready else "starting",
            services=services,
            store=await self._store(),
            database=await self._database(),
            gallery="filled" if self._shelf.is_filled else "filling",
        )

    def _note(self, services: dict[str, Literal["serving", "starting", "away"]]) -> None:
        self._served |= {name for name, state in services.items() if state == "serving"}
        self._unserved = set(services) - self._served

    async def _store(self) -> Literal["serving", "full", "away"]:
        try:
            await self._desk.store.check()
        except StoreFull:
            return "full"
        except Fault:
            return "away"
        return "serving"

    async def _database(self) -> Literal["serving", "away"]:
        try:
            await self._desk.records.check()
        except SQLAlchemyError:
            return "away"
        return "serving"
