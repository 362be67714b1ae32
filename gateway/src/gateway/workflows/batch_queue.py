"""The durable queue of batch jobs.

A single job starts at once and waits for one of the gateway's job slots. The jobs of batches wait in a queue of DBOS
instead: of each gateway they take all job slots but one, so that a batch of any size leaves one for everybody else's
single jobs. The first jobs of all batches come before the second ones, and so on: batches take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from gateway.settings import Settings

QUEUE = "batches"

POLL_INTERVAL_S = 0.5
"""Seconds after which a free place in the queue is noticed at the latest."""

_ENQUEUED = "ENQUEUED"


async def register(settings: Settings) -> None:
    """Declare the queue, once DBOS is running."""
    await DBOS.register_queue_async(
        QUEUE,
        worker_concurrency=max(1, settings.jobs_at_once - 1),
        polling_interval_sec=POLL_INTERVAL_S,
        on_conflict="always_update",
    )


async def enqueue(run: Callable[[str], Coroutine[Any, Any, None]], job_id: str, position: int) -> None:
    """Put a job into the queue; a job that is in it already stays where it is.

    Parameters
    ----------
    run : callable
        The workflow of the job's method.
    job_id : str
        Id of the job.
    position : int
        Its place in its batch, from 0.
    """
    with SetWorkflowID(job_id), SetEnqueueOptions(priority=position + 1):
        await DBOS.enqueue_workflow_async(QUEUE, run, job_id)


async def remove(job_ids: list[str]) -> None:
    """Take those jobs out of the queue that have not begun."""
    waiting = await DBOS.list_workflows_async(workflow_ids=job_ids, status=_ENQUEUED, load_input=False)
    if waiting:
        await DBOS.cancel_workflows_async([workflow.workflow_id for workflow in waiting])
