"""The gallery's pieces, put into the store when the gateway starts."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter
from servicekit import logs
from servicekit.faults import Fault, NotFound

from gateway.api.schemas import responses
from gateway.context import Desk
from gateway.ids import derive_id
from gateway.storage.repository import Json


class Spec(BaseModel):
    """An item of ``gallery.json``: all that it takes to make the piece again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    """Also its file's name: ``<id>.mid``."""
    title: str
    description: str
    method: responses.Method
    styles: list[str]
    """Of the piece, or of its parents."""
    parents: list[str] = []
    """Ids of the items that were blended."""
    settings: Json
    """What `/generate/<method>` was asked, without `file_ids`."""


def read_specs(folder: Path) -> list[Spec]:
    """Read a gallery's specifications; none where there is no such folder."""
    path = folder / "gallery.json"
    if not path.exists():
        return []
    return TypeAdapter(list[Spec]).validate_json(path.read_bytes())


@dataclass(frozen=True)
class Item:
    """A piece on the shelf."""

    spec: Spec
    file_id: str
    midi: bytes


class Shelf:
    """Keeps the gallery's pieces in the store, for good.

    Parameters
    ----------
    desk : Desk
        Where they are kept.
    folder : Path
        ``gallery.json`` and a MIDI file for each of its items.
    """

    def __init__(self, desk: Desk, folder: Path) -> None:
        self._desk = desk
        self._folder = folder
        self._items: dict[str, Item] = {}
        self.is_filled = False

    def holds(self, file_id: str) -> bool:
        """Whether a file belongs to the gallery."""
        return any(item.file_id == file_id for item in self._items.values())

    def gallery(self) -> responses.Gallery:
        """List the pieces."""
        return responses.Gallery(items=[self._reply(item) for item in self._items.values()])

    async def fill(self) -> None:
        """Put every piece into the store that is not there yet; tried again later where a part is away."""
        try:
            for item in await asyncio.to_thread(self._read):
                await self._put(item)
                self._items[item.spec.id] = item
        except Fault as fault:
            logs.get_logger().warning("gallery.unfilled", reason=fault.reason)
            return
        except (OSError, ValueError) as broken:
            # The product is more than its gallery: it goes on with the pieces that could be read.
            logs.get_logger().error("gallery.broken", exc_info=broken)
        self.is_filled = True
        logs.get_logger().info("gallery.filled", items=len(self._items))

    def _read(self) -> list[Item]:
        items = []
        for spec in read_specs(self._folder):
            midi = (self._folder / f"{spec.id}.mid").read_bytes()
            # The same piece keeps its id from start to start; another version of it gets another.
            file_id = derive_id("segue-gallery", f"{spec.id}/{hashlib.sha256(midi).hexdigest()}")
            items.append(Item(spec, file_id, midi))
        return items

    async def _put(self, item: Item) -> None:
        records, pieces = self._desk.records, self._desk.pieces
        try:
            await self._desk.store.get((await records.file(item.file_id)).key)
        except NotFound:
            record = await pieces.describe(
                item.file_id,
                f"{item.spec.title}.mid",
                "result",
                item.midi,
                provenance=self._provenance(item.spec),
                expires_at_s=None,
            )
            await pieces.keep(record, item.midi)

    def _provenance(self, spec: Spec) -> Json:
        parents = [self._items[parent] for parent in spec.parents]
        return {
            "method": spec.method,
            "parents": [{"file_id": parent.file_id, "title": parent.spec.title} for parent in parents],
            "settings": {name: value for name, value in spec.settings.items() if name != "seed"},
            "seed": spec.settings["seed"],
            "gallery": spec.id,
        }

    def _reply(self, item: Item) -> responses.GalleryItem:
        spec = item.spec
        return responses.GalleryItem(
            file_id=item.file_id,
            title=spec.title,
            description=spec.description,
            method=spec.method,
            styles=spec.styles,
            parents=[self._items[parent].file_id for parent in spec.parents],
            settings=spec.settings,
            seed=spec.settings["seed"],
        )
