"""Processes that share out a collection: Python moves one piece at a time on a core, so each core gets a process.

They start with the first collection and stay; a piece crosses to them and back as bytes.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing.process import BaseProcess

from servicekit.faults import NotReady

_ALLOCATIONS = 200_000
"""What is made between two searches for cycles."""

Work = Callable[[bytes], bytes]

_AHEAD = 4
"""Pieces of one collection under way for each process: enough that none waits for the next."""


class Crew:
    """Does one kind of work on bytes, in several processes.

    Parameters
    ----------
    work : callable
        A module's function, from bytes to bytes.
    processes : int
        How many work at once.
    """

    def __init__(self, work: Work, processes: int) -> None:
        self._work = work
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, items: AsyncIterator[bytes]) -> AsyncGenerator[bytes | Exception, None]:
        """Work on items as they come and give each one's result, or what was raised, in their order.

        Raises
        ------
        NotReady
            If a process died; the next collection gets new ones.
        """
        waiting: asyncio.Queue[asyncio.Future[bytes] | None] = asyncio.Queue(self._processes * _AHEAD)
        reader = asyncio.create_task(self._submit(items, waiting))
        try:
            while (future := await waiting.get()) is not None:
                yield await _outcome(future)
            await reader
        except BrokenExecutor as error:
            self.close()
            raise NotReady("A process that moves pieces has died. Try again in a moment.") from error
        finally:
            reader.cancel()
            while not waiting.empty():
                if (future := waiting.get_nowait()) is not None:
                    future.cancel()

    def close(self) -> None:
        """Stop the processes; what they are at is lost."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _submit(self, items: AsyncIterator[bytes], waiting: asyncio.Queue[asyncio.Future[bytes] | None]) -> None:
        try:
            async for item in items:
                await waiting.put(asyncio.wrap_future(self._started().submit(self._work, item)))
        except Exception:
            await waiting.put(None)
            raise
        await waiting.put(None)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Forking a process that has threads, as gRPC does, may lock up the child.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_begin)
        return self._pool


async def _outcome(future: asyncio.Future[bytes]) -> bytes | Exception:
    try:
        return await future
    except BrokenExecutor:
        raise
    except Exception as error:
        return error


def _begin() -> None:
    """Leave Ctrl-C to the service, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A piece is many thousands of tuples and no cycles: looking for these takes a tenth of the time.
    gc.set_threshold(_ALLOCATIONS)
    service = multiprocessing.parent_process()
    if service is not None:
        threading.Thread(target=_end_with, args=(service,), daemon=True).start()


def _end_with(service: BaseProcess) -> None:
    service.join()
    os._exit(0)
