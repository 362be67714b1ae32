"""What the routes take from the application, and the problems that they document."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request

from gateway.audio.audio_cache import AudioCache
from gateway.clients.style_catalog import StyleBook
from gateway.context import Desk
from gateway.files.section_cache import SectionBook
from gateway.gallery.catalog import Shelf
from gateway.readiness import Readiness
from gateway.storage.idempotency import Promises
from gateway.workflows.job_service import Jobs


def _part(name: str) -> Any:
    def take(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(take)


DeskPart = Annotated[Desk, _part("desk")]
JobsPart = Annotated[Jobs, _part("jobs")]
PromisesPart = Annotated[Promises, _part("promises")]
AudioPart = Annotated[AudioCache, _part("audio")]
StylesPart = Annotated[StyleBook, _part("styles")]
SectionsPart = Annotated[SectionBook, _part("sections")]
ShelfPart = Annotated[Shelf, _part("shelf")]
ReadinessPart = Annotated[Readiness, _part("readiness")]

FileId = Annotated[str, Path(description="A file's id.")]
JobId = Annotated[str, Path(description="A job's id.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key and body answer with the same result; the same key with another body is refused.",
    ),
]

_TOLD = {
    400: "A file cannot be read.",
    404: "Unknown id.",
    409: "The thing's state forbids the call.",
    413: "Too large.",
    415: "Neither MIDI nor audio.",
    416: "The range lies outside the file.",
    422: "Wrong fields or values.",
    429: "Too many jobs or calls; see `Retry-After`.",
    503: "A service is starting or away.",
    504: "A service took too long.",
    507: "The store is full.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the problems that a route answers with."""
    return {
        status: {
            "description": _TOLD[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
