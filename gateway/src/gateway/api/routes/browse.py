"""``/styles`` and ``/gallery``: the styles that can be requested, and the pieces that come with Segue."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.api.dependencies import GalleryDep, StyleCatalogDep, problems
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_gallery_item, to_style

router = APIRouter()


@router.get("/styles", responses=problems(503))
async def styles(catalog: StyleCatalogDep) -> responses.Styles:
    """List the styles that can be requested."""
    return responses.Styles(styles=[to_style(style) for style in await catalog.all()])


@router.get("/gallery")
async def gallery(gallery: GalleryDep) -> responses.Gallery:
    """List the pieces that come with Segue, to listen to and to blend."""
    return responses.Gallery(items=[to_gallery_item(piece) for piece in gallery.pieces()])
