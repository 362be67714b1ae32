"""A crawl, from its start pages to its summary.

Every host has a lane: its waiting addresses, its pace, and a few readers that take one address after the other

1. leave it if robots.txt forbids it,
2. read it when the host's turn comes,
3. let a redirect wait as an address of its own, so that it is checked like any other,
4. let the links of a page wait,
5. tell of a MIDI file, or of those in an archive, once for the same bytes or the same notes.

It ends when nothing waits any more, or at the first limit reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import httpx
from servicekit import logs
from servicekit.faults import ForbiddenAddress

from scraper.content import midi_files
from scraper.content.links import looks_like_file, normal, read_page, site
from scraper.crawling.dedup import Harvest, LeftOut
from scraper.crawling.events import Event, File, Progress, Summary
from scraper.crawling.frontier import Entry, Frontier, Lane
from scraper.crawling.limits import Limits
from scraper.fetching.address_policy import Guard
from scraper.fetching.body_reader import Unreadable
from scraper.fetching.fetcher import Fetched, Fetcher
from scraper.fetching.robots import UNREACHABLE, Robots, Rules
from scraper.fetching.throttle import Pace
from scraper.settings import Settings

_AHEAD = 16
"""Events that the crawl may be ahead of its reader."""


class _BytesSpent(Exception):
    pass


class Crawl:
    """One crawl.

    Parameters
    ----------
    starts : sequence of str
        From `limits.start_urls`.
    limits : Limits
        Where it stops.
    settings : Settings
        How it behaves.
    fetcher : Fetcher
        Reads addresses.
    """

    def __init__(self, starts: Sequence[str], limits: Limits, settings: Settings, fetcher: Fetcher) -> None:
        self._starts = starts
        self._limits = limits
        self._settings = settings
        self._fetcher = fetcher
        self._harvest = Harvest()
        self._robots = Robots(fetcher, settings.user_agent)
        self._frontier = Frontier(self._make_pace, self._open_lane)
        self._sites = {site(url) for url in starts}
        self._readers: list[asyncio.Task[None]] = []
        self._events: asyncio.Queue[Event] = asyncio.Queue(_AHEAD)
        self._ended = asyncio.Event()
        self._read_bytes = 0
        self.summary = Summary()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Crawl; closing the generator stops it at once.

        Yields
        ------
        Event
            Files and progress in the order they came, at last the summary.
        """
        running = asyncio.create_task(self._run())
        try:
            while not isinstance(event := await self._next_event(running), Summary):
                yield event
            yield event
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _next_event(self, running: asyncio.Task[None]) -> Event:
        """Wait for an event, and for the crawl's own error, if it has a bug, in its place."""
        waiting = asyncio.ensure_future(self._events.get())
        try:
            await asyncio.wait((waiting, running), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            running.result()
            return await waiting
        finally:
            waiting.cancel()

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(self._limits.max_duration_s):
                for url in self._starts:
                    self._frontier.add(Entry(url))
                await self._until_over()
        except TimeoutError:
            self._end("max_duration_s")
        finally:
            await self._stop()
        self.summary.ended_by = self.summary.ended_by or "complete"
        logs.get_logger().info("crawl.ended", ended_by=self.summary.ended_by, files=self.summary.file_count)
        await self._events.put(self.summary)

    async def _until_over(self) -> None:
        over = [asyncio.ensure_future(event.wait()) for event in (self._ended, self._frontier.empty)]
        try:
            await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in over:
                waiting.cancel()

    async def _stop(self) -> None:
        for reader in self._readers:
            reader.cancel()
        outcomes = await asyncio.gather(*self._readers, return_exceptions=True)
        await self._robots.close()
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def _end(self, limit: str) -> None:
        self.summary.ended_by = self.summary.ended_by or limit
        self._ended.set()

    def _make_pace(self) -> Pace:
        return Pace(self._settings.delay_s, self._settings.max_delay_s, self._settings.host_concurrency)

    def _open_lane(self, lane: Lane) -> None:
        for _ in range(self._settings.host_concurrency):
            self._readers.append(asyncio.create_task(self._read_lane(lane)))

    async def _read_lane(self, lane: Lane) -> None:
        try:
            while True:
                entry = await lane.take()
                await self._visit(entry, lane.pace)
                self._frontier.done()
        except _BytesSpent:
            self._end("max_bytes")
        except Exception:
            self._ended.set()
            raise

    async def _visit(self, entry: Entry, pace: Pace) -> None:
        if self._is_page_too_many(entry):
            return
        try:
            rules = await self._robots.rules(entry.url, pace, self._spend)
            if rules is UNREACHABLE:
                raise Unreadable("its host does not answer")
            if not rules.allows(entry.url):
                self.summary.disallowed_count += 1
                return
            self._add_sitemaps(entry, rules)
            fetched = await self._fetcher.fetch(entry.url, pace, self._spend)
            await self._receive(entry, fetched)
        except (Unreadable, ForbiddenAddress) as error:
            self.summary.failed_count += 1
            logs.get_logger().debug("address.failed", url=entry.url, why=str(error))

    def _add_sitemaps(self, entry: Entry, rules: Rules) -> None:
        if entry.page_url:
            return
        for sitemap in rules.sitemaps:
            url = normal(sitemap, entry.url)
            if url is not None and self._may_go_to(url):
                self._frontier.add(Entry(url, page_url=entry.url))

    def _is_page_too_many(self, entry: Entry) -> bool:
        too_many = self.summary.page_count >= self._limits.max_pages and not looks_like_file(entry.url)
        if too_many:
            # Files that wait are read still; the crawl ends when none does.
            self.summary.ended_by = "max_pages"
        return too_many

    async def _receive(self, entry: Entry, fetched: Fetched) -> None:
        if fetched.location is not None:
            self._follow(entry, fetched.location)
        elif fetched.status >= 300:
            self.summary.failed_count += 1
        elif midi_files.is_midi(fetched.body) or midi_files.is_archive(fetched.body):
            await self._take_music(entry, fetched)
        elif "html" in fetched.content_type or "xml" in fetched.content_type:
            await self._take_page(entry, fetched)
        elif looks_like_file(fetched.url):
            self.summary.invalid_count += 1

    def _follow(self, entry: Entry, location: str) -> None:
        redirected = entry.redirected(location)
        if redirected is None:
            self.summary.failed_count += 1
        elif self._may_go_to(location) or not entry.page_url:
            if not entry.page_url:
                # A start page that moved: its new home is where the crawl belongs.
                self._sites.add(site(location))
            self._frontier.add(redirected)

    def _may_go_to(self, url: str) -> bool:
        return self._limits.other_hosts or site(url) in self._sites

    async def _take_page(self, entry: Entry, fetched: Fetched) -> None:
        if self._is_page_too_many(entry):
            return
        self.summary.page_count += 1
        page = await asyncio.to_thread(read_page, fetched.body, fetched.url)
        if entry.depth < self._limits.max_depth:
            for link in page.links:
                if self._may_go_to(link.url):
                    self._frontier.add(
                        Entry(link.url, entry.depth + 1, fetched.url, link.text, page.license_url),
                    )
        await self._events.put(self._progress())

    async def _take_music(self, entry: Entry, fetched: Fetched) -> None:
        async for outcome in self._harvest.files(entry, fetched):
            if outcome is LeftOut.INVALID:
                self.summary.invalid_count += 1
            elif outcome is LeftOut.DUPLICATE:
                self.summary.duplicate_count += 1
            elif isinstance(outcome, File) and self.summary.file_count < self._limits.max_files:
                await self._tell(outcome)
        if self.summary.file_count >= self._limits.max_files:
            self._end("max_files")

    async def _tell(self, file: File) -> None:
        self.summary.file_count += 1
        try:
            await self._events.put(file)
        except asyncio.CancelledError:
            self.summary.file_count -= 1
            raise

    def _progress(self) -> Progress:
        return Progress(self.summary.page_count, self.summary.file_count, self._frontier.pending_count)

    def _spend(self, size_bytes: int) -> None:
        self._read_bytes += size_bytes
        if self._read_bytes > self._limits.max_bytes:
            raise _BytesSpent


async def refuse_private(starts: Sequence[str], guard: Guard) -> None:
    """Refuse a crawl that would begin on a private address; a host that is not found is no reason to.

    Raises
    ------
    ForbiddenAddress
        If the host of a start page leads to no public address.
    """
    for url in starts:
        parsed = httpx.URL(url)
        try:
            await guard.resolve(parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80))
        except OSError:
            continue
