"""``POST /generate/...``: one route for each job method."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from gateway.accounts.rights import Rights
from gateway.api.dependencies import (
    ContextDep,
    IdempotencyDep,
    IdempotencyKey,
    JobsDep,
    RightsDep,
    SectionCacheDep,
    StyleCatalogDep,
    problems,
)
from gateway.api.job_requests import check_blend, check_generate, new_job, resolve_hybrid, to_request
from gateway.api.quota_headers import CallQuotas, CallQuotasDep
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_job
from gateway.api.schemas.fields import RequestModel
from gateway.api.schemas.requests import BlendRequest, GenerateRequest, HybridRequest, InterpolateRequest
from gateway.context import AppContext
from gateway.domain.jobs import JobMethod
from gateway.files import recordings
from gateway.storage import idempotency
from gateway.storage.idempotency import IdempotencyStore
from gateway.storage.rows import FileRow
from gateway.workflows.job_service import JobService
from gateway.workflows.parent_checks import check_meters
from gateway.workflows.steps import check_n_bars

_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"description": "Path of the job: `/jobs/{job_id}`.", "schema": {"type": "string"}}}}
}

ParentCheck = Callable[[list[FileRow]], Awaitable[None]]
"""Raises a fault for pieces that cannot be used as requested."""

router = APIRouter(prefix="/generate")


class JobSubmitter:
    """Submits jobs; a repeated call gets the same job."""

    def __init__(
        self,
        response: Response,
        rights: RightsDep,
        quotas: CallQuotasDep,
        context: ContextDep,
        jobs: JobsDep,
        idempotency_store: IdempotencyDep,
        idempotency_key: IdempotencyKey = None,
    ) -> None:
        self._response = response
        self._rights: Rights = rights
        self._quotas: CallQuotas = quotas
        self._context: AppContext = context
        self._jobs: JobService = jobs
        self._idempotency: IdempotencyStore = idempotency_store
        self._key = idempotency_key

    async def submit(
        self,
        method: JobMethod,
        body: RequestModel,
        file_ids: list[str] | None = None,
        check: ParentCheck | None = None,
    ) -> responses.Job:
        """Submit a job, or return the one that an earlier call with the same key submitted.

        Parameters
        ----------
        method : JobMethod
            What the job does.
        body : RequestModel
            The request.
        file_ids : list of str or None
            The pieces to blend.
        check : callable or None
            Checks these pieces; not called for a repeated call, whatever has become of them.
        """
        caller = self._rights.caller
        record = idempotency.new_record(f"/generate/{method}", self._key, body.to_json(), caller.key)
        async with self._idempotency.lock(record) as stored:
            if stored is not None:
                job = await self._rights.get_job(stored["job_id"])
            else:
                parents = await self._load_parents(file_ids or [])
                if check is not None:
                    await check(parents)
                await self._quotas.take_jobs()
                job = replace(new_job(method, to_request(body), parents), owner_id=caller.account_id)
                job = await self._jobs.submit(job, record)
        self._response.headers["Location"] = f"/jobs/{job.job_id}"
        return to_job(job)

    async def _load_parents(self, file_ids: list[str]) -> list[FileRow]:
        """Return the rows of the pieces to blend, and postpone their expiry."""
        rows = await self._rights.get_files(file_ids)
        expires_at_s = time.time() + self._context.settings.keep_days * 86400
        await self._context.repository.extend_expiry(recordings.include_transcriptions(rows), expires_at_s)
        return rows


SubmitterDep = Annotated[JobSubmitter, Depends()]


@router.post("/vae", status_code=202, responses=_ACCEPTED | problems(404, 409, 422, 429, 503, 507))
async def vae(body: BlendRequest, submitter: SubmitterDep, section_cache: SectionCacheDep) -> responses.Job:
    """Blend existing pieces. The job waits for recordings among them to be transcribed.

    \f

    Parameters
    ----------
    body : BlendRequest
        The pieces and the settings.
    submitter : JobSubmitter
        Submits the job.
    section_cache : SectionCache
        Sections of pieces.
    """

    async def check(parents: list[FileRow]) -> None:
        await check_blend(body, parents, section_cache)

    return await submitter.submit("vae", body, body.file_ids, check)


@router.post("/steps", status_code=202, responses=_ACCEPTED | problems(404, 409, 422, 429, 503, 507))
async def steps(body: InterpolateRequest, submitter: SubmitterDep) -> responses.Job:
    """Create several pieces on the way from one piece to another, evenly spaced, each with its `weight`."""

    async def check(parents: list[FileRow]) -> None:
        check_n_bars(parents)
        check_meters(parents, body.meter_policy)

    return await submitter.submit("steps", body, body.file_ids, check)


@router.post("/gan", status_code=202, responses=_ACCEPTED | problems(409, 422, 429, 503, 507))
async def gan(body: GenerateRequest, submitter: SubmitterDep, catalog: StyleCatalogDep) -> responses.Job:
    """Generate new pieces.

    \f

    Parameters
    ----------
    body : GenerateRequest
        The settings.
    submitter : JobSubmitter
        Submits the job.
    catalog : StyleCatalog
        The styles.
    """
    await check_generate(body, catalog)
    return await submitter.submit("gan", body)


@router.post("/hybrid", status_code=202, responses=_ACCEPTED | problems(409, 422, 429, 503, 507))
async def hybrid(body: HybridRequest, submitter: SubmitterDep, catalog: StyleCatalogDep) -> responses.Job:
    """Generate two pieces and blend them.

    \f

    Parameters
    ----------
    body : HybridRequest
        The settings.
    submitter : JobSubmitter
        Submits the job.
    catalog : StyleCatalog
        The styles.
    """
    return await submitter.submit("hybrid", await resolve_hybrid(body, catalog))
