"""Worker: blocking functions on a few threads behind a bounded queue.

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
"""Weight of the newest duration in the moving average from which ``retry_after_s`` is computed."""


class Worker:
    """Runs functions on threads, and refuses work when its queue is full.

    Parameters
    ----------
    name : str
        Label of its metrics and prefix of its thread names.
    n_threads : int
        Number of functions that run at once. Use 1 for libraries that are not thread-safe.
    queue_size : int
        Number of further functions that may wait. Beyond that, work is refused with `Overloaded`.
    """

    def __init__(self, name: str, n_threads: int, queue_size: int) -> None:
        self.name = name
        self.n_threads = n_threads
        self.capacity = n_threads + queue_size
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix=name)
        self._admitted = 0
        self._lock = threading.Lock()
        self._mean_s = 1.0
        self._stream_cancels: set[Callable[[], None]] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on a thread and return its result.

        If the caller is cancelled while the work waits, the work is removed from the queue; running work finishes.

        Parameters
        ----------
        function : callable
        *args, **kwargs
            Arguments of ``function``.

        Raises
        ------
        Overloaded
            If the queue is full; ``retry_after_s`` estimates the time until it is empty.

        Examples
        --------
        >>> worker = Worker("example", n_threads=1, queue_size=1)
        >>> asyncio.run(worker.run(divmod, 17, 5))
        (3, 2)
        >>> worker.close()
        """
        self._admit()
        context = contextvars.copy_context()
        future = self._pool.submit(context.run, lambda: self._timed(function, *args, **kwargs))
        future.add_done_callback(self._release)
        return await asyncio.wrap_future(future)

    async def stream(
        self, generate: Callable[Concatenate[threading.Event, P], Iterator[T]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[T, None]:
        """Run a generator on a thread and yield its items, at most a few items ahead of the reader.

        Parameters
        ----------
        generate : callable
            Called with an event, ``cancelled``, before its arguments. The event is set when the reader is gone: by
            `close`, or by the end or cancellation of the reader's task. The generator should check it wherever it works
            for long without yielding; once it is set, no more items are requested.
        *args, **kwargs
            Further arguments of ``generate``.

        Raises
        ------
        Overloaded
            As `run`.
        """
        stream: ThreadStream[T] = ThreadStream(asyncio.get_running_loop())
        reader = asyncio.current_task()
        if reader is not None:
            # If the reader is cancelled between two items, this generator stays suspended and `finally` does not run.
            reader.add_done_callback(stream.cancel)
        self._stream_cancels.add(stream.cancel)
        work = asyncio.ensure_future(self.run(stream.produce, generate, *args, **kwargs))
        work.add_done_callback(stream.close)
        try:
            async for item in stream:
                yield item
        finally:
            stream.cancel()
            self._stream_cancels.discard(stream.cancel)
            if reader is not None:
                reader.remove_done_callback(stream.cancel)

    def close(self) -> None:
        """Cancel waiting work and request the generators of all streams to stop."""
        for cancel in tuple(self._stream_cancels):
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
