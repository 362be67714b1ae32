"""``/jobs/{id}``: the state of a job, once or as a stream of events; cancelling it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from gateway.accounts.rights import Rights
from gateway.api.dependencies import ContextDep, JobId, JobsDep, RightsDep, problems
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_job
from gateway.context import AppContext
from gateway.storage.rows import JobRow
from gateway.workflows.job_watch import watch_job

HEARTBEAT_S = 10.0
"""Seconds without a change after which a comment is sent: proxies and browsers close silent streams."""

router = APIRouter(prefix="/jobs/{job_id}")


@router.get("", responses=problems(404))
async def get(job_id: JobId, rights: RightsDep) -> responses.Job:
    """Return the state of a job."""
    return to_job(await rights.get_job(job_id))


@router.delete("", status_code=202, responses=problems(404, 409))
async def cancel(job_id: JobId, rights: RightsDep, jobs: JobsDep) -> responses.Job:
    """Cancel a job."""
    await jobs.cancel((await rights.get_job(job_id)).job_id)
    return to_job(await rights.get_job(job_id))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events named `job` at each change, and `end` with the last; the data is the Job.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "The job is finished, and `Last-Event-ID` is the id of its last event."},
        **problems(404),
    },
)
async def events(
    job_id: JobId,
    rights: RightsDep,
    context: ContextDep,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=40)] = None,
) -> Response:
    """Watch a job by server-sent events; `Last-Event-ID` resumes an interrupted stream.

    \f

    Parameters
    ----------
    job_id : str
        Id of the job.
    rights : Rights
        What exists for the caller.
    context : AppContext
        The application context.
    last_event_id : str or None
        Id of the last event that the client has seen.
    """
    seen_version = int(last_event_id) if last_event_id and last_event_id.isdecimal() else 0
    job = await rights.get_job(job_id)
    if job.is_finished and seen_version >= job.version:
        # By the standard, an EventSource does not reconnect after this status.
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _stream(context, rights, job_id, seen_version), headers=headers, media_type="text/event-stream"
    )


async def _stream(context: AppContext, rights: Rights, job_id: str, seen_version: int) -> AsyncIterator[str]:
    """Yield a job's changes as events, with heartbeats between them.

    Parameters
    ----------
    context : AppContext
        The application context.
    rights : Rights
        What exists for the caller.
    job_id : str
        Id of the job.
    seen_version : int
        The version that the client has seen.
    """
    yield "retry: 1000\n\n"
    async for job in watch_job(context, job_id, seen_version, HEARTBEAT_S):
        yield _event(*await rights.visible_jobs([job])) if job is not None else ": still here\n\n"


def _event(job: JobRow) -> str:
    name = "end" if job.is_finished else "job"
    return f"id: {job.version}\nevent: {name}\ndata: {to_job(job).model_dump_json()}\n\n"
