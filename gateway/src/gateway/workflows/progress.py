"""Runs the work of a step: reports its progress, retries it, and ends it when the job is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from servicekit.faults import Cancelled, Fault, Overloaded

from gateway.clients.retry import retry_unavailable
from gateway.clients.service_clients import ProgressCallback
from gateway.context import get_context
from gateway.domain.jobs import ACTIVE_STATES

POLL_INTERVAL_S = 0.25
"""Seconds between two checks of the job's state: a cancelled job ends within a second."""

T = TypeVar("T")


@dataclass(frozen=True)
class ProgressRange:
    """The part of a job's progress, 0 to 1, that a step covers."""

    start: float
    end: float

    def part(self, index: int, n_parts: int) -> ProgressRange:
        """Return one of several equal parts."""
        width = (self.end - self.start) / n_parts
        return ProgressRange(self.start + index * width, self.start + (index + 1) * width)

    def from_part(self, index: int, n_parts: int) -> ProgressRange:
        """Return everything from one of several equal parts on."""
        return ProgressRange(self.part(index, n_parts).start, self.end)

    def at(self, fraction: float) -> float:
        """Return the job's progress at a fraction of this range; fractions outside 0 to 1 are clamped."""
        return self.start + (self.end - self.start) * min(max(fraction, 0.0), 1.0)


FULL_RANGE = ProgressRange(0.0, 1.0)


async def run_with_progress(
    job_id: str, stage: str, progress: ProgressRange, work: Callable[[ProgressCallback], Awaitable[T]]
) -> T:
    """Run a step, retrying while its service is unavailable, until it finishes or the job is cancelled.

    Parameters
    ----------
    job_id : str
        Id of the job.
    stage : str
        What is being done, for people.
    progress : ProgressRange
        The job's progress at the start and at the end of the step.
    work : callable
        Does the work; it is given a callback for its own fraction and stage. Repeating it must be harmless.

    Raises
    ------
    Cancelled
        If the job was cancelled. The work has been cancelled too, with all its running calls.
    """
    reached: tuple[float, str] = (progress.start, stage)

    def report(fraction: float, detail: str) -> None:
        nonlocal reached
        reached = (progress.at(fraction), f"{stage}: {detail}" if detail else stage)

    def on_retry(fault: Fault) -> None:
        nonlocal reached
        reached = (reached[0], f"{stage}: waiting for {_unavailable_name(fault)}")

    patience_s = get_context().settings.patience_s
    task = asyncio.ensure_future(retry_unavailable(lambda: work(report), patience_s, on_retry))
    try:
        written = None
        while not task.done():
            if not await _write(job_id, reached, written):
                raise Cancelled("The job was cancelled.")
            written = reached
            await asyncio.wait({task}, timeout=POLL_INTERVAL_S)
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


def _unavailable_name(fault: Fault) -> str:
    """Return what a step waits for, for people."""
    if isinstance(fault, Overloaded):
        return "its turn"
    return f"the {fault.facts['service']} service" if "service" in fault.facts else "a service that is starting"


async def _write(job_id: str, reached: tuple[float, str], written: tuple[float, str] | None) -> bool:
    """Write a job's progress if it changed; return False if the job is finished."""
    context = get_context()
    if reached == written:
        return (await context.repository.get_job(job_id)).state in ACTIVE_STATES
    return await context.update_job(job_id, progress=reached[0], stage=reached[1])
