"""``POST /generate/...``: a job for each of the methods."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from gateway.api.dependencies import (
    DeskPart,
    IdempotencyKey,
    JobsPart,
    PromisesPart,
    SectionsPart,
    StylesPart,
    problems,
)
from gateway.api.schemas import responses
from gateway.api.schemas.requests import Ask, BlendAsk, GenerateAsk, HybridAsk, StepsAsk
from gateway.context import Desk
from gateway.files import recordings
from gateway.ids import draw_seed
from gateway.storage import idempotency
from gateway.storage.idempotency import Promises
from gateway.storage.repository import FileRecord, JobRecord, Json
from gateway.workflows.job_service import Jobs
from gateway.workflows.steps import check_bars
from gateway.workflows.workflow import RECORDINGS

_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"description": "Where the job is: `/jobs/{job_id}`.", "schema": {"type": "string"}}}}
}

Check = Callable[[list[FileRecord]], Awaitable[None]]
"""Refuses pieces that cannot be what is asked of them."""

router = APIRouter(prefix="/generate")


class JobCounter:
    """Where jobs are asked for: the same call, sent again, gets the same job."""

    def __init__(
        self,
        response: Response,
        desk: DeskPart,
        jobs: JobsPart,
        answers: PromisesPart,
        idempotency_key: IdempotencyKey = None,
    ) -> None:
        self._response = response
        self._desk: Desk = desk
        self._jobs: Jobs = jobs
        self._answers: Promises = answers
        self._key = idempotency_key

    async def job(
        self, method: str, ask: Ask, file_ids: list[str] | None = None, check: Check | None = None
    ) -> responses.Job:
        """Open a job, or find the one that the same call opened before, whatever has become of its pieces."""
        promise = idempotency.promise(f"/generate/{method}", self._key, ask.facts())
        async with self._answers.turn(promise) as answer:
            if answer is not None:
                job = await self._desk.records.job(answer["job_id"])
            else:
                parents = await self._take(file_ids or [])
                if check is not None:
                    await check(parents)
                request = _request(method, ask, parents)
                titled = [{"file_id": parent.file_id, "title": parent.stem} for parent in parents]
                job = await self._jobs.submit(method, request, titled, promise)
        return self._reply(job)

    async def _take(self, file_ids: list[str]) -> list[FileRecord]:
        """Find the pieces to blend, and see that they do not expire meanwhile."""
        records = await self._desk.records.files(file_ids)
        until_s = time.time() + self._desk.settings.keep_days * 86400
        await self._desk.records.keep_until(recordings.with_transcriptions(records), until_s)
        return records

    def _reply(self, job: JobRecord) -> responses.Job:
        self._response.headers["Location"] = f"/jobs/{job.job_id}"
        return responses.job(job)


CounterPart = Annotated[JobCounter, Depends()]


@router.post("/vae", status_code=202, responses=_ACCEPTED | problems(404, 409, 422, 429, 503, 507))
async def vae(ask: BlendAsk, counter: CounterPart, sections: SectionsPart) -> responses.Job:
    """Blend pieces that exist. A recording among them is waited for until it is written down."""
    return await counter.job("vae", ask, ask.file_ids, lambda parents: sections.check(parents[0], ask.section_labels))


@router.post("/steps", status_code=202, responses=_ACCEPTED | problems(404, 409, 422, 429, 503, 507))
async def steps(ask: StepsAsk, counter: CounterPart) -> responses.Job:
    """Make several pieces at once on the way from one to another, evenly spaced, each with its `weight`."""
    return await counter.job("steps", ask, ask.file_ids, _short_enough)


@router.post("/gan", status_code=202, responses=_ACCEPTED | problems(409, 422, 429, 503, 507))
async def gan(ask: GenerateAsk, counter: CounterPart, styles: StylesPart) -> responses.Job:
    """Generate new pieces."""
    await styles.check([ask.style], ask.meter, ask.roles)
    return await counter.job("gan", ask)


@router.post("/hybrid", status_code=202, responses=_ACCEPTED | problems(409, 422, 429, 503, 507))
async def hybrid(ask: HybridAsk, counter: CounterPart, styles: StylesPart) -> responses.Job:
    """Generate two pieces and blend them."""
    await styles.check(ask.styles or [ask.style], ask.meter, ask.roles)
    if ask.styles is not None and ask.meter is None:
        ask = ask.model_copy(update={"meter": await styles.shared_meter(ask.styles)})
    return await counter.job("hybrid", ask)


async def _short_enough(parents: list[FileRecord]) -> None:
    check_bars(parents)


def _request(method: str, ask: Ask, parents: list[FileRecord]) -> Json:
    """Give what was asked, with what is drawn or meant where it is silent, and which of the pieces are recordings."""
    request = ask.facts()
    request.setdefault("seed", draw_seed())
    if method in {"vae", "hybrid"} and not request.keys() & {"weight", "curve", "shares"}:
        request["weight"] = 0.5
    if heard := [parent.file_id for parent in parents if parent.is_recording]:
        request[RECORDINGS] = heard
    return request
