"""``/files/{id}/share`` and ``/shares/{slug}``: making, listing and ending the links to a piece."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from servicekit.faults import NotFound

from gateway.api.dependencies import ContextDep, FileId, RightsDep, SharesDep, Slug, problems
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_share, to_shared_item
from gateway.api.schemas.requests import ShareRequest
from gateway.settings import Settings
from gateway.sharing.share_service import MAX_PUBLISHED, may_end

router = APIRouter()

_PUBLISHED_PER_PAGE = 24


@router.post("/files/{file_id}/share", status_code=201, responses=problems(404, 409, 422))
async def create(
    request: Request, file_id: FileId, body: ShareRequest, context: ContextDep, rights: RightsDep, shares: SharesDep
) -> responses.Share:
    """Share a piece: anyone who has the link can play, download and remix it, until the link ends.

    \f

    Parameters
    ----------
    request : Request
        The call.
    file_id : str
        Id of the file.
    body : ShareRequest
        How long the link lasts, and whether the gallery lists the piece.
    context : AppContext
        The application context.
    rights : Rights
        What exists for the caller.
    shares : ShareService
        Makes the link.
    """
    row = await rights.get_file(file_id)
    share = await shares.create(row, body.days, body.published, rights.caller.account_id)
    return to_share(share, share_url(request, context.settings, share.slug))


@router.get("/files/{file_id}/shares", responses=problems(404))
async def list_shares(
    request: Request, file_id: FileId, context: ContextDep, rights: RightsDep, shares: SharesDep
) -> responses.Shares:
    """List the caller's links to a piece that have not ended, the newest first.

    \f

    Parameters
    ----------
    request : Request
        The call.
    file_id : str
        Id of the file.
    context : AppContext
        The application context.
    rights : Rights
        What exists for the caller.
    shares : ShareService
        Finds the links.
    """
    row = await rights.get_file(file_id)
    return responses.Shares(
        shares=[
            to_share(share, share_url(request, context.settings, share.slug))
            for share in await shares.list_live(row.file_id)
            if may_end(share, row, rights.caller.account_id)
        ]
    )


@router.delete("/shares/{slug}", status_code=204, responses=problems(404))
async def end(
    slug: Slug,
    rights: RightsDep,
    shares: SharesDep,
    file_id: Annotated[
        str | None,
        Query(max_length=64, description="Id of the piece: required where the link was made without an account."),
    ] = None,
) -> None:
    """End a link. Whoever has it sees that it has ended.

    \f

    Parameters
    ----------
    slug : str
        The last part of the link.
    rights : Rights
        What exists for the caller.
    shares : ShareService
        Ends the link.
    file_id : str or None
        Id of the piece.
    """
    try:
        share = await shares.find(slug)
        if share.owner_id is None and share.file_id != file_id:
            raise NotFound("No link has this address.")
        row = await rights.get_file(share.file_id)
    except NotFound as fault:
        raise NotFound("No link has this address.") from fault
    if not may_end(share, row, rights.caller.account_id):
        raise NotFound("No link has this address.")
    await shares.end(share)


@router.get("/gallery/shared", responses=problems(422))
async def published(
    shares: SharesDep,
    cursor: Annotated[
        int, Query(ge=0, le=MAX_PUBLISHED, description="What the list before ended with; 0 for the first.")
    ] = 0,
) -> responses.SharedGallery:
    """List the pieces that their owners show to everybody, the newest first.

    \f

    Parameters
    ----------
    shares : ShareService
        Finds the pieces.
    cursor : int
        Number of pieces to skip.
    """
    found = await shares.list_published(cursor, _PUBLISHED_PER_PAGE)
    following = cursor + len(found)
    has_more = len(found) == _PUBLISHED_PER_PAGE and following < MAX_PUBLISHED
    return responses.SharedGallery(
        items=[to_shared_item(share, row) for share, row in found], cursor=str(following) if has_more else None
    )


def share_url(request: Request, settings: Settings, slug: str) -> str:
    """Return the whole address of a light page.

    Parameters
    ----------
    request : Request
        The call: its own address is used unless a setting names one.
    settings : Settings
        Settings of the gateway.
    slug : str
        The last part of the link.
    """
    origin = settings.origin or str(request.base_url)
    return f"{origin.rstrip('/')}/p/{slug}"
