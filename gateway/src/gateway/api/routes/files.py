"""``/files/{id}``: what a piece is, its notes, its roles, and its end."""

from __future__ import annotations

from fastapi import APIRouter
from servicekit.faults import Conflict

from gateway.api.dependencies import DeskPart, FileId, SectionsPart, ShelfPart, problems
from gateway.api.schemas import responses
from gateway.api.schemas.requests import RolesAsk
from gateway.files import recordings

router = APIRouter(prefix="/files/{file_id}")


@router.get("", responses=problems(404))
async def get(file_id: FileId, desk: DeskPart) -> responses.File:
    """Tell what a piece is and where it comes from; of a recording, what was written down from it."""
    return await recordings.reply(desk, await desk.records.file(file_id))


@router.get("/notes", responses=problems(404, 409, 503))
async def notes(file_id: FileId, desk: DeskPart) -> responses.Notes:
    """Give a piece's notes, for a piano roll; of a recording, those that were written down."""
    return await desk.pieces.notes(await recordings.piece(desk, await desk.records.file(file_id)))


@router.get("/sections", responses=problems(404, 409, 422, 429, 503, 504))
async def sections(file_id: FileId, desk: DeskPart, book: SectionsPart) -> responses.Sections:
    """Give a piece's sections: where they begin, and which of them are alike. A blend can weigh each by itself."""
    return responses.Sections(sections=await book.of(await desk.records.file(file_id)))


@router.patch("", responses=problems(404, 409, 422, 503))
async def patch(file_id: FileId, ask: RolesAsk, desk: DeskPart, shelf: ShelfPart) -> responses.File:
    """Say which role a track plays, in place of the guess."""
    if shelf.holds(file_id):
        raise Conflict("This piece belongs to the gallery and stays as it is.")
    record = await desk.records.file(file_id)
    await desk.pieces.override(await recordings.piece(desk, record), ask.roles)
    return await recordings.reply(desk, await desk.records.file(file_id))


@router.delete("", status_code=204, responses=problems(404, 409))
async def delete(file_id: FileId, desk: DeskPart, shelf: ShelfPart) -> None:
    """Delete a piece; with a recording, what was written down from it."""
    if shelf.holds(file_id):
        raise Conflict("This piece belongs to the gallery and cannot be deleted.")
    await recordings.remove(desk, await desk.records.file(file_id))
