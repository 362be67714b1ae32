"""``/batches``: several jobs requested at once, each watched by itself, all stopped together."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Response
from fastapi.responses import StreamingResponse
from servicekit.faults import Fault

from gateway.accounts.rights import Rights
from gateway.api.dependencies import (
    BatchesDep,
    CallerDep,
    ContextDep,
    IdempotencyDep,
    IdempotencyKey,
    RightsDep,
    SectionCacheDep,
    StyleCatalogDep,
    problems,
)
from gateway.api.job_requests import check_blend, check_generate, new_job, resolve_hybrid, to_request
from gateway.api.quota_headers import CallQuotasDep
from gateway.api.routes.jobs import HEARTBEAT_S
from gateway.api.schemas import batches as schemas
from gateway.api.schemas.conversions import to_batch, to_batch_summary, to_job
from gateway.batches.batch_service import Batch, BatchService
from gateway.domain.problem import MultipleFaults
from gateway.files import recordings
from gateway.storage import idempotency
from gateway.storage.rows import FileRow, JobRow

_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"description": "Path: `/batches/{batch_id}`.", "schema": {"type": "string"}}}}
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "First an event named `batch`: the Batch. Then one named `item` at each change of a job: its "
        "BatchItem. Last, one named `end`: the Batch.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "The batch is finished, and `Last-Event-ID` is the id of its last event."},
}
_LONGEST_LIST = 50

BatchId = Annotated[str, Path(description="Id of a batch.")]

router = APIRouter(prefix="/batches")


class ItemPreparer:
    """Turns the items of a batch into jobs, after the checks that single jobs have."""

    def __init__(
        self, context: ContextDep, rights: RightsDep, section_cache: SectionCacheDep, catalog: StyleCatalogDep
    ) -> None:
        self._context = context
        self._rights = rights
        self._section_cache = section_cache
        self._catalog = catalog

    async def prepare(self, items: list[schemas.Item]) -> list[JobRow]:
        """Return the jobs of all items; nothing is stored.

        Raises
        ------
        MultipleFaults
            If items are wrong: each by its number.
        """
        jobs: list[JobRow] = []
        errors: list[tuple[str, Fault]] = []
        for index, item in enumerate(items):
            try:
                jobs.append(await self._prepare(item))
            except Fault as fault:
                if fault.http_status == 429 or fault.http_status >= 500:
                    raise  # nothing is wrong with the item
                errors.append((f"items.{index}", fault))
        owner_id = self._rights.caller.account_id
        if errors:
            message = "; ".join(f"{name}: {fault.message}" for name, fault in errors[:3])
            raise MultipleFaults(message, errors)
        return [replace(job, owner_id=owner_id) for job in jobs]

    async def _prepare(self, item: schemas.Item) -> JobRow:
        parents: list[FileRow] = []
        if isinstance(item, schemas.BlendItem):
            parents = await self._rights.get_files(item.file_ids)
            await check_blend(item, parents, self._section_cache)
            await self._extend_expiry(parents)
        elif isinstance(item, schemas.HybridItem):
            resolved = await resolve_hybrid(item, self._catalog)
            return new_job("hybrid", to_request(resolved), [])
        else:
            await check_generate(item, self._catalog)
        return new_job(item.method, to_request(item), parents)

    async def _extend_expiry(self, parents: list[FileRow]) -> None:
        expires_at_s = time.time() + self._context.settings.keep_days * 86400
        await self._context.repository.extend_expiry(recordings.include_transcriptions(parents), expires_at_s)


@router.post("", status_code=202, responses=_ACCEPTED | problems(404, 409, 422, 429, 503, 507))
async def create(
    body: schemas.BatchRequest,
    response: Response,
    rights: RightsDep,
    quotas: CallQuotasDep,
    preparer: Annotated[ItemPreparer, Depends()],
    batches: BatchesDep,
    idempotency_store: IdempotencyDep,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Batch:
    """Start several jobs at once. They take turns with other batches, and never keep a single job waiting.

    \f

    Parameters
    ----------
    body : BatchRequest
        The pieces to make.
    response : Response
        The response.
    rights : Rights
        What exists for the caller.
    quotas : CallQuotas
        What the caller may start.
    preparer : ItemPreparer
        Checks the items.
    batches : BatchService
        Starts the jobs.
    idempotency_store : IdempotencyStore
        Responses of earlier calls.
    idempotency_key : str or None
        The client's name for this call.
    """
    caller = rights.caller
    record = idempotency.new_record("/batches", idempotency_key, body.to_json(), caller.key)
    async with idempotency_store.lock(record) as stored:
        if stored is not None:
            batch = await _visible(rights, await batches.get(stored["batch_id"], caller.account_id))
        else:
            jobs = await preparer.prepare(body.to_items())
            await quotas.take_jobs(len(jobs))
            batch = await batches.create(body.title or _default_title(len(jobs)), jobs, caller.account_id, record)
    response.headers["Location"] = f"/batches/{batch.row.batch_id}"
    return to_batch(batch)


@router.get("")
async def list_batches(caller: CallerDep, batches: BatchesDep) -> schemas.Batches:
    """List the newest batches of the caller's account."""
    found = await batches.list_newest(caller.account_id, _LONGEST_LIST)
    return schemas.Batches(batches=[to_batch_summary(row, counts) for row, counts in found])


@router.get("/{batch_id}", responses=problems(404))
async def get(batch_id: BatchId, rights: RightsDep, batches: BatchesDep) -> schemas.Batch:
    """Return a batch: the state and the results of each of its jobs."""
    return to_batch(await _visible(rights, await batches.get(batch_id, rights.caller.account_id)))


@router.delete("/{batch_id}", status_code=202, responses=problems(404))
async def stop(batch_id: BatchId, rights: RightsDep, batches: BatchesDep) -> schemas.Batch:
    """Stop a batch: what is not finished is cancelled, and the results that there are stay."""
    batch = await batches.get(batch_id, rights.caller.account_id)
    return to_batch(await _visible(rights, await batches.stop(batch)))


@router.get("/{batch_id}/events", response_class=StreamingResponse, responses=_EVENTS | problems(404))
async def events(
    batch_id: BatchId,
    rights: RightsDep,
    batches: BatchesDep,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=40)] = None,
) -> Response:
    """Watch a batch by server-sent events. After an interruption the stream begins with the whole batch again.

    \f

    Parameters
    ----------
    batch_id : str
        Id of the batch.
    rights : Rights
        What exists for the caller.
    batches : BatchService
        Watches the batch.
    last_event_id : str or None
        Id of the last event that the client has seen.
    """
    batch = await batches.get(batch_id, rights.caller.account_id)
    if batch.is_finished and last_event_id == str(batch.version):
        # By the standard, an EventSource does not reconnect after this status.
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(rights, batches, batch), headers=headers, media_type="text/event-stream")


async def _stream(rights: Rights, batches: BatchService, watched: Batch) -> AsyncIterator[str]:
    """Yield the whole batch, then each job that changes, with heartbeats between them.

    Parameters
    ----------
    rights : Rights
        What exists for the caller.
    batches : BatchService
        Watches the batch.
    watched : Batch
        The batch.
    """
    yield "retry: 1000\n\n"
    is_first = True
    async for change in batches.watch(watched.row, HEARTBEAT_S):
        if change is None:
            yield ": still here\n\n"
            continue
        batch, changed = await _visible(rights, change[0]), change[1]
        if is_first and not batch.is_finished:
            yield _event("batch", batch, to_batch(batch).model_dump_json())
        for index in [] if is_first else changed:
            item = schemas.BatchItem(index=index, job=to_job(batch.jobs[index]))
            yield _event("item", batch, item.model_dump_json())
        if batch.is_finished:
            yield _event("end", batch, to_batch(batch).model_dump_json())
        is_first = False


async def _visible(rights: Rights, batch: Batch) -> Batch:
    """Return a batch without the ids of pieces that are another's by now."""
    return replace(batch, jobs=await rights.visible_jobs(batch.jobs))


def _event(name: str, batch: Batch, data: str) -> str:
    return f"id: {batch.version}\nevent: {name}\ndata: {data}\n\n"


def _default_title(n_jobs: int) -> str:
    return "1 piece" if n_jobs == 1 else f"{n_jobs} pieces"
