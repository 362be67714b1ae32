"""Schedule: which host is due, and with which address; hosts without waiting addresses take no memory."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from scraper.crawling.frontier import Entry, Frontier
from scraper.fetching.throttle import HostThrottle

MAX_BUFFERED = 32
"""Addresses of one host that are read from the disk at once."""
MAX_BUFFERED_IN_ALL = 16_000
"""The same of all hosts together."""
MAX_IDLE_HOSTS = 2000
"""Hosts without waiting addresses that are remembered."""


@dataclass(slots=True)
class HostQueue:
    """The addresses of one host that were read from the frontier, and its throttle.

    Attributes
    ----------
    id : int
        Of the host.
    throttle : HostThrottle
        The host's.
    buffered : list of Entry
        Addresses to read next, the next one last.
    under_way : list of int
        Ids of those that are being read.
    is_queued : bool
        Whether the host is in the schedule's heap.
    """

    id: int
    throttle: HostThrottle
    buffered: list[Entry] = field(default_factory=list)
    under_way: list[int] = field(default_factory=list)
    is_queued: bool = False


class Schedule:
    """The order of requests.

    Parameters
    ----------
    frontier : Frontier
        Where addresses wait.
    make_throttle : callable
        Returns a new host's throttle.
    """

    def __init__(self, frontier: Frontier, make_throttle: Callable[[], HostThrottle]) -> None:
        self._frontier = frontier
        self._make_throttle = make_throttle
        self._hosts: dict[int, HostQueue] = {}
        self._heap: list[tuple[float, int]] = []
        self._changed = asyncio.Event()
        self._n_allowed = MAX_IDLE_HOSTS
        self.n_under_way = 0

    def wake(self, hosts: set[tuple[int, str]]) -> None:
        """Schedule hosts that have new addresses."""
        for host, _ in hosts:
            if host not in self._hosts:
                self._forget()
                self._hosts[host] = HostQueue(host, self._make_throttle())
            self._queue(self._hosts[host])

    def _forget(self) -> None:
        """Forget hosts that have nothing left and whose delay has passed; they begin anew if an address comes later."""
        if len(self._hosts) < self._n_allowed:
            return
        idle = [
            queue.id
            for queue in self._hosts.values()
            if not queue.is_queued and not queue.under_way and queue.throttle.wait_s() <= 0
        ]
        for host in idle:
            del self._hosts[host]
        self._n_allowed = 2 * len(self._hosts) + MAX_IDLE_HOSTS

    def _queue(self, queue: HostQueue) -> None:
        if queue.is_queued or not queue.throttle.has_room or queue.throttle.is_given_up:
            return
        if queue.buffered or self._frontier.has_waiting(queue.id, len(queue.under_way)):
            queue.is_queued = True
            heapq.heappush(self._heap, (queue.throttle.next_s, queue.id))
            self._changed.set()

    async def next(self) -> tuple[Entry, HostQueue] | None:
        """Wait until a host is due; return its next address, or None when nothing waits and nothing is under way."""
        while True:
            self._changed.clear()
            wait_s = self._heap[0][0] - time.monotonic() if self._heap else None
            if wait_s is not None and wait_s <= 0:
                found = self._pop_due()
                if found is not None:
                    return found
                continue
            if wait_s is None and self.n_under_way == 0:
                return None
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _pop_due(self) -> tuple[Entry, HostQueue] | None:
        """Take the first host from the heap; return its next address, or None if it has none now."""
        _, host = heapq.heappop(self._heap)
        queue = self._hosts[host]
        queue.is_queued = False
        if queue.throttle.wait_s() > 0 or not queue.throttle.has_room:
            self._queue(queue)
            return None
        if not queue.buffered:
            # Read as few at once as there are many hosts, which bounds the memory.
            limit = max(1, min(MAX_BUFFERED, MAX_BUFFERED_IN_ALL // (len(self._hosts) + 1)))
            queue.buffered = self._frontier.waiting(host, queue.under_way, limit)[::-1]
        if not queue.buffered:
            return None
        entry = queue.buffered.pop()
        queue.under_way.append(entry.id)
        queue.throttle.begin()
        self.n_under_way += 1
        self._queue(queue)
        return entry, queue

    def end(self, entry: Entry, queue: HostQueue) -> None:
        """End the turn of an address; one that still waits comes back."""
        queue.under_way.remove(entry.id)
        queue.throttle.end()
        self.n_under_way -= 1
        self._queue(queue)
        self._changed.set()

    def put_back(self, entry: Entry, queue: HostQueue) -> None:
        """Let an address be the next one of its host again."""
        queue.buffered.append(entry)
