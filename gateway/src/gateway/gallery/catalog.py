"""The gallery's pieces, which the gateway loads into the store when it starts."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter
from servicekit import logs
from servicekit.faults import Fault, NotFound

from gateway.context import AppContext
from gateway.domain.json_codec import JsonObject
from gateway.domain.provenance import GalleryParent, GalleryProvenance
from gateway.files.file_service import NewPiece
from gateway.ids import derive_id


class GallerySpec(BaseModel):
    """An entry of ``gallery.json``: all that is needed to generate the piece again.

    Attributes
    ----------
    id : str
        Also the name of its file: ``<id>.mid``.
    styles : list of str
        Of the piece, or of its parents.
    parents : list of str
        Ids of the entries that were blended.
    settings : dict
        The body of ``/generate/<method>``, without `file_ids`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    description: str
    method: Literal["vae", "gan", "hybrid"]
    styles: list[str]
    parents: list[str] = []
    settings: JsonObject

    @property
    def seed(self) -> int:
        """Seed of all sampling."""
        return int(self.settings["seed"])


def read_specs(folder: Path) -> list[GallerySpec]:
    """Read the entries of a gallery; none if the folder has no ``gallery.json``."""
    path = folder / "gallery.json"
    if not path.exists():
        return []
    return TypeAdapter(list[GallerySpec]).validate_json(path.read_bytes())


@dataclass(frozen=True)
class GalleryPiece:
    """A piece of the gallery."""

    spec: GallerySpec
    file_id: str
    midi: bytes
    parents: list[GalleryParent]

    @property
    def parent_file_ids(self) -> list[str]:
        """File ids of the pieces that were blended."""
        return [parent.file_id for parent in self.parents]


class Gallery:
    """Stores the gallery's pieces; they never expire.

    Parameters
    ----------
    context : AppContext
        The stores.
    folder : Path
        Folder of ``gallery.json`` and a MIDI file for each of its entries.
    """

    def __init__(self, context: AppContext, folder: Path) -> None:
        self._context = context
        self._folder = folder
        self._pieces: dict[str, GalleryPiece] = {}
        self.is_loaded = False

    def contains(self, file_id: str) -> bool:
        """Return whether a file belongs to the gallery."""
        return any(piece.file_id == file_id for piece in self._pieces.values())

    def pieces(self) -> list[GalleryPiece]:
        """Return the pieces that are loaded, in order."""
        return list(self._pieces.values())

    async def load(self) -> None:
        """Store every piece that is not stored yet. If a service is unavailable, it can be called again."""
        try:
            for piece in await asyncio.to_thread(self._read):
                await self._store(piece)
                self._pieces[piece.spec.id] = piece
        except Fault as fault:
            logs.get_logger().warning("gallery.unfilled", reason=fault.reason)
            return
        except (OSError, ValueError) as error:
            # The product works without its gallery: it goes on with the pieces that could be read.
            logs.get_logger().error("gallery.broken", exc_info=error)
        self.is_loaded = True
        logs.get_logger().info("gallery.filled", items=len(self._pieces))

    def _read(self) -> list[GalleryPiece]:
        pieces: dict[str, GalleryPiece] = {}
        for spec in read_specs(self._folder):
            midi = (self._folder / f"{spec.id}.mid").read_bytes()
            # A piece keeps its id from start to start; another version of it gets another id.
            file_id = derive_id("segue-gallery", f"{spec.id}/{hashlib.sha256(midi).hexdigest()}")
            parents = [GalleryParent(pieces[parent].file_id, pieces[parent].spec.title) for parent in spec.parents]
            pieces[spec.id] = GalleryPiece(spec, file_id, midi, parents)
        return list(pieces.values())

    async def _store(self, piece: GalleryPiece) -> None:
        repository, files = self._context.repository, self._context.files
        try:
            await self._context.store.get((await repository.get_file(piece.file_id)).key)
        except NotFound:
            new_piece = NewPiece(
                file_id=piece.file_id,
                name=f"{piece.spec.title}.mid",
                kind="result",
                provenance=_provenance(piece),
                is_permanent=True,
            )
            await files.save(await files.describe(new_piece, piece.midi), piece.midi)


def _provenance(piece: GalleryPiece) -> GalleryProvenance:
    spec = piece.spec
    return GalleryProvenance(
        method=spec.method,
        parents=piece.parents,
        settings={name: value for name, value in spec.settings.items() if name != "seed"},
        seed=spec.seed,
        gallery=spec.id,
    )
