"""Whether the product can be used: every service and the store have been there once, and the gallery is filled."""

from __future__ import annotations

import asyncio
from typing import Literal

from servicekit import logs
from servicekit.faults import Fault, StoreFull
from sqlalchemy.exc import SQLAlchemyError

from gateway.api.schemas import responses
from gateway.clients.service_clients import Health
from gateway.context import Desk
from gateway.gallery.catalog import Shelf

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
            try:
                self._note(await self._desk.services.health(), await self._store())
                if "transposer" in self._served and not self._shelf.is_filled:
                    await self._shelf.fill()
            except Exception as error:
                logs.get_logger().error("readiness.broke", exc_info=error)
            if not self.is_ready:
                await asyncio.sleep(_LOOK_S)

    async def report(self) -> responses.Ready:
        """Tell the state of each part now."""
        services, store = await self._desk.services.health(), await self._store()
        self._note(services, store)
        return responses.Ready(
            status="ready" if self.is_ready else "starting",
            services=services,
            store=store,
            database=await self._database(),
            gallery="filled" if self._shelf.is_filled else "filling",
        )

    def _note(self, services: dict[str, Health], store: str) -> None:
        """Remember what has been there. The store is asked too because looking at it makes an S3 bucket."""
        self._served |= {name for name, state in services.items() if state == "serving"}
        self._served |= {"store"} if store != "away" else set()
        self._unserved = {*services, "store"} - self._served

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
