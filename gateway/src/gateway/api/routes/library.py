"""``/library``: what belongs to the caller's account; ``GET /jobs``: its jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from servicekit.faults import Conflict

from gateway.accounts.caller import Caller
from gateway.api.dependencies import CallerDep, GalleryDep, LibraryDep, RightsDep, problems
from gateway.api.schemas import library as schemas
from gateway.api.schemas.conversions import to_job
from gateway.storage.library import Relative

router = APIRouter()


@router.get("/library", responses=problems(401, 403, 422))
async def list_files(
    caller: CallerDep, library: LibraryDep, params: Annotated[schemas.LibraryParams, Query()]
) -> schemas.Library:
    """List what belongs to the caller, the newest first; nothing for a caller without an account.

    \f

    Parameters
    ----------
    caller : Caller
        Who makes the call.
    library : LibraryService
        The libraries of all accounts.
    params : LibraryParams
        Which files, and which page.
    """
    if caller.account_id is None:
        return schemas.Library(items=[], cursor=None, total=0)
    page = await library.list_page(caller.account_id, params.to_filter(), params.cursor)
    return schemas.to_library(page, reader(caller))


@router.post("/library", responses=problems(401, 403, 404, 409, 422))
async def claim(body: schemas.Claim, rights: RightsDep, library: LibraryDep, gallery: GalleryDep) -> schemas.Claimed:
    """Take files that belong to nobody into the caller's library, and the jobs that wrote them.

    \f

    Parameters
    ----------
    body : Claim
        The files.
    rights : Rights
        What exists for the caller.
    library : LibraryService
        The libraries of all accounts.
    gallery : Gallery
        The gallery, whose pieces belong to everybody.
    """
    account_id = rights.caller.require_account()
    rows = await rights.get_files(body.file_ids)
    if any(gallery.contains(row.file_id) for row in rows):
        raise Conflict("Pieces of the gallery belong to everybody.")
    await library.claim(account_id, rows)
    # Another account may have been faster: its files do not exist for this caller.
    return schemas.Claimed(file_ids=[row.file_id for row in await rights.get_files(body.file_ids)])


@router.delete("/library", responses=problems(401, 403))
async def clear(
    caller: CallerDep,
    library: LibraryDep,
    starred: Annotated[bool, Query(description="Whether starred pieces are deleted too.")] = False,
) -> schemas.Deleted:
    """Delete what belongs to the caller and is not starred; it can be restored for 15 seconds.

    \f

    Parameters
    ----------
    caller : Caller
        Who makes the call.
    library : LibraryService
        The libraries of all accounts.
    starred : bool
        Whether starred pieces are deleted too.
    """
    return schemas.Deleted(n_deleted=await library.clear(caller.require_account(), starred))


@router.post("/library/restore", responses=problems(401, 403))
async def restore(caller: CallerDep, library: LibraryDep) -> schemas.Restored:
    """Restore what the caller has deleted in the last 15 seconds."""
    return schemas.Restored(n_restored=await library.restore_all(caller.require_account()))


@router.get("/jobs", responses=problems(401, 403, 422))
async def list_jobs(
    rights: RightsDep, library: LibraryDep, params: Annotated[schemas.JobListParams, Query()]
) -> schemas.JobList:
    """List the caller's jobs, the newest first; none for a caller without an account.

    \f

    Parameters
    ----------
    rights : Rights
        What exists for the caller.
    library : LibraryService
        The libraries of all accounts.
    params : JobListParams
        Which jobs, and which page.
    """
    account_id = rights.caller.account_id
    if account_id is None:
        return schemas.JobList(items=[], cursor=None)
    rows, cursor = await library.list_jobs(account_id, params.states, params.cursor)
    return schemas.JobList(items=[to_job(row) for row in await rights.visible_jobs(rows)], cursor=cursor)


def reader(caller: Caller) -> schemas.CanRead:
    """Return a function that tells whether a caller may read a related file."""

    def can_read(relative: Relative) -> bool:
        return relative.exists and caller.may_use(relative.owner_id)

    return can_read
