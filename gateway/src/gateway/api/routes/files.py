"""``/files/{id}``: the description of a piece, its notes and sections; changing its roles or beats, and deleting it."""

from __future__ import annotations

from fastapi import APIRouter
from servicekit.faults import Conflict

from gateway.api.dependencies import ContextDep, FileId, GalleryDep, SectionCacheDep, problems
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_file_or_recording, to_piano_roll, to_sections
from gateway.api.schemas.requests import FileChanges
from gateway.files import recordings

router = APIRouter(prefix="/files/{file_id}")


@router.get("", responses=problems(404))
async def get(file_id: FileId, context: ContextDep) -> responses.File:
    """Describe a piece and its provenance; a recording is described with its transcription."""
    return await to_file_or_recording(context, await context.repository.get_file(file_id))


@router.get("/notes", responses=problems(404, 409, 503))
async def notes(file_id: FileId, context: ContextDep) -> responses.PianoRoll:
    """Return the notes of a piece, or of a recording's transcription, for a piano roll."""
    piece = await recordings.resolve_to_midi(context, await context.repository.get_file(file_id))
    return to_piano_roll(await context.files.inspect_notes(piece))


@router.get("/sections", responses=problems(404, 409, 422, 429, 503, 504))
async def sections(file_id: FileId, context: ContextDep, section_cache: SectionCacheDep) -> responses.Sections:
    """Return the sections of a piece. A blend can give each its own weight.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    context : AppContext
        The application context.
    section_cache : SectionCache
        Sections of pieces.
    """
    return to_sections(await section_cache.get(await context.repository.get_file(file_id)))


@router.patch("", responses=problems(404, 409, 422, 503))
async def patch(file_id: FileId, body: FileChanges, context: ContextDep, gallery: GalleryDep) -> responses.File:
    """Set the roles of tracks, or where the beats come from, instead of what was detected.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    body : FileChanges
        Roles by track number, and the source of the beats.
    context : AppContext
        The application context.
    gallery : Gallery
        The gallery, whose pieces cannot be changed.
    """
    if gallery.contains(file_id):
        raise Conflict("This piece belongs to the gallery and stays as it is.")
    row = await context.repository.get_file(file_id)
    await context.files.change(await recordings.resolve_to_midi(context, row), body.roles, body.grid)
    return await to_file_or_recording(context, await context.repository.get_file(file_id))


@router.delete("", status_code=204, responses=problems(404, 409))
async def delete(file_id: FileId, context: ContextDep, gallery: GalleryDep) -> None:
    """Delete a piece; a recording is deleted with its transcription.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    context : AppContext
        The application context.
    gallery : Gallery
        The gallery, whose pieces cannot be changed.
    """
    if gallery.contains(file_id):
        raise Conflict("This piece belongs to the gallery and cannot be deleted.")
    await recordings.delete(context, await context.repository.get_file(file_id))
