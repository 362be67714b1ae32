"""Readiness: every service and the store have been available once, and the gallery is loaded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from servicekit import logs
from servicekit.faults import Fault, StoreFull
from sqlalchemy.exc import SQLAlchemyError

from gateway.clients.service_clients import Health
from gateway.context import AppContext
from gateway.gallery.catalog import Gallery

_POLL_INTERVAL_S = 1.0

StoreHealth = Literal["serving", "full", "away"]
DatabaseHealth = Literal["serving", "away"]


@dataclass(frozen=True)
class ReadinessReport:
    """The state of each part now, and whether the product counts as ready."""

    is_ready: bool
    services: dict[str, Health]
    store: StoreHealth
    database: DatabaseHealth
    is_gallery_loaded: bool


class ReadinessMonitor:
    """Polls all parts until each has been available once; from then on the product counts as ready.

    Parameters
    ----------
    context : AppContext
        The services, the store and the database.
    gallery : Gallery
        The gallery, which is loaded here as soon as the transposer is available.
    """

    def __init__(self, context: AppContext, gallery: Gallery) -> None:
        self._context = context
        self._gallery = gallery
        self._seen: set[str] = set()
        self._pending: set[str] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether every part has been available once."""
        return self._pending == set() and self._gallery.is_loaded

    async def watch(self) -> None:
        """Poll until the product is ready."""
        while not self.is_ready:
            try:
                self._update(await self._context.services.health(), await self._store())
                if "transposer" in self._seen and not self._gallery.is_loaded:
                    await self._gallery.load()
            except Exception as error:
                logs.get_logger().error("readiness.broke", exc_info=error)
            if not self.is_ready:
                await asyncio.sleep(_POLL_INTERVAL_S)

    async def report(self) -> ReadinessReport:
        """Return the state of each part now."""
        services, store = await self._context.services.health(), await self._store()
        self._update(services, store)
        database = await self._database()
        return ReadinessReport(self.is_ready, services, store, database, self._gallery.is_loaded)

    def _update(self, services: dict[str, Health], store: StoreHealth) -> None:
        """Record which parts are available. Checking the store is needed too: it creates the S3 bucket."""
        self._seen |= {name for name, state in services.items() if state == "serving"}
        self._seen |= {"store"} if store != "away" else set()
        self._pending = {*services, "store"} - self._seen

    async def _store(self) -> StoreHealth:
        try:
            await self._context.store.check()
        except StoreFull:
            return "full"
        except Fault:
            return "away"
        return "serving"

    async def _database(self) -> DatabaseHealth:
        try:
            await self._context.repository.check()
        except SQLAlchemyError:
            return "away"
        return "serving"
