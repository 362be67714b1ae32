"""Watches a job: yields its row at each change, until it is finished."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator

from gateway.context import AppContext
from gateway.storage.rows import JobRow

_POLL_INTERVAL_S = 1.0
"""Seconds between two reads of a watched job: another gateway may have changed it."""


async def watch_job(
    context: AppContext, job_id: str, after_version: int = 0, heartbeat_s: float = math.inf
) -> AsyncGenerator[JobRow | None, None]:
    """Yield a job at each change after a version of it; the last is its final state.

    Parameters
    ----------
    context : AppContext
        The repository and the notifier.
    job_id : str
        Id of the job.
    after_version : int
        The version that the caller has seen.
    heartbeat_s : float
        None is yielded after so many seconds without a change.

    Raises
    ------
    NotFound
        If there is no such job.
    """
    loop = asyncio.get_running_loop()
    unchanged_since_s = loop.time()
    while True:
        change = context.notifier.subscribe()
        job = await context.repository.get_job(job_id)
        if job.version > after_version:
            after_version, unchanged_since_s = job.version, loop.time()
            yield job
        elif loop.time() - unchanged_since_s >= heartbeat_s:
            unchanged_since_s = loop.time()
            yield None
        if job.is_finished:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(change.wait(), min(_POLL_INTERVAL_S, heartbeat_s))
