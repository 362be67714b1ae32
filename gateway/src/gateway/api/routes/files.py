"""``/files/{id}``: the description of a piece, its notes, sections and family; changing, deleting and restoring it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from servicekit.faults import Conflict

from gateway.api.dependencies import (
    ContextDep,
    FileId,
    GalleryDep,
    LibraryDep,
    RightsDep,
    SectionCacheDep,
    problems,
)
from gateway.api.routes.library import reader
from gateway.api.schemas import library as library_schemas
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_file_or_recording, to_piano_roll, to_sections
from gateway.api.schemas.requests import FileChanges
from gateway.files import recordings
from gateway.storage.repository import unknown_file
from gateway.storage.rows import FileRow

router = APIRouter(prefix="/files/{file_id}")


async def get_own_file(file_id: FileId, rights: RightsDep, gallery: GalleryDep) -> FileRow:
    """Return a file that the caller may change; `Conflict` for a piece of the gallery."""
    row = await rights.get_file(file_id)
    if gallery.contains(file_id):
        raise Conflict("This piece belongs to the gallery and stays as it is.")
    return row


OwnFileDep = Annotated[FileRow, Depends(get_own_file)]


@router.get("", responses=problems(404))
async def get(file_id: FileId, context: ContextDep, rights: RightsDep) -> responses.File:
    """Describe a piece and its provenance; a recording is described with its transcription.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    context : AppContext
        The application context.
    rights : Rights
        What exists for the caller.
    """
    return await to_file_or_recording(context, await rights.get_file(file_id))


@router.get("/notes", responses=problems(404, 409, 503))
async def notes(file_id: FileId, context: ContextDep, rights: RightsDep) -> responses.PianoRoll:
    """Return the notes of a piece, or of a recording's transcription, for a piano roll.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    context : AppContext
        The application context.
    rights : Rights
        What exists for the caller.
    """
    piece = await recordings.resolve_to_midi(context, await rights.get_file(file_id))
    return to_piano_roll(await context.files.inspect_notes(piece))


@router.get("/sections", responses=problems(404, 409, 422, 429, 503, 504))
async def sections(file_id: FileId, rights: RightsDep, section_cache: SectionCacheDep) -> responses.Sections:
    """Return the sections of a piece. A blend can give each its own weight.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    rights : Rights
        What exists for the caller.
    section_cache : SectionCache
        Sections of pieces.
    """
    return to_sections(await section_cache.get(await rights.get_file(file_id)))


@router.get("/family", responses=problems(401, 404))
async def family(file_id: FileId, rights: RightsDep, library: LibraryDep) -> library_schemas.Family:
    """Return what a piece was made from, and what the caller has made from it.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    rights : Rights
        What exists for the caller.
    library : LibraryService
        The libraries of all accounts.
    """
    await rights.get_file(file_id)
    parents, children = await library.parents(file_id), await library.children(file_id, rights.caller.account_id)
    return library_schemas.to_family(parents, children, reader(rights.caller))


@router.patch("", responses=problems(401, 404, 409, 422, 503))
async def patch(
    body: FileChanges, row: OwnFileDep, context: ContextDep, rights: RightsDep, library: LibraryDep
) -> responses.File:
    """Rename or star a piece, or set the roles of its tracks or where its beats come from.

    \f

    Parameters
    ----------
    body : FileChanges
        What is to be changed.
    row : FileRow
        The file.
    context : AppContext
        The application context.
    rights : Rights
        What exists for the caller.
    library : LibraryService
        The libraries of all accounts.
    """
    if body.name is not None:
        await library.rename(row, body.name)
    if body.starred is not None:
        if row.owner_id is None:
            await library.claim(rights.caller.require_account(), [row])
        await library.star(await rights.get_file(row.file_id), body.starred)
    if body.changes_music:
        await context.files.change(await recordings.resolve_to_midi(context, row), body.roles, body.grid)
    return await to_file_or_recording(context, await rights.get_file(row.file_id))


@router.delete("", status_code=204, responses=problems(401, 404, 409))
async def delete(
    row: OwnFileDep,
    context: ContextDep,
    library: LibraryDep,
    undo: Annotated[bool, Query(description="Whether it can be restored for 15 seconds.")] = False,
) -> None:
    """Delete a piece; a recording is deleted with its transcription.

    \f

    Parameters
    ----------
    row : FileRow
        The file.
    context : AppContext
        The application context.
    library : LibraryService
        The libraries of all accounts.
    undo : bool
        Whether it can be restored.
    """
    if undo:
        await library.delete(row)
    else:
        await recordings.delete(context, row)


@router.post("/restore", responses=problems(401, 404))
async def restore(file_id: FileId, context: ContextDep, rights: RightsDep, library: LibraryDep) -> responses.File:
    """Restore a piece that was deleted with `undo` in the last 15 seconds.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    context : AppContext
        The application context.
    rights : Rights
        What exists for the caller.
    library : LibraryService
        The libraries of all accounts.
    """
    row = await library.find_deleted(file_id)
    if not rights.caller.may_use(row.owner_id):
        raise unknown_file(file_id)
    await library.restore(row)
    return await to_file_or_recording(context, await rights.get_file(file_id))
