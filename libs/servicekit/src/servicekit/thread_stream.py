"""Bounded queue between a generator on a thread and its reader on the event loop, with back pressure."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Concatenate, Generic, ParamSpec, TypeVar

from servicekit import logs
from servicekit.faults import Fault

P = ParamSpec("P")
T = TypeVar("T")

MAX_BUFFERED = 8
"""Largest number of items that the writer may be ahead of the reader."""


class ThreadStream(Generic[T]):
    """Carries items from one writing thread to one reading coroutine.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The event loop of the reader.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.cancelled = threading.Event()
        self._loop = loop
        self._room = threading.Semaphore(MAX_BUFFERED)
        self._items: deque[T] = deque()
        self._changed = asyncio.Event()
        self._ended: asyncio.Future[None] | None = None

    def produce(
        self,
        generate: Callable[Concatenate[threading.Event, P], Iterator[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Write the items of a generator, waiting for room, until it ends or the reader is gone. Runs on the thread.

        Parameters
        ----------
        generate : callable
            Called with the event that is set once the reader is gone, then ``args`` and ``kwargs``.
        *args, **kwargs
            Arguments of ``generate``.
        """
        if self.cancelled.is_set():
            return
        for item in generate(self.cancelled, *args, **kwargs):
            self._room.acquire()
            if self.cancelled.is_set():
                return
            self._loop.call_soon_threadsafe(self._put, item)

    def close(self, work: asyncio.Future[None]) -> None:
        """End the stream with the outcome of the work: no more items, or its error. Runs on the loop."""
        self._ended = work
        self._changed.set()
        error = None if work.cancelled() else work.exception()
        if self.cancelled.is_set() and error is not None and not isinstance(error, Fault):
            logs.get_logger().error("work.failed_unread", exc_info=error)

    def cancel(self, _: object = None) -> None:
        """Record that the reader is gone, and wake the writer. Runs on the loop."""
        self.cancelled.set()
        self._room.release()

    async def __aiter__(self) -> AsyncIterator[T]:
        while self._items or self._ended is None:
            while self._items:
                self._room.release()
                yield self._items.popleft()
            if self._ended is None:
                self._changed.clear()
                await self._changed.wait()
        self._ended.result()

    def _put(self, item: T) -> None:
        self._items.append(item)
        self._changed.set()
