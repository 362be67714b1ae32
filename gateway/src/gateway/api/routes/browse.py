"""``/styles``, ``/soundfonts`` and ``/gallery``: what can be requested, and the pieces that come with Segue."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.api.dependencies import ContextDep, GalleryDep, StyleCatalogDep, problems
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_gallery_item, to_soundfont, to_style

router = APIRouter()


@router.get("/styles", responses=problems(503))
async def styles(catalog: StyleCatalogDep) -> responses.Styles:
    """List the styles that can be requested."""
    return responses.Styles(styles=[to_style(style) for style in await catalog.all()])


@router.get("/soundfonts", responses=problems(429, 503, 504))
async def soundfonts(context: ContextDep) -> responses.SoundFonts:
    """List the SoundFonts with which a piece can be played and downloaded."""
    installed = await context.services.soundfonts()
    return responses.SoundFonts(soundfonts=[to_soundfont(soundfont) for soundfont in installed])


@router.get("/gallery")
async def gallery(gallery: GalleryDep) -> responses.Gallery:
    """List the pieces that come with Segue, to listen to and to blend."""
    return responses.Gallery(items=[to_gallery_item(piece) for piece in gallery.pieces()])
