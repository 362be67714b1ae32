"""``/files/{id}``: what a piece is, its notes, its roles, and its end."""

from __future__ import annotations

from fastapi import APIRouter
from servicekit.faults import Conflict

from gateway import replies
from gateway.asks import RolesAsk
from gateway.routes.parts import DeskPart, FileId, ShelfPart, problems

router = APIRouter(prefix="/files/{file_id}")


@router.get("", responses=problems(404))
async def get(file_id: FileId, desk: DeskPart) -> replies.File:
    """Tell what a piece is and where it comes from."""
    return replies.file(await desk.records.file(file_id))


@router.get("/notes", responses=problems(404, 503))
async def notes(file_id: FileId, desk: DeskPart) -> replies.Notes:
    """Give a piece's notes, for a piano roll."""
    return await desk.pieces.notes(await desk.records.file(file_id))


@router.patch("", responses=problems(404, 409, 422, 503))
async def patch(file_id: FileId, ask: RolesAsk, desk: DeskPart, shelf: ShelfPart) -> replies.File:
    """Say which role a track plays, in place of the guess."""
    if shelf.holds(file_id):
        raise Conflict("This piece belongs to the gallery and stays as it is.")
    return replies.file(await desk.pieces.override(await desk.records.file(file_id), ask.roles))


@router.delete("", status_code=204, responses=problems(404, 409))
async def delete(file_id: FileId, desk: DeskPart, shelf: ShelfPart) -> None:
    """Delete a piece."""
    if shelf.holds(file_id):
        raise Conflict("This piece belongs to the gallery and cannot be deleted.")
    await desk.pieces.remove(await desk.records.file(file_id))
