"""``POST /generate/...``: a job for each of the three methods."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Response

from gateway import promises, replies
from gateway.asks import Ask, BlendAsk, GenerateAsk, HybridAsk
from gateway.desk import Desk
from gateway.ids import draw_seed
from gateway.jobs import Jobs
from gateway.records import JobRecord, Json
from gateway.routes.parts import DeskPart, IdempotencyKey, JobsPart, StylesPart, problems

_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"description": "Where the job is: `/jobs/{job_id}`.", "schema": {"type": "string"}}}}
}

router = APIRouter(prefix="/generate")


@router.post("/vae", status_code=202, responses=_ACCEPTED | problems(404, 409, 422, 429, 503, 507))
async def vae(
    ask: BlendAsk, response: Response, desk: DeskPart, jobs: JobsPart, idempotency_key: IdempotencyKey = None
) -> replies.Job:
    """Blend pieces that were uploaded or generated before."""
    records = await desk.records.files(ask.file_ids)
    await desk.records.keep_until(ask.file_ids, time.time() + desk.settings.keep_days * 86400)
    parents = [{"file_id": record.file_id, "title": record.stem} for record in records]
    return await _open(desk, jobs, "vae", ask, parents, idempotency_key, response)


@router.post("/gan", status_code=202, responses=_ACCEPTED | problems(409, 422, 429, 503, 507))
async def gan(
    ask: GenerateAsk,
    response: Response,
    desk: DeskPart,
    jobs: JobsPart,
    styles: StylesPart,
    idempotency_key: IdempotencyKey = None,
) -> replies.Job:
    """Generate new pieces."""
    await styles.check([ask.style], ask.meter, ask.roles)
    return await _open(desk, jobs, "gan", ask, [], idempotency_key, response)


@router.post("/hybrid", status_code=202, responses=_ACCEPTED | problems(409, 422, 429, 503, 507))
async def hybrid(
    ask: HybridAsk,
    response: Response,
    desk: DeskPart,
    jobs: JobsPart,
    styles: StylesPart,
    idempotency_key: IdempotencyKey = None,
) -> replies.Job:
    """Generate two pieces and blend them."""
    await styles.check(ask.styles or [ask.style], ask.meter, ask.roles)
    return await _open(desk, jobs, "hybrid", ask, [], idempotency_key, response)


async def _open(
    desk: Desk, jobs: Jobs, method: str, ask: Ask, parents: list[Json], key: str | None, response: Response
) -> replies.Job:
    """Open a job, or find the one that the same call opened before."""
    promise = promises.promise(f"/generate/{method}", key, ask.facts())
    answer = await promises.kept(desk.records, promise)
    job: JobRecord
    if answer is not None:
        job = await desk.records.job(answer["job_id"])
    else:
        job = await jobs.submit(method, _request(method, ask), parents, promise)
    response.headers["Location"] = f"/jobs/{job.job_id}"
    return replies.job(job)


def _request(method: str, ask: Ask) -> Json:
    """Give what was asked, with what is drawn or meant where it is silent."""
    request = ask.facts()
    request.setdefault("seed", draw_seed())
    if method != "gan" and not request.keys() & {"weight", "curve", "shares"}:
        request["weight"] = 0.5
    return request
