"""Collection manager: the collections of a service, each in a folder of its own, and the crawls that run."""

from __future__ import annotations

import asyncio
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servicekit import logs
from servicekit.faults import Conflict, NotFound

from scraper.collecting.collection import Collection
from scraper.crawling.crawl_manager import CrawlSlots, check_start_addresses
from scraper.crawling.database import FILE_NAME
from scraper.crawling.limits import Limits, Plan
from scraper.fetching.address_policy import AddressPolicy
from scraper.settings import Settings

_ID = re.compile(r"[0-9a-f]{32}")


class CollectionManager:
    """Creates, runs and deletes collections.

    Parameters
    ----------
    settings : Settings
        The folder of all collections, and the settings of their crawls.
    slots : CrawlSlots
        Shared with other crawls.
    """

    def __init__(self, settings: Settings, slots: CrawlSlots) -> None:
        self._settings = settings
        self._slots = slots
        self._running: dict[str, Collection] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def create(self, name: str, plan: Plan | None, has_warc: bool = False) -> str:
        """Create a collection, and start its crawl if it has one; return its id.

        Parameters
        ----------
        name : str
            Given by its owner.
        plan : Plan, optional
            Its crawl.
        has_warc : bool
            Whether responses are stored as WARC records.

        Raises
        ------
        ForbiddenAddress
            If a start page is not on a public address.
        Overloaded
            If the maximum number of crawls is running.
        """
        if plan is not None:
            await check_start_addresses(plan.start_urls, AddressPolicy(self._settings.allowed_networks))
        identifier = uuid.uuid4().hex
        collection = Collection(self._settings.folder / identifier, self._settings)
        collection.set_plan(plan or Plan((), Limits()), name, has_warc)
        if plan is None:
            collection.close()
            return identifier
        try:
            self._start(identifier, collection)
        except BaseException:
            collection.close()
            await asyncio.to_thread(shutil.rmtree, collection.folder, True)
            raise
        return identifier

    def _start(self, identifier: str, collection: Collection) -> None:
        self._slots.take()
        collection.begin()
        self._running[identifier] = collection
        self._tasks[identifier] = asyncio.create_task(self._run(identifier, collection))

    async def _run(self, identifier: str, collection: Collection) -> None:
        try:
            await collection.run()
        except Exception:
            logs.get_logger().exception("collection.failed", collection=identifier)
        finally:
            self._slots.give_back()
            self._running.pop(identifier, None)
            self._tasks.pop(identifier, None)
            collection.close()

    async def recover(self) -> None:
        """Resume the crawls that were under way when the process ended."""
        for identifier in self.ids():
            with self.open(identifier) as collection:
                was_running = collection.was_running
            if was_running:
                try:
                    await self.resume(identifier)
                except Exception:
                    logs.get_logger().exception("collection.not_resumed", collection=identifier)

    def ids(self) -> list[str]:
        """Return the ids of all collections, in no order that matters."""
        folder = self._settings.folder
        if not folder.is_dir():
            return []
        return sorted(
            path.name for path in folder.iterdir() if _ID.fullmatch(path.name) and (path / FILE_NAME).exists()
        )

    @contextmanager
    def open(self, identifier: str) -> Iterator[Collection]:
        """Provide a collection, running or not.

        Raises
        ------
        NotFound
            If there is none with this id.
        """
        running = self._running.get(identifier)
        if running is not None:
            yield running
            return
        collection = Collection(self._folder(identifier), self._settings)
        try:
            yield collection
        finally:
            collection.close()

    def _folder(self, identifier: str) -> Path:
        folder = self._settings.folder / identifier
        if not _ID.fullmatch(identifier) or not (folder / FILE_NAME).exists():
            raise NotFound("There is no collection with this id.")
        return folder

    async def resume(self, identifier: str, again: bool = False) -> None:
        """Let a collection's crawl go on from where it ended.

        Parameters
        ----------
        identifier : str
            Of the collection.
        again : bool
            Whether every page is read again, if it has changed.

        Raises
        ------
        Conflict
            If it runs, or has no start pages.
        """
        folder = self._folder(identifier)
        if identifier in self._running:
            raise Conflict("The collection is being crawled.")
        collection = Collection(folder, self._settings)
        try:
            if collection.plan is None:
                raise Conflict("The collection has no start pages.")
            if again:
                collection.begin_again()
            self._start(identifier, collection)
        except BaseException:
            collection.close()
            raise

    async def stop(self, identifier: str) -> None:
        """End a collection's crawl, and wait until it has ended; it can go on later."""
        task = self._tasks.get(identifier)
        with self.open(identifier) as collection:
            collection.stop()
            if task is not None:
                await asyncio.wait([task])

    async def delete(self, identifier: str) -> None:
        """Delete a collection with its files."""
        folder = self._folder(identifier)
        await self.stop(identifier)
        await asyncio.to_thread(shutil.rmtree, folder)

    def close(self) -> None:
        """Drop all crawls, to be resumed by the next process."""
        for task in self._tasks.values():
            task.cancel()
