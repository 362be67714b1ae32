"""A process pool that maps a function over a stream and keeps the order.

One Python process transposes one piece at a time, so a collection is divided among several processes. They start with
the first collection and remain; pieces cross to them and back as bytes.
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

_GC_THRESHOLD = 200_000
"""Number of allocations between two runs of the cyclic garbage collector."""

_MAX_PENDING_PER_PROCESS = 4
"""Pending items for each process: enough that no process waits for the next item."""

_PendingResults = asyncio.Queue[asyncio.Future[bytes] | None]


class OrderedProcessPool:
    """Applies one function to bytes in several processes.

    Parameters
    ----------
    function : callable
        From bytes to bytes; defined at the top level of a module.
    n_processes : int
        Number of processes.
    """

    def __init__(self, function: Callable[[bytes], bytes], n_processes: int) -> None:
        self._function = function
        self._n_processes = n_processes
        self._executor: ProcessPoolExecutor | None = None

    async def map(self, items: AsyncIterator[bytes]) -> AsyncGenerator[bytes | Exception, None]:
        """Apply the function to items as they arrive.

        Yields
        ------
        bytes or Exception
            The result of each item, or the exception that it raised, in the order of the items.

        Raises
        ------
        NotReady
            If a process died; the next collection gets new processes.
        """
        pending: _PendingResults = asyncio.Queue(self._n_processes * _MAX_PENDING_PER_PROCESS)
        submission = asyncio.create_task(self._submit(items, pending))
        try:
            while (future := await pending.get()) is not None:
                yield await _result_or_exception(future)
            await submission
        except BrokenExecutor as error:
            self.close()
            raise NotReady("A process that transposes pieces has died. Try again in a moment.") from error
        finally:
            submission.cancel()
            while not pending.empty():
                if (future := pending.get_nowait()) is not None:
                    future.cancel()

    def close(self) -> None:
        """Stop the processes; unfinished results are lost."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    async def _submit(self, items: AsyncIterator[bytes], pending: _PendingResults) -> None:
        """Submit all items and queue their results; None ends the queue."""
        try:
            async for item in items:
                await pending.put(asyncio.wrap_future(self._started_executor().submit(self._function, item)))
        except Exception:
            await pending.put(None)
            raise
        await pending.put(None)

    def _started_executor(self) -> ProcessPoolExecutor:
        if self._executor is None:
            # Forking a process that has threads, as gRPC does, can deadlock the child.
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self._n_processes, mp_context=context, initializer=_init_process)
        return self._executor


async def _result_or_exception(future: asyncio.Future[bytes]) -> bytes | Exception:
    try:
        return await future
    except BrokenExecutor:
        raise
    except Exception as error:
        return error


def _init_process() -> None:
    """Leave Ctrl-C to the service, and exit when the service exits, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A piece consists of many thousands of tuples without cycles: searching for cycles takes a tenth of the time.
    gc.set_threshold(_GC_THRESHOLD)
    service = multiprocessing.parent_process()
    if service is not None:
        threading.Thread(target=_exit_with, args=(service,), daemon=True).start()


def _exit_with(service: BaseProcess) -> None:
    service.join()
    os._exit(0)
