"""FastAPI dependencies of the routes, and the documentation of their problems."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request

from gateway.audio.audio_cache import AudioCache
from gateway.clients.style_catalog import StyleCatalog
from gateway.context import AppContext
from gateway.files.section_cache import SectionCache
from gateway.gallery.catalog import Gallery
from gateway.readiness import ReadinessMonitor
from gateway.sharing.roll_store import RollStore
from gateway.sharing.share_service import ShareService
from gateway.storage.idempotency import IdempotencyStore
from gateway.workflows.job_service import JobService


def _state(name: str) -> Any:
    def get(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(get)


ContextDep = Annotated[AppContext, _state("context")]
JobsDep = Annotated[JobService, _state("jobs")]
IdempotencyDep = Annotated[IdempotencyStore, _state("idempotency")]
AudioCacheDep = Annotated[AudioCache, _state("audio_cache")]
StyleCatalogDep = Annotated[StyleCatalog, _state("style_catalog")]
SectionCacheDep = Annotated[SectionCache, _state("section_cache")]
GalleryDep = Annotated[Gallery, _state("gallery")]
SharesDep = Annotated[ShareService, _state("shares")]
RollsDep = Annotated[RollStore, _state("rolls")]
ReadinessDep = Annotated[ReadinessMonitor, _state("readiness")]

FileId = Annotated[str, Path(description="Id of a file.")]
Slug = Annotated[str, Path(max_length=64, description="The last part of a link.")]
JobId = Annotated[str, Path(description="Id of a job.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key and body get the same response; the same key with another body is refused.",
    ),
]

_DESCRIPTIONS = {
    400: "A file cannot be read.",
    404: "Unknown id.",
    409: "The state of the resource does not allow this call.",
    410: "The link has ended.",
    413: "Too large.",
    415: "Neither MIDI nor audio.",
    416: "The range is outside the file.",
    422: "Invalid fields or values.",
    429: "Too many jobs or calls; see `Retry-After`.",
    503: "A service is starting or unavailable.",
    504: "A service took too long.",
    507: "The store is full.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of the problems with which a route may respond."""
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
