"""What a request must fulfil before its job begins, and the job that it becomes; for single jobs and for batches."""

from __future__ import annotations

from gateway.api.schemas.fields import RequestModel
from gateway.api.schemas.requests import BlendRequest, GenerateRequest, HybridRequest
from gateway.clients.style_catalog import StyleCatalog
from gateway.domain.jobs import JobMethod, JobPiece
from gateway.domain.json_codec import JsonObject
from gateway.files.section_cache import SectionCache
from gateway.ids import new_id, new_seed
from gateway.storage.rows import FileRow, JobRow
from gateway.workflows.parent_checks import check_meters
from gateway.workflows.workflow import RECORDINGS


async def check_blend(body: BlendRequest, parents: list[FileRow], section_cache: SectionCache) -> None:
    """Raise a fault for pieces that cannot be blended as requested.

    Parameters
    ----------
    body : BlendRequest
        The request.
    parents : list of FileRow
        The pieces.
    section_cache : SectionCache
        Sections of pieces.
    """
    check_meters(parents, body.meter_policy)
    await section_cache.check(parents[0], body.section_labels)


async def check_generate(body: GenerateRequest, catalog: StyleCatalog) -> None:
    """Raise a fault for a style, meter or roles that there are not."""
    await catalog.check([body.style], body.meter, body.roles)


async def resolve_hybrid(body: HybridRequest, catalog: StyleCatalog) -> HybridRequest:
    """Return a request with the meter that both styles have; raise a fault for styles that there are not."""
    await catalog.check(body.styles or [body.style], body.meter, body.roles)
    if body.styles is None or body.meter is not None:
        return body
    return body.model_copy(update={"meter": await catalog.common_meter(body.styles)})


def new_job(method: JobMethod, request: JsonObject, parents: list[FileRow]) -> JobRow:
    """Return a new job, not stored yet.

    Parameters
    ----------
    method : JobMethod
        What the job does.
    request : dict
        What the client requested, as JSON.
    parents : list of FileRow
        The pieces to blend.
    """
    return JobRow(
        job_id=new_id(),
        method=method,
        request=_complete(method, request, parents),
        parents=[JobPiece(parent.file_id, parent.stem) for parent in parents],
    )


def to_request(body: RequestModel) -> JsonObject:
    """Return a body as the request of a job: without `method`, which an item of a batch has."""
    return {name: value for name, value in body.to_json().items() if name != "method"}


def _complete(method: JobMethod, request: JsonObject, parents: list[FileRow]) -> JsonObject:
    """Return the request with the seed and the weight that it left open, and the ids of its recordings."""
    request = dict(request)
    request.setdefault("seed", new_seed())
    if method in {"vae", "hybrid"} and not request.keys() & {"weight", "curve", "shares"}:
        request["weight"] = 0.5
    if recording_ids := [parent.file_id for parent in parents if parent.is_recording]:
        request[RECORDINGS] = recording_ids
    return request
