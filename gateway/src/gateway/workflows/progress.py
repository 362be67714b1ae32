"""How a step of a job is done: its progress is written as it comes, and it ends when the job is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from servicekit.faults import Cancelled, Fault, Overloaded

from gateway import context as desks
from gateway.clients.service_clients import Report, patiently
from gateway.storage.repository import OPEN

BEAT_S = 0.25
"""Seconds between two looks at the job: a cancelled one ends within a second."""

Span = tuple[float, float]
"""From where to where a step brings its job's progress."""

T = TypeVar("T")


async def attend(job_id: str, stage: str, span: Span, work: Callable[[Report], Awaitable[T]]) -> T:
    """Do a step's work, again where a service was away, until it is done or the job is over.

    Parameters
    ----------
    job_id : str
        The job.
    stage : str
        What is being done, for people.
    span : (float, float)
        The job's progress at the step's beginning and at its end.
    work : callable
        Does it; given a function to which it tells its own fraction and stage. Doing it twice must do no harm.

    Raises
    ------
    Cancelled
        If the job was cancelled; the work has been cancelled too, with every call it had under way.
    """
    desk = desks.current()
    low, high = span
    reached: tuple[float, str] = (low, stage)

    def report(fraction: float, detail: str) -> None:
        nonlocal reached
        share = low + (high - low) * min(max(fraction, 0.0), 1.0)
        reached = (share, f"{stage}: {detail}" if detail else stage)

    def wait(away: Fault) -> None:
        nonlocal reached
        reached = (reached[0], f"{stage}: waiting for {_who(away)}")

    task = asyncio.ensure_future(patiently(lambda: work(report), desk.settings.patience_s, wait))
    try:
        written = None
        while not task.done():
            if not await _write(job_id, reached, written):
                raise Cancelled("The job was cancelled.")
            written = reached
            await asyncio.wait({task}, timeout=BEAT_S)
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


def _who(away: Fault) -> str:
    """Name what a step waits for."""
    if isinstance(away, Overloaded):
        return "its turn"
    return f"the {away.facts['service']} service" if "service" in away.facts else "a service that is starting"


async def _write(job_id: str, reached: tuple[float, str], written: tuple[float, str] | None) -> bool:
    """Write a job's progress where it has changed; False if the job is over."""
    desk = desks.current()
    if reached == written:
        return (await desk.records.job(job_id)).state in OPEN
    return await desk.change_job(job_id, progress=reached[0], stage=reached[1])
