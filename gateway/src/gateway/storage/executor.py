"""Blocking calls of files and databases, on threads of their own so that the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A few threads for short blocking calls; the calls beyond them wait.

    Parameters
    ----------
    name : str
        Prefix of the threads' names.
    count : int
        How many.
    """

    def __init__(self, name: str, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on a thread and wait for its result."""
        return await asyncio.wrap_future(self._pool.submit(function, *args, **kwargs))

    def close(self) -> None:
        """Wait for the calls under way, and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
