"""The addresses that wait: each once, by host, files before pages."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from scraper.content.links import authority, looks_like_file
from scraper.fetching.throttle import Pace

MAX_WAITING = 200_000
"""Addresses kept waiting; more are forgotten, which bounds the memory of a crawl."""

MAX_HOSTS = 500
"""Hosts read in one crawl."""

MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """An address, and how the crawl came to it."""

    url: str
    depth: int = 0
    """Links away from a start page; redirects do not count."""
    page_url: str = ""
    title: str = ""
    license_url: str = ""
    redirects: int = 0

    def redirected(self, url: str) -> Entry | None:
        """Give the entry that a redirect makes of this one; None after too many."""
        if self.redirects >= MAX_REDIRECTS:
            return None
        return Entry(url, self.depth, self.page_url, self.title, self.license_url, self.redirects + 1)


class Lane:
    """One host's waiting addresses, and its pace."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._files: deque[Entry] = deque()
        self._pages: deque[Entry] = deque()
        self._waiting = asyncio.Semaphore(0)

    def put(self, entry: Entry) -> None:
        """Let an address wait."""
        (self._files if looks_like_file(entry.url) else self._pages).append(entry)
        self._waiting.release()

    async def take(self) -> Entry:
        """Give the next address, as soon as there is one: files before pages, then in the order they came."""
        await self._waiting.acquire()
        return self._files.popleft() if self._files else self._pages.popleft()


class Frontier:
    """All lanes of a crawl.

    Parameters
    ----------
    make_pace : callable
        Gives a new host's pace.
    on_new_lane : callable
        Told of each host's lane when its first address comes.
    """

    def __init__(self, make_pace: Callable[[], Pace], on_new_lane: Callable[[Lane], None]) -> None:
        self._make_pace = make_pace
        self._on_new_lane = on_new_lane
        self._lanes: dict[str, Lane] = {}
        self._seen: set[str] = set()
        self.pending_count = 0
        """Addresses that wait or are being read."""
        self.empty = asyncio.Event()
        """Set when the last address has been read."""

    def add(self, entry: Entry) -> bool:
        """Let an address wait, unless it came before or there is no room; tells whether it does."""
        host = authority(entry.url)
        full = self.pending_count >= MAX_WAITING or (host not in self._lanes and len(self._lanes) >= MAX_HOSTS)
        if entry.url in self._seen or full:
            return False
        self._seen.add(entry.url)
        self.pending_count += 1
        if host not in self._lanes:
            self._lanes[host] = Lane(self._make_pace())
            self._on_new_lane(self._lanes[host])
        self._lanes[host].put(entry)
        return True

    def done(self) -> None:
        """Say that an address that was taken has been read, and what it led to added."""
        self.pending_count -= 1
        if self.pending_count == 0:
            self.empty.set()
