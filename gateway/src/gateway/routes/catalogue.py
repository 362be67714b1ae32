"""``/styles`` and ``/gallery``: what can be asked for, and what is there to begin with."""

from __future__ import annotations

from fastapi import APIRouter

from gateway import replies
from gateway.routes.parts import ShelfPart, StylesPart, problems

router = APIRouter()


@router.get("/styles", responses=problems(503))
async def styles(book: StylesPart) -> replies.Styles:
    """List the styles that can be asked for."""
    return replies.Styles(styles=await book.all())


@router.get("/gallery")
async def gallery(shelf: ShelfPart) -> replies.Gallery:
    """List the pieces that Segue made, to hear and to blend."""
    return shelf.gallery()
