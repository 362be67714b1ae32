"""What makes a function of `flow` a job: DBOS remembers it, it waits its turn, and its end is written."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig
from prometheus_client import Counter
from servicekit import logs
from servicekit.faults import Fault, Internal

from gateway import context as desks
from gateway.api import problems
from gateway.settings import Settings
from gateway.storage.repository import JobRecord, Json

Flow = Callable[[str, Json], Awaitable[list[Json]]]
Workflow = Callable[[str], Coroutine[Any, Any, None]]

VERSION = "1"
"""Of the flows. DBOS takes up only jobs of its own version: raised when a change would derail a running job."""

LISTEN_S = 1.0
"""Seconds between DBOS's looks for messages to workflows. Ours send none; stopping takes as long."""

JOBS_ENDED = Counter("segue_jobs_ended", "Jobs that ended, by method and state.", ["method", "state"])

RECORDINGS = "recordings"
"""In a job's request: which of its files are recordings."""

_NO_SETTINGS = {"file_ids", "seed", RECORDINGS}

FLOWS: dict[str, Workflow] = {}
"""Every durable function by its method."""


def durable(method: str) -> Callable[[Flow], Flow]:
    """Register a flow as what a method does.

    The function gets the job's id and what was asked (``method``, ``settings``, ``seed``, ``recordings`` and, for a
    blend, ``parents``), and gives the results, each with ``file_id`` and ``title``.
    """

    def register(flow: Flow) -> Flow:
        @DBOS.workflow(name=method)
        async def run(job_id: str) -> None:
            desk = desks.current()
            async with desk.turn(job_id, method):
                try:
                    await desk.change_job(job_id, state="running", stage="Starting")
                    results = await flow(job_id, _ask(await desk.records.job(job_id)))
                    await _end(job_id, method, state="succeeded", progress=1.0, stage="Done", results=results)
                except Exception as error:
                    await _end(job_id, method, state="failed", stage="Failed", error=_problem(job_id, error))

        FLOWS[method] = run
        return flow

    return register


def launch(settings: Settings, engine: sa.Engine) -> None:
    """Start DBOS on the gateway's database; it takes up the jobs that this gateway left. In the event loop's thread."""
    config: DBOSConfig = {
        "name": "segue",
        "system_database_engine": engine,
        "application_version": VERSION,
        "executor_id": settings.executor_id,
        "max_executor_threads": 16,
        "notification_listener_polling_interval_sec": LISTEN_S,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    # Its lines go where all lines go.
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True
    DBOS.launch()


def _ask(job: JobRecord) -> Json:
    """Write what was asked as the flows read it; a request never changes, so this is the same each time."""
    return {
        "method": job.method,
        "settings": {name: value for name, value in job.request.items() if name not in _NO_SETTINGS},
        "seed": job.request.get("seed", 0),
        "recordings": job.request.get(RECORDINGS, []),
        "parents": job.parents,
    }


def _problem(job_id: str, error: Exception) -> Json:
    """Write why a job failed; what is no fault is a bug, and stays in the log."""
    fault = error if isinstance(error, Fault) else Internal("a job failed")
    if fault.http_status == 500:
        logs.get_logger().error("job.broke", exc_info=error)
    return problems.document(fault, job_id[:16], f"/jobs/{job_id}").model_dump(mode="json", exclude_none=True)


async def _end(job_id: str, method: str, **values: object) -> None:
    """Clear away what a job had put aside, and write its end unless it was cancelled before."""
    desk = desks.current()
    # What is left lying is swept later; it must not keep a job from ending.
    with contextlib.suppress(Exception):
        for key in await desk.store.list(f"work/{job_id}/"):
            await desk.store.remove(key)
    if await desk.change_job(job_id, **values):
        JOBS_ENDED.labels(method, values["state"]).inc()
        logs.get_logger().info("job.ended", method=method, state=values["state"])
