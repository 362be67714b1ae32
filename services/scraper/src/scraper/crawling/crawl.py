"""A crawl, from its start pages to its summary.

Every host has a queue of waiting addresses, a throttle, and a few readers that process one address after the other:

1. skip it if robots.txt disallows it,
2. fetch it when the host's throttle permits,
3. queue the target of a redirect as an address of its own, so that it is checked like any other,
4. queue the links of a page,
5. emit a MIDI file, or those in an archive, once for the same bytes or the same notes.

The crawl ends when the frontier is empty, or at the first limit reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import httpx
from servicekit import logs
from servicekit.faults import ForbiddenAddress

from scraper.content import midi_files
from scraper.content.links import parse_page
from scraper.content.urls import is_midi_or_archive_url, normalize_url, site
from scraper.crawling.dedup import Deduplicator, SkipReason
from scraper.crawling.events import CrawlProgress, CrawlSummary, Event, FoundFile
from scraper.crawling.frontier import Entry, Frontier, HostQueue
from scraper.crawling.limits import Limits
from scraper.fetching.address_policy import AddressPolicy
from scraper.fetching.body_reader import FetchFailed
from scraper.fetching.fetcher import Fetcher, FetchResult
from scraper.fetching.robots import UNREACHABLE, RobotsCache, RobotsRules
from scraper.fetching.throttle import HostThrottle
from scraper.settings import Settings

_MAX_BUFFERED_EVENTS = 16
"""Events that the crawl may be ahead of its consumer."""


class _ByteLimitReached(Exception):
    pass


class Crawl:
    """One crawl.

    Parameters
    ----------
    start_urls : sequence of str
        From `limits.parse_start_urls`.
    limits : Limits
        Where it stops.
    settings : Settings
        Delays and concurrency.
    fetcher : Fetcher
        Reads addresses.
    """

    def __init__(self, start_urls: Sequence[str], limits: Limits, settings: Settings, fetcher: Fetcher) -> None:
        self._start_urls = start_urls
        self._limits = limits
        self._settings = settings
        self._fetcher = fetcher
        self._deduplicator = Deduplicator()
        self._robots = RobotsCache(fetcher, settings.user_agent)
        self._frontier = Frontier(self._make_throttle, self._start_readers)
        self._sites = {site(url) for url in start_urls}
        self._readers: list[asyncio.Task[None]] = []
        self._events: asyncio.Queue[Event] = asyncio.Queue(_MAX_BUFFERED_EVENTS)
        self._ended = asyncio.Event()
        self._n_bytes = 0
        self.summary = CrawlSummary()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Crawl; closing the generator stops the crawl at once.

        Yields
        ------
        Event
            Files and progress in the order of their occurrence, then the summary.
        """
        running = asyncio.create_task(self._run())
        try:
            while not isinstance(event := await self._next_event(running), CrawlSummary):
                yield event
            yield event
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _next_event(self, running: asyncio.Task[None]) -> Event:
        """Return the next event; raise the crawl's own exception if it has failed."""
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
                for url in self._start_urls:
                    self._frontier.add(Entry(url))
                await self._wait_until_over()
        except TimeoutError:
            self._end("max_duration_s")
        finally:
            await self._stop()
        self.summary.ended_by = self.summary.ended_by or "complete"
        logs.get_logger().info("crawl.ended", ended_by=self.summary.ended_by, files=self.summary.n_files)
        await self._events.put(self.summary)

    async def _wait_until_over(self) -> None:
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

    def _make_throttle(self) -> HostThrottle:
        return HostThrottle(self._settings.delay_s, self._settings.max_delay_s, self._settings.host_concurrency)

    def _start_readers(self, queue: HostQueue) -> None:
        for _ in range(self._settings.host_concurrency):
            self._readers.append(asyncio.create_task(self._read_queue(queue)))

    async def _read_queue(self, queue: HostQueue) -> None:
        try:
            while True:
                entry = await queue.get()
                await self._process(entry, queue.throttle)
                self._frontier.mark_done()
        except _ByteLimitReached:
            self._end("max_bytes")
        except Exception:
            self._ended.set()
            raise

    async def _process(self, entry: Entry, throttle: HostThrottle) -> None:
        if self._exceeds_page_limit(entry):
            return
        try:
            rules = await self._robots.get(entry.url, throttle, self._count_bytes)
            if rules is UNREACHABLE:
                raise FetchFailed("its host does not answer")
            if not rules.is_allowed(entry.url):
                self.summary.n_disallowed += 1
                return
            self._add_sitemaps(entry, rules)
            result = await self._fetcher.fetch(entry.url, throttle, self._count_bytes)
            await self._handle_result(entry, result)
        except (FetchFailed, ForbiddenAddress) as error:
            self.summary.n_failed += 1
            logs.get_logger().debug("address.failed", url=entry.url, why=str(error))

    def _add_sitemaps(self, entry: Entry, rules: RobotsRules) -> None:
        if entry.page_url:
            return
        for sitemap in rules.sitemaps:
            url = normalize_url(sitemap, entry.url)
            if url is not None and self._is_in_scope(url):
                self._frontier.add(Entry(url, page_url=entry.url))

    def _exceeds_page_limit(self, entry: Entry) -> bool:
        is_exceeded = self.summary.n_pages >= self._limits.max_pages and not is_midi_or_archive_url(entry.url)
        if is_exceeded:
            # Queued files are still read; the crawl ends when none is left.
            self.summary.ended_by = "max_pages"
        return is_exceeded

    async def _handle_result(self, entry: Entry, result: FetchResult) -> None:
        if result.location is not None:
            self._follow_redirect(entry, result.location)
        elif result.status >= 300:
            self.summary.n_failed += 1
        elif midi_files.is_midi(result.body) or midi_files.is_archive(result.body):
            await self._handle_files(entry, result)
        elif "html" in result.content_type or "xml" in result.content_type:
            await self._handle_page(entry, result)
        elif is_midi_or_archive_url(result.url):
            self.summary.n_invalid += 1

    def _follow_redirect(self, entry: Entry, location: str) -> None:
        target = entry.redirect(location)
        if target is None:
            self.summary.n_failed += 1
        elif self._is_in_scope(location) or not entry.page_url:
            if not entry.page_url:
                # A start page that has moved: its new site belongs to the crawl.
                self._sites.add(site(location))
            self._frontier.add(target)

    def _is_in_scope(self, url: str) -> bool:
        return self._limits.other_hosts or site(url) in self._sites

    async def _handle_page(self, entry: Entry, result: FetchResult) -> None:
        if self._exceeds_page_limit(entry):
            return
        self.summary.n_pages += 1
        page = await asyncio.to_thread(parse_page, result.body, result.url)
        if entry.depth < self._limits.max_depth:
            for link in page.links:
                if self._is_in_scope(link.url):
                    self._frontier.add(
                        Entry(link.url, entry.depth + 1, result.url, link.text, page.license_url),
                    )
        await self._events.put(self._progress())

    async def _handle_files(self, entry: Entry, result: FetchResult) -> None:
        async for outcome in self._deduplicator.check(entry, result):
            if outcome is SkipReason.INVALID:
                self.summary.n_invalid += 1
            elif outcome is SkipReason.DUPLICATE:
                self.summary.n_duplicates += 1
            elif isinstance(outcome, FoundFile) and self.summary.n_files < self._limits.max_files:
                await self._emit(outcome)
        if self.summary.n_files >= self._limits.max_files:
            self._end("max_files")

    async def _emit(self, file: FoundFile) -> None:
        # Counted before it is queued, so that readers that run meanwhile respect the limit.
        self.summary.n_files += 1
        try:
            await self._events.put(file)
        except asyncio.CancelledError:
            self.summary.n_files -= 1
            raise

    def _progress(self) -> CrawlProgress:
        return CrawlProgress(self.summary.n_pages, self.summary.n_files, self._frontier.n_pending)

    def _count_bytes(self, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        if self._n_bytes > self._limits.max_bytes:
            raise _ByteLimitReached


async def check_start_addresses(start_urls: Sequence[str], policy: AddressPolicy) -> None:
    """Raise a fault if a start page is on a private address; an unknown host is not a reason to refuse the crawl.

    Raises
    ------
    ForbiddenAddress
        If the host of a start page has no public address.
    """
    for url in start_urls:
        parsed = httpx.URL(url)
        try:
            await policy.resolve(parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80))
        except OSError:
            continue
