"""Crawl manager: runs crawls whose files are streamed and not retained, up to a maximum number at once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from servicekit.faults import Overloaded

from scraper.analysis.worker_pool import WorkerPool
from scraper.collecting.catalog import Catalog
from scraper.content.urls import DEFAULT_PORTS, origin
from scraper.crawling.crawl import Crawl
from scraper.crawling.database import Database
from scraper.crawling.events import CrawlSummary, Event
from scraper.crawling.limits import Limits, Plan
from scraper.fetching.address_policy import AddressPolicy
from scraper.fetching.fetcher import Fetcher
from scraper.settings import Settings

_RETRY_AFTER_S = 30.0
_MAX_BUFFERED_EVENTS = 16
"""Events that a crawl may be ahead of its consumer."""


class CrawlSlots:
    """Counts the crawls under way.

    Parameters
    ----------
    maximum : int
        Crawls at once.
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._n_running = 0

    def take(self) -> None:
        """Count one more crawl.

        Raises
        ------
        Overloaded
            If the maximum number is running.
        """
        if self._n_running >= self._maximum:
            message = f"{self._n_running} crawls are under way, which is the maximum. Try again later."
            raise Overloaded(message, retry_after_s=_RETRY_AFTER_S)
        self._n_running += 1

    def give_back(self) -> None:
        """Count one crawl less."""
        self._n_running -= 1


@asynccontextmanager
async def open_crawl(plan: Plan, database: Database, settings: Settings) -> AsyncIterator[Crawl]:
    """Provide a crawl with connections and workers of its own.

    Parameters
    ----------
    plan : Plan
        What to do.
    database : Database
        Of the collection.
    settings : Settings
        Of the crawl.
    """
    fetcher = Fetcher(AddressPolicy(settings.allowed_networks), settings)
    workers = WorkerPool(settings.workers)
    try:
        yield Crawl(plan, database, settings, fetcher, workers)
    finally:
        await workers.close()
        await fetcher.aclose()


class CrawlManager:
    """Runs crawls.

    Parameters
    ----------
    settings : Settings
        Settings of every crawl, and their maximum number.
    slots : CrawlSlots, optional
        Shared with other crawls.
    """

    def __init__(self, settings: Settings, slots: CrawlSlots | None = None) -> None:
        self._settings = settings
        self._slots = slots or CrawlSlots(settings.max_crawls)

    async def crawl(self, start_urls: Sequence[str], limits: Limits) -> AsyncGenerator[Event, None]:
        """Crawl; closing the generator stops the crawl.

        Raises
        ------
        Overloaded
            If the maximum number of crawls is running.
        ForbiddenAddress
            If a start page is not on a public address.
        """
        self._slots.take()
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="segue-crawl-"))
        try:
            await check_start_addresses(start_urls, AddressPolicy(self._settings.allowed_networks))
            database = Database(folder)
            try:
                async with open_crawl(Plan(start_urls, limits), database, self._settings) as crawl:
                    async for event in _events(crawl, Catalog(database), limits):
                        yield event
            finally:
                database.close()
        finally:
            self._slots.give_back()
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, True))


async def _events(crawl: Crawl, catalog: Catalog, limits: Limits) -> AsyncGenerator[Event, None]:
    """Yield files and progress in the order of their occurrence, then the summary."""
    events: asyncio.Queue[Event] = asyncio.Queue(_MAX_BUFFERED_EVENTS)
    n_files = 0

    async def put_file(file: int) -> None:
        nonlocal n_files
        if n_files < limits.max_files:
            n_files += 1
            await events.put(catalog.found_file(file))

    async def put_progress() -> None:
        await events.put(crawl.progress)

    crawl.on_file, crawl.on_progress = put_file, put_progress
    running = asyncio.create_task(crawl.run())
    try:
        while not running.done() or not events.empty():
            event = await _next(events, running)
            if event is not None:
                yield event
        yield running.result()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _next(events: asyncio.Queue[Event], running: asyncio.Task[CrawlSummary]) -> Event | None:
    """Return the next event; None when the crawl has ended and no event is left."""
    waiting = asyncio.ensure_future(events.get())
    await asyncio.wait((waiting, running), return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        return waiting.result()
    waiting.cancel()
    return None


async def check_start_addresses(start_urls: Sequence[str], policy: AddressPolicy) -> None:
    """Raise a fault if a start page is on a private address; an unknown host is not a reason to refuse the crawl.

    Raises
    ------
    ForbiddenAddress
        If the host of a start page has no public address.
    """
    for url in start_urls:
        scheme, _, authority = origin(url).partition("://")
        name, mark, port = authority.rpartition(":")
        if not mark or "]" in port:
            name, port = authority, str(DEFAULT_PORTS[scheme])
        try:
            await policy.resolve(name.strip("[]"), int(port))
        except OSError:
            continue
