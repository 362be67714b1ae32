"""A thread pool for blocking calls of files and databases, so that the event loop never blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class BlockingExecutor:
    """A few threads for short blocking calls; further calls wait in a queue.

    Parameters
    ----------
    name : str
        Prefix of the threads' names.
    n_threads : int
        Number of threads.
    """

    def __init__(self, name: str, n_threads: int) -> None:
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on a thread and return its result.

        Parameters
        ----------
        function : callable
            The blocking function.
        *args, **kwargs
            Its arguments.
        """
        return await asyncio.wrap_future(self._pool.submit(function, *args, **kwargs))

    def close(self) -> None:
        """Wait for the running calls, and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
