"""``/jobs/{id}``: how far a job is, once or as it goes, and its end before its time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from gateway.api.dependencies import DeskPart, JobId, JobsPart, problems
from gateway.api.schemas import responses
from gateway.storage.repository import JobRecord
from gateway.workflows.job_service import Jobs

HEARTBEAT_S = 10.0
"""Seconds of silence after which a comment is sent: proxies and browsers give up on silent streams."""

router = APIRouter(prefix="/jobs/{job_id}")


@router.get("", responses=problems(404))
async def get(job_id: JobId, desk: DeskPart) -> responses.Job:
    """Tell how far a job is."""
    return responses.job(await desk.records.job(job_id))


@router.delete("", status_code=202, responses=problems(404, 409))
async def cancel(job_id: JobId, jobs: JobsPart) -> responses.Job:
    """Cancel a job."""
    return responses.job(await jobs.cancel(job_id))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events named `job` at each change, and `end` with the last; the data is the Job.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "The event after which was asked was the last."},
        **problems(404),
    },
)
async def events(
    job_id: JobId,
    desk: DeskPart,
    jobs: JobsPart,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=40)] = None,
) -> Response:
    """Watch a job by server-sent events; `Last-Event-ID` goes on where a stream broke off."""
    seen = int(last_event_id) if last_event_id and last_event_id.isdecimal() else 0
    job = await desk.records.job(job_id)
    if job.is_over and seen >= job.version:
        # By the standard, what tells an EventSource not to come back.
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(jobs, job_id, seen), headers=headers, media_type="text/event-stream")


async def _stream(jobs: Jobs, job_id: str, seen: int) -> AsyncIterator[str]:
    """Write a job's changes as events, with heartbeats between them."""
    yield "retry: 1000\n\n"
    async for job in jobs.watch(job_id, seen, HEARTBEAT_S):
        yield _event(job) if job is not None else ": still here\n\n"


def _event(job: JobRecord) -> str:
    name = "end" if job.is_over else "job"
    return f"id: {job.version}\nevent: {name}\ndata: {responses.job(job).model_dump_json()}\n\n"
