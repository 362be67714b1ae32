"""Decorators that make a function a durable workflow, or a step of one, by DBOS.

The names of workflows and steps, and the JSON that steps return, are stored in the database. They must not change: a
job that was interrupted before an update has to resume after it. A change that cannot keep them needs a new
`WORKFLOW_VERSION`.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar, get_type_hints

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig
from prometheus_client import Counter
from pydantic import TypeAdapter
from servicekit import logs
from servicekit.faults import Fault, Internal

from gateway.context import get_context
from gateway.domain.job_settings import JobSettings
from gateway.domain.jobs import Job, JobMethod, JobPiece, JobState
from gateway.domain.json_codec import from_json
from gateway.domain.problem import Problem, to_problem
from gateway.settings import Settings
from gateway.storage.rows import JobRow

P = ParamSpec("P")
T = TypeVar("T")
SettingsT = TypeVar("SettingsT", bound=JobSettings)

Flow = Callable[[Job[SettingsT]], Awaitable[list[JobPiece]]]
"""A function that does a job and returns its results."""

WORKFLOW_VERSION = "1"
"""DBOS resumes only jobs of its own version. Raise it with a change that running jobs would not survive."""

LISTEN_S = 1.0
"""Interval in seconds at which DBOS checks for messages to workflows. Ours send none; stopping takes as long."""

JOBS_ENDED = Counter("segue_jobs_ended", "Jobs that ended, by method and state.", ["method", "state"])

RECORDINGS = "recordings"
"""Field of a job's request that has the ids of those files that are recordings."""

INTERMEDIATES = "work"
"""First part of the keys of intermediate artifacts: ``work/{job_id}/{name}.mid``."""

WORKFLOWS: dict[JobMethod, Callable[[str], Coroutine[Any, Any, None]]] = {}
"""The workflow of each job method."""


def workflow(method: JobMethod, settings_type: type[SettingsT]) -> Callable[[Flow[SettingsT]], Flow[SettingsT]]:
    """Register a function as the workflow of a job method.

    The function gets the job and returns its results. While it runs it holds a slot; its result or error is written to
    the job's row.
    """

    def register(flow: Flow[SettingsT]) -> Flow[SettingsT]:
        @DBOS.workflow(name=method)
        async def run(job_id: str) -> None:
            context = get_context()
            async with context.job_slot(job_id, method):
                try:
                    if not await context.update_job(job_id, state=JobState.RUNNING.value, stage="Starting"):
                        return  # it was cancelled while it waited
                    results = await flow(_load_job(await context.repository.get_job(job_id), settings_type))
                    await _finish_job(job_id, method, JobState.SUCCEEDED, progress=1.0, stage="Done", results=results)
                except Exception as error:
                    await _finish_job(job_id, method, JobState.FAILED, stage="Failed", error=_problem(job_id, error))

        WORKFLOWS[method] = run
        return flow

    return register


def workflow_step(name: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Register a function as a step: DBOS stores its result, and does not repeat it when the workflow resumes.

    This is the one place where dataclasses meet what DBOS stores: a step's result is stored as plain JSON, and
    converted to the type that the function declares.
    """

    def register(function: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        codec: TypeAdapter[T] = TypeAdapter(get_type_hints(function)["return"])

        @DBOS.step(name=name)
        async def stored_step(*args: P.args, **kwargs: P.kwargs) -> object:
            result = await function(*args, **kwargs)
            return codec.dump_python(result, mode="json", by_alias=True, exclude_defaults=True)

        @functools.wraps(function)
        async def step(*args: P.args, **kwargs: P.kwargs) -> T:
            return codec.validate_python(await stored_step(*args, **kwargs))

        return step

    return register


def launch(settings: Settings, engine: sa.Engine) -> None:
    """Start DBOS on the gateway's database, in the event loop's thread; it resumes the jobs that this gateway left."""
    config: DBOSConfig = {
        "name": "segue",
        "system_database_engine": engine,
        "application_version": WORKFLOW_VERSION,
        "executor_id": settings.executor_id,
        "max_executor_threads": 16,
        "notification_listener_polling_interval_sec": LISTEN_S,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    # Its log lines go where all others go.
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True
    DBOS.launch()


def intermediate_key(job_id: str, name: str) -> str:
    """Return the key of an intermediate artifact of a job."""
    return f"{INTERMEDIATES}/{job_id}/{name}.mid"


def _load_job(row: JobRow, settings_type: type[SettingsT]) -> Job[SettingsT]:
    """Return the job of a row. A request never changes, so this is the same after a restart."""
    return Job(
        job_id=row.job_id,
        method=row.method,
        settings=from_json(settings_type, row.request),
        seed=int(row.request.get("seed", 0)),
        parents=row.parents,
        recording_ids=list(row.request.get(RECORDINGS, [])),
    )


def _problem(job_id: str, error: Exception) -> Problem:
    """Return why a job failed. An error that is not a fault is a bug, and only the log has it."""
    fault = error if isinstance(error, Fault) else Internal("a job failed")
    if fault.http_status == 500:
        logs.get_logger().error("job.broke", exc_info=error)
    return to_problem(fault, job_id[:16], f"/jobs/{job_id}")


async def _finish_job(job_id: str, method: JobMethod, state: JobState, **values: object) -> None:
    """Delete a job's intermediates, and write its final state unless it was cancelled before."""
    context = get_context()
    # What cannot be deleted now is swept later; it must not keep a job from ending.
    with contextlib.suppress(Exception):
        for key in await context.store.list(f"{INTERMEDIATES}/{job_id}/"):
            await context.store.delete(key)
    if await context.update_job(job_id, state=state.value, **values):
        JOBS_ENDED.labels(method, state.value).inc()
        logs.get_logger().info("job.ended", method=method, state=state.value)
