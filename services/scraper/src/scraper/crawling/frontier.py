"""Frontier: the addresses that wait to be read, each once, in one queue for each host, files before pages."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from scraper.content.urls import is_midi_or_archive_url, origin
from scraper.fetching.throttle import HostThrottle

MAX_PENDING = 200_000
"""Maximum number of waiting addresses; more are dropped, which bounds the memory of a crawl."""

MAX_HOSTS = 500
"""Maximum number of hosts read in one crawl."""

MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """An address in the frontier, and how the crawl found it.

    Attributes
    ----------
    url : str
        Normalized, see `scraper.content.urls.normalize_url`.
    depth : int
        Links from a start page; redirects do not count.
    page_url : str
        The page that linked to it; empty for a start page.
    title : str
        Text of the link.
    license_url : str
        The licence that the page links to.
    n_redirects : int
        Redirects followed so far.
    """

    url: str
    depth: int = 0
    page_url: str = ""
    title: str = ""
    license_url: str = ""
    n_redirects: int = 0

    def redirect(self, url: str) -> Entry | None:
        """Return the entry for a redirect's target; None after `MAX_REDIRECTS`."""
        if self.n_redirects >= MAX_REDIRECTS:
            return None
        return Entry(url, self.depth, self.page_url, self.title, self.license_url, self.n_redirects + 1)


class HostQueue:
    """The waiting addresses of one host, and its throttle.

    Parameters
    ----------
    throttle : HostThrottle
        Shared by the host's readers.
    """

    def __init__(self, throttle: HostThrottle) -> None:
        self.throttle = throttle
        self._files: deque[Entry] = deque()
        self._pages: deque[Entry] = deque()
        self._n_waiting = asyncio.Semaphore(0)

    def put(self, entry: Entry) -> None:
        """Add an address."""
        (self._files if is_midi_or_archive_url(entry.url) else self._pages).append(entry)
        self._n_waiting.release()

    async def get(self) -> Entry:
        """Wait for an address and return it: files before pages, then in the order of their arrival."""
        await self._n_waiting.acquire()
        return self._files.popleft() if self._files else self._pages.popleft()


class Frontier:
    """All queues of a crawl.

    Parameters
    ----------
    make_throttle : callable
        Returns a new host's throttle.
    on_new_host : callable
        Called with a host's queue when its first address is added.
    """

    def __init__(self, make_throttle: Callable[[], HostThrottle], on_new_host: Callable[[HostQueue], None]) -> None:
        self._make_throttle = make_throttle
        self._on_new_host = on_new_host
        self._queues: dict[str, HostQueue] = {}
        self._seen: set[str] = set()
        self.n_pending = 0
        """Addresses that wait or are being read."""
        self.empty = asyncio.Event()
        """Set when the last address has been read."""

    def add(self, entry: Entry) -> bool:
        """Queue an address unless it was added before or there is no room; return whether it was queued."""
        host = origin(entry.url)
        is_full = self.n_pending >= MAX_PENDING or (host not in self._queues and len(self._queues) >= MAX_HOSTS)
        if entry.url in self._seen or is_full:
            return False
        self._seen.add(entry.url)
        self.n_pending += 1
        if host not in self._queues:
            self._queues[host] = HostQueue(self._make_throttle())
            self._on_new_host(self._queues[host])
        self._queues[host].put(entry)
        return True

    def mark_done(self) -> None:
        """Mark one address as read, after its links were added."""
        self.n_pending -= 1
        if self.n_pending == 0:
            self.empty.set()
