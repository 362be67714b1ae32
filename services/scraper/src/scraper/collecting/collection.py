"""Collection: a folder with a crawl that can be stopped and resumed, files from elsewhere, and a data set."""

from __future__ import annotations

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from servicekit.faults import Conflict

from scraper.analysis.worker_pool import WorkerPool
from scraper.collecting import data_set
from scraper.collecting.catalog import Catalog
from scraper.collecting.warc import WarcWriter
from scraper.content.licence_names import from_text, from_url
from scraper.content.licences import Evidence
from scraper.crawling.crawl import Crawl
from scraper.crawling.crawl_manager import open_crawl
from scraper.crawling.database import Database
from scraper.crawling.events import CrawlSummary
from scraper.crawling.file_intake import FileIntake
from scraper.crawling.frontier import Frontier
from scraper.crawling.limits import Limits, Plan
from scraper.settings import Settings

LOCK_WAIT_S = 15.0
"""Seconds to wait for another process that crawls the collection and may be about to end."""


class CollectionState(StrEnum):
    """What a collection does."""

    IDLE = "idle"
    RUNNING = "running"
    STOPPED = "stopped"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file from elsewhere.

    Attributes
    ----------
    body : bytes
        A MIDI file or a zip archive.
    name : str
        Its path, whose folders give its style.
    licence : str
        What is stated about it: an SPDX expression, an address or a sentence; may be empty.
    """

    body: bytes
    name: str
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """What a collection has come to.

    Attributes
    ----------
    name : str
        Given by its owner; may be empty.
    state : CollectionState
        What it does.
    start_urls : tuple of str
        Where its crawl began; empty if it has none.
    summary : CrawlSummary
        Counts of all runs of its crawl.
    n_queued : int
        Addresses that wait.
    n_usable : int
        Usable files, uploads included.
    pages_per_s : float
        Rate of the run under way; 0 if there is none.
    failures : dict of str to int
        The most frequent reasons why addresses were not read.
    statement : dict
        The operator's statement about training.
    """

    name: str
    state: CollectionState
    start_urls: tuple[str, ...]
    summary: CrawlSummary
    n_queued: int
    n_usable: int
    pages_per_s: float
    failures: dict[str, int]
    statement: dict[str, str]


class Collection:
    """One collection.

    Parameters
    ----------
    folder : Path
        Its folder; it is created if it is missing.
    settings : Settings
        Of its crawl.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self._settings = settings
        self._database = Database(folder)
        self.catalog = Catalog(self._database)
        self._crawl: Crawl | None = None
        self._is_begun = False
        self._is_stop_requested = False
        self._started_s = 0.0
        self._first_pages = 0

    def close(self) -> None:
        """Close its database."""
        self._database.close()

    @property
    def is_running(self) -> bool:
        """Whether its crawl is under way in this process."""
        return self._is_begun

    @property
    def was_running(self) -> bool:
        """Whether its crawl was under way when a process ended."""
        return self._database.get("state") == CollectionState.RUNNING and not self.is_running

    def set_plan(self, plan: Plan, name: str = "", has_warc: bool = False) -> None:
        """Store what its crawl is to do.

        Parameters
        ----------
        plan : Plan
            The crawl.
        name : str
            Given by the owner.
        has_warc : bool
            Whether responses are stored as WARC records.
        """
        self._database.set("name", name)
        stored = {"start_urls": list(plan.start_urls), "limits": asdict(plan.limits), "has_warc": has_warc}
        self._database.set("plan", stored)

    @property
    def plan(self) -> Plan | None:
        """What its crawl does; None if it has none. A statement about training lifts the preference against it."""
        stored = self._database.get("plan")
        if not stored or not stored["start_urls"]:
            return None
        limits = Limits(**stored["limits"])
        return Plan(tuple(stored["start_urls"]), limits, bool(self.catalog.statement.get("words")))

    def begin(self) -> None:
        """Count as running from now on; `run` follows."""
        self._database.set("state", CollectionState.RUNNING)
        self._is_begun = True
        self._is_stop_requested = False

    async def run(self) -> CrawlSummary:
        """Run its crawl from where it ended, to the end.

        Raises
        ------
        Conflict
            If it is running, or has no start pages.
        """
        plan = self.plan
        if self._crawl is not None or plan is None:
            raise Conflict("The collection is being crawled." if self._crawl else "The collection has no start pages.")
        if not self._is_begun:
            self.begin()
        try:
            async with self._locked():
                summary = await self._run(plan)
        finally:
            self._crawl, self._is_begun = None, False
        state = CollectionState.COMPLETE if summary.ended_by == "complete" else CollectionState.STOPPED
        self._database.set("state", state)
        await asyncio.to_thread(data_set.write, self.catalog, self.folder)
        return summary

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        """Hold the folder, so that no other process crawls it at the same time; one that ends is waited for."""
        deadline_s = time.monotonic() + LOCK_WAIT_S
        with open(self.folder / "crawl.lock", "w") as file:  # noqa: ASYNC230  an empty file
            while not _lock(file.fileno()):
                if time.monotonic() >= deadline_s:
                    raise Conflict("Another process crawls the collection.")
                await asyncio.sleep(0.1)
            yield

    async def _run(self, plan: Plan) -> CrawlSummary:
        async with open_crawl(plan, self._database, self._settings) as crawl:
            self._crawl = crawl
            if self._is_stop_requested:
                crawl.stop()
            self._started_s, self._first_pages = time.monotonic(), crawl.summary.n_pages
            if self._database.get("plan").get("has_warc"):
                crawl.on_response = WarcWriter(self.folder / "warc", self._settings.identity).write
            return await crawl.run()

    def stop(self) -> None:
        """End its crawl soon; it can go on later."""
        self._is_stop_requested = True
        if self._crawl is not None:
            self._crawl.stop()
        elif self.was_running:
            self._database.set("state", CollectionState.STOPPED)

    def begin_again(self) -> None:
        """Let its next run read every page again, under the condition that it has changed."""
        with self._database.transaction():
            Frontier(self._database).begin_again()

    async def add_files(self, files: Iterable[UploadedFile]) -> Sequence[str]:
        """Add files from elsewhere; return the reason why each is unusable, or an empty text.

        Raises
        ------
        Conflict
            If the collection is being crawled.
        """
        if self._crawl is not None:
            raise Conflict("The collection is being crawled; stop it before adding files.")
        workers = WorkerPool(self._settings.workers)
        summary = CrawlSummary.from_counts(self._database.get("counts") or {})
        intake = FileIntake(self._database, workers, summary, _ignore)
        bodies = [self._store(intake, file) for file in files]
        running = asyncio.create_task(intake.run())
        try:
            while intake.n_waiting and not running.done():
                intake.changed.clear()
                await intake.changed.wait()
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await workers.close()
        await asyncio.to_thread(data_set.write, self.catalog, self.folder)
        return [self._error_of(body) for body in bodies]

    def _store(self, intake: FileIntake, file: UploadedFile) -> str:
        """Store one uploaded file; return its digest."""
        written = intake.write(file.body)
        spdx = from_url(file.licence) or (from_text(file.licence) or [""])[0] or _identifier(file.licence)
        statement = Evidence("operator", spdx, file.licence[:300])
        facts: dict[str, Any] = {"name": file.name, "evidence": [asdict(statement)] if file.licence else []}
        number = min(0, self._database.value("SELECT min(address) FROM source") or 0) - 1
        with self._database.transaction():
            intake.store(number, written, facts)
        return written[0]

    def _error_of(self, sha256: str) -> str:
        errors = self._database.rows(
            "SELECT file.error FROM body JOIN member ON member.body = body.id JOIN file ON file.id = member.file"
            " WHERE body.sha256 = ?",
            sha256,
        )
        if not errors:
            return "MIDI_UNREADABLE"
        return "" if any(not error for (error,) in errors) else str(errors[0][0])

    def state_training(self, words: str, by: str) -> None:
        """Store that the collection may train models, in the operator's words; empty words take it back.

        Parameters
        ----------
        words : str
            Why it may.
        by : str
            Who states it.
        """
        self.catalog.state_training(words, by, datetime.now(UTC).isoformat(timespec="seconds"))
        data_set.write(self.catalog, self.folder)

    def status(self) -> Status:
        """Return what it has come to."""
        crawl = self._crawl
        counts = crawl.summary if crawl is not None else CrawlSummary.from_counts(self._database.get("counts") or {})
        if crawl is None:
            counts.ended_by = str((self._database.get("counts") or {}).get("ended_by", ""))
        took_s = time.monotonic() - self._started_s
        stored = self._database.get("plan") or {}
        queued = "SELECT count(*) FROM address WHERE state = 0"
        return Status(
            name=str(self._database.get("name") or ""),
            state=CollectionState.RUNNING if self._is_begun else self._idle_state(),
            start_urls=tuple(stored.get("start_urls", ())),
            summary=counts,
            n_queued=crawl.progress.n_queued if crawl else int(self._database.value(queued)),
            n_usable=self.catalog.n_files(),
            pages_per_s=(counts.n_pages - self._first_pages) / took_s if crawl and took_s > 0 else 0.0,
            failures=self._failures(),
            statement=self.catalog.statement,
        )

    def _idle_state(self) -> CollectionState:
        state = CollectionState(self._database.get("state") or CollectionState.IDLE)
        return CollectionState.STOPPED if state is CollectionState.RUNNING else state

    def _failures(self) -> dict[str, int]:
        rows = self._database.rows(
            "SELECT reason, count(*) AS n FROM address WHERE state IN (2, 3, 4)"
            " GROUP BY reason ORDER BY n DESC LIMIT 10"
        )
        return {str(reason): int(count) for reason, count in rows}


def _lock(descriptor: int) -> bool:
    """Lock a file unless another process has; return whether it was locked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _identifier(text: str) -> str:
    """Return a text that looks like an SPDX expression; else nothing."""
    words = text.split()
    return text if words and all("-" in word or word in {"OR", "AND", "MIT"} for word in words) else ""


async def _ignore(_: int) -> None:
    pass
