"""Work that would block the event loop, on a few threads behind a bounded queue.

::

    worker = Worker("render", n_threads=2, queue_size=8)
    grid = await worker.run(make_grid, score)

    def blocks(cancelled: threading.Event, score: Score) -> Iterator[bytes]: ...
    async for block in worker.stream(blocks, score): ...
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from servicekit.faults import Overloaded
from servicekit.metrics import WORK_QUEUED, WORK_REFUSED
from servicekit.thread_stream import ThreadStream

P = ParamSpec("P")
T = TypeVar("T")

_SMOOTHING = 0.2
"""Weight of the newest duration in the running mean from which ``retry_after_s`` is told."""


class Worker:
    """Runs functions on threads, and refuses what it could not begin soon.

    Parameters
    ----------
    name : str
        Label of its metrics and prefix of its threads.
    n_threads : int
        Number of functions that run at once. Use 1 for libraries that are not thread-safe.
    queue_size : int
        How many more may wait. One beyond that is refused with `Overloaded`.
    """

    def __init__(self, name: str, n_threads: int, queue_size: int) -> None:
        self.name = name
        self.n_threads = n_threads
        self.capacity = n_threads + queue_size
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix=name)
        self._admitted = 0
        self._lock = threading.Lock()
        self._mean_s = 1.0
        self._pipes: set[Callable[[], None]] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on a thread and wait for its result.

        A caller that is cancelled while the work waits takes it from the queue; work that runs is left to end.

        Raises
        ------
        Overloaded
            If the queue is full; ``retry_after_s`` is what emptying it takes at the usual pace.
        """
        self._admit()
        context = contextvars.copy_context()
        future = self._pool.submit(context.run, lambda: self._timed(function, *args, **kwargs))
        future.add_done_callback(self._release)
        return await asyncio.wrap_future(future)

    async def stream(
        self, generate: Callable[Concatenate[threading.Event, P], Iterator[T]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[T, None]:
        """Run a generator on a thread and yield what it yields, at most a few items ahead of the reader.

        Parameters
        ----------
        generate : callable
            Gets an event, ``cancelled``, before its arguments. It is set when the reader is gone, by `close`, by the
            cancellation of its task or by the task's end; the generator should look at it wherever it works for long
            without yielding, and is not asked for more once it is set.

        Raises
        ------
        Overloaded
            As `run`.
        """
        pipe: ThreadStream[T] = ThreadStream(asyncio.get_running_loop())
        reader = asyncio.current_task()
        if reader is not None:
            # A reader that is cancelled between two items leaves this generator suspended.
            reader.add_done_callback(pipe.cancel)
        self._pipes.add(pipe.cancel)
        work = asyncio.ensure_future(self.run(pipe.produce, generate, *args, **kwargs))
        work.add_done_callback(pipe.close)
        try:
            async for item in pipe:
                yield item
        finally:
            pipe.cancel()
            self._pipes.discard(pipe.cancel)
            if reader is not None:
                reader.remove_done_callback(pipe.cancel)

    def close(self) -> None:
        """Cancel what waits and tell every stream's generator to stop."""
        for cancel in tuple(self._pipes):
            cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _admit(self) -> None:
        with self._lock:
            if self._admitted >= self.capacity:
                WORK_REFUSED.labels(self.name).inc()
                waits_s = max(1.0, round(self._mean_s * self._admitted / self.n_threads, 1))
                raise Overloaded("Too much work is waiting already. Try again in a moment.", retry_after_s=waits_s)
            self._admitted += 1
            WORK_QUEUED.labels(self.name).set(self._admitted)

    def _release(self, _: Future[T]) -> None:
        with self._lock:
            self._admitted -= 1
            WORK_QUEUED.labels(self.name).set(self._admitted)

    def _timed(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        started_s = time.monotonic()
        try:
            return function(*args, **kwargs)
        finally:
            self._mean_s += _SMOOTHING * (time.monotonic() - started_s - self._mean_s)
