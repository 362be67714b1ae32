"""A crawl, from its start pages to its summary.

Hosts are read one request at a time, each at its own rate, any number of hosts at once. A turn of a host is

1. read the origin's robots.txt, if it is not known,
2. skip the address if robots.txt, or a usage preference in it, forbids it,
3. fetch it; a redirect's target becomes an address of its own, so that it is checked like any other,
4. store the links of a page, in one transaction with the page's own state,
5. store a file, which a worker analyzes later.

The crawl ends when nothing waits, at the first limit, or when it is stopped; whatever the end, it can go on later. What
is wrong with one address, whatever it is, fails that address.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict

from servicekit import logs
from servicekit.faults import ForbiddenAddress

from scraper.analysis.worker_pool import WorkerPool, WorkFailed
from scraper.content import midi_files
from scraper.content.links import Page, parse_page
from scraper.content.urls import is_midi_or_archive_url, normalize_url, origin, site
from scraper.crawling.database import Database
from scraper.crawling.events import CrawlProgress, CrawlSummary
from scraper.crawling.file_intake import MAX_BACKLOG, FileIntake
from scraper.crawling.frontier import Entry, Frontier, State
from scraper.crawling.limits import Plan
from scraper.crawling.origin_rules import OriginRules
from scraper.crawling.response_facts import followed_links, header_evidence, is_page, unpacked, validators
from scraper.crawling.schedule import HostQueue, Schedule
from scraper.crawling.traps import PatternBudget
from scraper.fetching.body_reader import FetchFailed
from scraper.fetching.fetcher import Fetcher, FetchResult, TemporaryFailure, backoff_s
from scraper.fetching.robots import RobotsRules
from scraper.fetching.throttle import HostThrottle
from scraper.fetching.usage_preferences import UsagePreference, header_usage
from scraper.settings import Settings

MAX_ANALYSIS_S = 10.0
"""Seconds that a crawl whose time is over waits for the analysis of what it has fetched."""
MAX_INLINE_BYTES = 32 * 1024
"""Longest page that is parsed at once; a longer one goes to a worker."""

_STORED_HEADERS = ("content-type", "etag", "last-modified", "content-usage", "link")


class LimitReached(Exception):
    """The crawl's limit of bytes is reached."""


class Crawl:
    """One run of a crawl.

    Parameters
    ----------
    plan : Plan
        What to do.
    database : Database
        Of the collection; a crawl that was interrupted goes on from it.
    settings : Settings
        Delays and concurrency.
    fetcher : Fetcher
        Reads addresses.
    workers : WorkerPool
        Analyze files.
    """

    def __init__(
        self, plan: Plan, database: Database, settings: Settings, fetcher: Fetcher, workers: WorkerPool
    ) -> None:
        self._plan = plan
        self._database = database
        self._settings = settings
        self._fetcher = fetcher
        self._workers = workers
        self.summary = CrawlSummary.from_counts(database.get("counts") or {})
        self._frontier = Frontier(database)
        self._schedule = Schedule(self._frontier, self._make_throttle)
        self._rules = OriginRules(database, fetcher, settings.user_agent)
        self._intake = FileIntake(database, workers, self.summary, self._on_file)
        self._sites = {site(url) for url in plan.start_urls} | set(database.get("sites") or [])
        self._budget = PatternBudget()
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._turns: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self.on_progress: Callable[[], Awaitable[None]] | None = None
        self.on_file: Callable[[int], Awaitable[None]] | None = None
        self.on_response: Callable[[FetchResult], None] | None = None

    @property
    def progress(self) -> CrawlProgress:
        """Counts at this moment."""
        return CrawlProgress(self.summary.n_pages, self.summary.n_files, self._frontier.n_waiting)

    def stop(self, reason: str = "stopped") -> None:
        """End the crawl soon; requests under way are dropped, and made again when it goes on."""
        self.summary.ended_by = self.summary.ended_by or reason
        self._ended.set()

    async def run(self) -> CrawlSummary:
        """Crawl to the end, and return the summary."""
        analysis = [asyncio.create_task(self._intake.run()) for _ in range(self._workers.n_workers)]
        turns = asyncio.create_task(self._take_turns())
        ended = asyncio.create_task(self._ended.wait())
        try:
            async with asyncio.timeout(self._plan.limits.max_duration_s):
                await asyncio.wait((turns, ended, *analysis), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            self.stop("max_duration_s")
            turns.cancel()
            await self._finish_analysis()
        except asyncio.CancelledError:
            self.stop()
            raise
        finally:
            await self._close(turns, ended, *analysis)
        ended_by = "max_pages" if self._frontier.has_files_only else "complete"
        self.summary.ended_by = self.summary.ended_by or ended_by
        self.summary.n_files = min(self.summary.n_files, self._plan.limits.max_files)
        self._database.set("counts", self.summary.counts())
        logs.get_logger().info("crawl.ended", ended_by=self.summary.ended_by, files=self.summary.n_files)
        return self.summary

    async def _finish_analysis(self) -> None:
        """Wait a while for the analysis of files that were fetched; the rest is analyzed by the next run."""
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_ANALYSIS_S):
                while self._intake.n_waiting:
                    self._intake.changed.clear()
                    await self._intake.changed.wait()

    async def _close(self, *tasks: asyncio.Task[None] | asyncio.Task[bool]) -> None:
        running = [*tasks, *self._turns]
        for task in running:
            task.cancel()
        outcomes = await asyncio.gather(*running, return_exceptions=True)
        await self._rules.close()
        for outcome in outcomes:
            if isinstance(outcome, sqlite3.Error | OSError):
                logs.get_logger().error("crawl.store_failed", why=str(outcome))
                self.summary.ended_by = "store_failed"
            elif isinstance(outcome, Exception):
                raise outcome

    async def _take_turns(self) -> None:
        """Give every host its turns until nothing waits."""
        with self._database.transaction():
            # Known addresses are left as they are: a crawl that goes on does not begin again.
            self._frontier.add(Entry(url) for url in self._plan.start_urls)
        self._schedule.wake(set(self._frontier.waiting_hosts()))
        while True:
            await self._slots.acquire()
            turn = await self._schedule.next()
            if turn is None:
                break
            task = asyncio.create_task(self._take_turn(*turn))
            self._turns.add(task)
            task.add_done_callback(self._turns.discard)
        while self._intake.n_waiting and not self._ended.is_set():
            self._intake.changed.clear()
            await self._intake.changed.wait()

    async def _take_turn(self, entry: Entry, queue: HostQueue) -> None:
        try:
            await self._process(entry, queue)
        except LimitReached:
            self.stop("max_bytes")
        except TemporaryFailure as error:
            self._postpone(entry, queue, error)
        except (FetchFailed, ForbiddenAddress, WorkFailed) as error:
            self._finish(entry, State.FAILED, str(error))
        except (sqlite3.Error, OSError) as error:
            logs.get_logger().error("crawl.store_failed", why=str(error))
            self.stop("store_failed")
        except Exception as error:
            # A bug that an address brings to light is that address's failure, and is logged whole.
            logs.get_logger().exception("address.failed", url=entry.url)
            self._finish(entry, State.FAILED, type(error).__name__)
        finally:
            self._schedule.end(entry, queue)
            self._slots.release()

    def _postpone(self, entry: Entry, queue: HostQueue, error: TemporaryFailure) -> None:
        """Let an address wait for another attempt, unless it had its attempts or its host asks for too long a wait."""
        attempt = entry.attempts + 1
        after_s = error.after_s if error.after_s is not None else backoff_s(attempt)
        queue.throttle.pause(min(after_s, self._settings.max_delay_s))
        if attempt >= self._settings.attempts or after_s > self._settings.max_delay_s:
            self._finish(entry, State.FAILED, str(error))
        else:
            self._frontier.postpone(entry)

    def _finish(self, entry: Entry, state: State, reason: str = "") -> None:
        """Store that an address was not read, and count it."""
        counter = {State.FAILED: "n_failed", State.DISALLOWED: "n_disallowed", State.SKIPPED: "n_skipped"}.get(state)
        if counter is not None:
            setattr(self.summary, counter, getattr(self.summary, counter) + 1)
        with self._database.transaction():
            self._frontier.finish(entry, state, reason)
            self._database.set("counts", self.summary.counts())

    def _make_throttle(self) -> HostThrottle:
        settings = self._settings
        return HostThrottle(settings.delay_s, settings.max_delay_s, settings.host_concurrency)

    async def _process(self, entry: Entry, queue: HostQueue) -> None:
        is_file = is_midi_or_archive_url(entry.url)
        if not is_file and self.summary.n_pages >= self._plan.limits.max_pages:
            self._end_pages(queue)
            return
        rules = await self._rules_of(entry, queue, is_file)
        if rules is None:
            self._schedule.put_back(entry, queue)
            return
        usage = rules.usage(entry.url)
        reason = self._reason_to_leave(entry, rules, usage, is_file)
        if reason is not None:
            self._finish(entry, *reason)
            return
        result = await self._fetcher.fetch(entry.url, queue.throttle, self._count_bytes, entry.conditions)
        if self.on_response is not None:
            self.on_response(result)
        if not is_file:
            self._budget.count_page(entry.url)
        await self._handle(entry, result, rules, usage)

    async def _rules_of(self, entry: Entry, queue: HostQueue, is_file: bool) -> RobotsRules | None:
        """Return the rules of an address's origin; None if they were just read and its host is not due again."""
        address, throttle = origin(entry.url), queue.throttle
        rules = self._rules.known(address, throttle)
        if rules is None:
            rules = await self._rules.read(address, throttle, self._count_bytes)
            self._add_sitemaps(entry, rules)
            if rules.state == "unreachable":
                return rules
            if throttle.wait_s() > 0:
                return None
        if is_file and rules.is_allowed(entry.url) and not self._rules.has_reservations(address):
            await self._rules.read_reservations(address, throttle, self._count_bytes)
            rules = self._rules.known(address, throttle) or rules
            if throttle.wait_s() > 0:
                return None
        return rules

    def _end_pages(self, queue: HostQueue) -> None:
        """Read no more pages. Files that wait are still read; pages wait for another run."""
        self._frontier.has_files_only = True
        queue.buffered = [each for each in queue.buffered if is_midi_or_archive_url(each.url)]

    def _reason_to_leave(
        self, entry: Entry, rules: RobotsRules, usage: UsagePreference, is_file: bool
    ) -> tuple[State, str] | None:
        if rules.state == "unreachable":
            return State.FAILED, "its host does not answer"
        if not rules.is_allowed(entry.url):
            return State.DISALLOWED, "robots.txt"
        if usage.training is False and not self._plan.ignores_usage:
            return State.DISALLOWED, usage.statement
        if not is_file and self._budget.is_spent(entry.url):
            return State.SKIPPED, "pages without an end"
        return None

    def _add_sitemaps(self, entry: Entry, rules: RobotsRules) -> None:
        if not entry.is_start:
            return
        found = [url for url in (normalize_url(each, entry.url) for each in rules.sitemaps) if url is not None]
        with self._database.transaction():
            hosts = self._frontier.add(Entry(url, parent=entry.id) for url in found if self._is_in_scope(url))
        self._schedule.wake(hosts)

    async def _handle(self, entry: Entry, result: FetchResult, rules: RobotsRules, usage: UsagePreference) -> None:
        result = unpacked(result)
        if result.status == 304:
            self.summary.n_unchanged += 1
            with self._database.transaction():
                self._frontier.finish(entry, State.READ, "", entry.conditions)
        elif result.is_redirect:
            self._follow_redirect(entry, result.location)
        elif result.status >= 300:
            self._finish(entry, State.FAILED, f"status {result.status}")
        elif midi_files.is_midi(result.body) or midi_files.is_archive(result.body):
            await self._handle_file(entry, result, rules, usage)
        elif is_page(result, entry):
            await self._handle_page(entry, result)
        elif is_midi_or_archive_url(entry.url):
            self.summary.n_invalid += 1
            self._finish(entry, State.READ, "not MIDI")
        else:
            self._finish(entry, State.READ, "neither a page nor MIDI")

    def _follow_redirect(self, entry: Entry, location: str | None) -> None:
        entry_of_target = entry.redirect(location) if location is not None else None
        if entry_of_target is None or location is None:
            self._finish(entry, State.FAILED, "redirect")
            return
        hosts: set[tuple[int, str]] = set()
        with self._database.transaction():
            if self._is_in_scope(location) or entry.is_start:
                if entry.is_start:
                    # A start page that has moved: its new site belongs to the crawl.
                    self._sites.add(site(location))
                    self._database.set("sites", sorted(self._sites))
                hosts = self._frontier.add([entry_of_target])
            self._frontier.finish(entry, State.READ, "redirect")
        self._schedule.wake(hosts)

    def _is_in_scope(self, url: str) -> bool:
        return self._plan.limits.other_hosts or site(url) in self._sites

    async def _handle_page(self, entry: Entry, result: FetchResult) -> None:
        page = await self._parse(result)
        if self.summary.n_pages >= self._plan.limits.max_pages:
            return
        links = followed_links(page, result)
        self.summary.n_pages += 1
        entries = [entry.follow(link) for link in links if self._is_in_scope(link.url)]
        evidence = [*page.evidence, *header_evidence(result)]
        usage = header_usage(result.headers)
        if page.usage:
            usage = usage.combine(UsagePreference(False, f"meta: {page.usage}"))
        facts = {"evidence": [asdict(each) for each in evidence], "usage": asdict(usage)}
        with self._database.transaction():
            hosts = self._frontier.add(each for each in entries if each.depth <= self._plan.limits.max_depth)
            self._database.execute(
                "INSERT OR REPLACE INTO page VALUES (?, ?, ?)", entry.id, page.title, json.dumps(facts)
            )
            self._frontier.finish(entry, State.READ, "", validators(result))
            self._database.set("counts", self.summary.counts())
        self._budget.count_files(entry.url, sum(is_midi_or_archive_url(each.url) for each in entries))
        self._schedule.wake(hosts)
        if self.on_progress is not None:
            await self.on_progress()

    async def _parse(self, result: FetchResult) -> Page:
        body, url, kind = result.body, result.url, result.content_type
        if len(body) <= MAX_INLINE_BYTES:
            return parse_page(body, url, kind)
        return await self._workers.page(body, url, kind)

    async def _handle_file(self, entry: Entry, result: FetchResult, rules: RobotsRules, usage: UsagePreference) -> None:
        await self._wait_for_room()
        stated = usage.combine(header_usage(result.headers))
        facts = {
            "headers": {name: result.headers[name] for name in _STORED_HEADERS if name in result.headers},
            "robots": "allowed" if rules.state == "stated" else "no robots.txt",
            "usage": asdict(stated),
            "evidence": [asdict(each) for each in header_evidence(result)],
        }
        written = self._intake.write(result.body)
        with self._database.transaction():
            self._intake.store(entry.id, written, facts)
            self._frontier.finish(entry, State.READ, "", validators(result))
            self._database.set("counts", self.summary.counts())
        if entry.parent and not is_midi_or_archive_url(entry.url):
            self._budget.count_files(self._frontier.url_of(entry.parent), 1)

    async def _wait_for_room(self) -> None:
        """Wait until no more files are waiting for analysis than may still be new."""
        while not self._ended.is_set():
            n_wanted = self._plan.limits.max_files - self.summary.n_files
            if self._intake.n_waiting < min(MAX_BACKLOG, n_wanted):
                return
            self._intake.changed.clear()
            await self._intake.changed.wait()

    async def _on_file(self, file: int) -> None:
        if self.on_file is not None:
            await self.on_file(file)
        if self.summary.n_files >= self._plan.limits.max_files:
            self.stop("max_files")

    def _count_bytes(self, n_bytes: int) -> None:
        self.summary.n_bytes += n_bytes
        if self.summary.n_bytes > self._plan.limits.max_bytes:
            raise LimitReached
