"""FastAPI dependencies of the routes, and the documentation of their problems."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request

from gateway.accounts.caller import Caller, CallerRecognizer, Scope
from gateway.accounts.cookies import SessionCookie
from gateway.accounts.credentials import CredentialService
from gateway.accounts.quotas import Quotas
from gateway.accounts.rights import Rights
from gateway.audio.audio_cache import AudioCache
from gateway.batches.batch_service import BatchService
from gateway.clients.style_catalog import StyleCatalog
from gateway.context import AppContext
from gateway.files.section_cache import SectionCache
from gateway.gallery.catalog import Gallery
from gateway.library.library_service import LibraryService
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
LibraryDep = Annotated[LibraryService, _state("library")]
BatchesDep = Annotated[BatchService, _state("batches")]
SharesDep = Annotated[ShareService, _state("shares")]
RollsDep = Annotated[RollStore, _state("rolls")]
ReadinessDep = Annotated[ReadinessMonitor, _state("readiness")]
CredentialsDep = Annotated[CredentialService, _state("credentials")]
QuotasDep = Annotated[Quotas, _state("quotas")]
SessionCookieDep = Annotated[SessionCookie, _state("session_cookie")]

_SAFE_METHODS = {"GET", "HEAD"}


async def recognize(
    request: Request, recognizer: Annotated[CallerRecognizer, _state("recognizer")], cookie: SessionCookieDep
) -> Caller:
    """Return who makes a call, whatever it is. Routes of accounts, which need no scope or another, use this.

    Parameters
    ----------
    request : Request
        The call.
    recognizer : CallerRecognizer
        Recognizes callers.
    cookie : SessionCookie
        The cookie of sessions.
    """
    address = request.client.host if request.client else ""
    found = await recognizer.recognize(cookie.read(request), request.headers.get("authorization"), address)
    if found.renewed_secret is not None:
        add_header(request, "Set-Cookie", cookie.set(request, found.renewed_secret))
    elif found.is_cookie_dead:
        add_header(request, "Set-Cookie", cookie.clear(request))
    return found.caller


async def get_caller(request: Request, caller: RecognizedDep) -> Caller:
    """Return who makes a call, with the right to read, or to write where the method is not GET or HEAD."""
    caller.require(Scope.READ if request.method in _SAFE_METHODS else Scope.WRITE)
    return caller


async def get_account_caller(caller: RecognizedDep) -> Caller:
    """Return who makes a call about an account: its session, or a token with the scope `account`."""
    caller.require(Scope.ACCOUNT)
    return caller


async def get_rights(caller: CallerDep, context: ContextDep) -> Rights:
    """Return what exists for the caller."""
    return Rights(caller, context.repository)


def add_header(request: Request, name: str, value: str) -> None:
    """Add a header to whatever response the call gets, unless that has one of this name.

    Parameters
    ----------
    request : Request
        The call.
    name, value : str
        The header.
    """
    request.state.extra_headers = getattr(request.state, "extra_headers", {}) | {name: value}


RecognizedDep = Annotated[Caller, Depends(recognize)]
CallerDep = Annotated[Caller, Depends(get_caller)]
AccountCallerDep = Annotated[Caller, Depends(get_account_caller)]
RightsDep = Annotated[Rights, Depends(get_rights)]

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
    401: "The call needs an account, or its token is wrong.",
    403: "The token lacks the scope that the call needs.",
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
    507: "The store is full, or the account's part of it.",
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
