"""``/styles`` and ``/gallery``: what can be asked for, and what is there to begin with."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.api.dependencies import ShelfPart, StylesPart, problems
from gateway.api.schemas import responses

router = APIRouter()


@router.get("/styles", responses=problems(503))
async def styles(book: StylesPart) -> responses.Styles:
    """List the styles that can be asked for."""
    return responses.Styles(styles=await book.all())


@router.get("/gallery")
async def gallery(shelf: ShelfPart) -> responses.Gallery:
    """List the pieces that Segue made, to hear and to blend."""
    return shelf.gallery()
