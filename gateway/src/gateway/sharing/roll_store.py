"""The rolls and pictures of shared pieces: computed at the first request, and cached in memory."""

from __future__ import annotations

import asyncio
import hashlib
import json

from cachetools import LRUCache

from gateway.context import AppContext
from gateway.sharing import roll_picture
from gateway.sharing.description import Description
from gateway.sharing.roll_marks import RollMarks, to_marks
from gateway.sharing.share_service import SharedPiece

_MAX_ROLLS = 64
_MAX_PICTURES = 128
"""Number of pictures in memory: about 40 kB each."""


class RollStore:
    """Caches the rolls and pictures of shared pieces. A piece whose roles or title change gets new ones.

    Parameters
    ----------
    context : AppContext
        The services.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._rolls: LRUCache[str, RollMarks] = LRUCache(_MAX_ROLLS)
        self._pictures: LRUCache[str, bytes] = LRUCache(_MAX_PICTURES)
        # One picture takes a third of a second of one core: they are painted one after the other.
        self._painting = asyncio.Lock()

    async def roll(self, shared: SharedPiece) -> RollMarks:
        """Return the notes of a piece; a fault of the transposer if they cannot be read now."""
        key = _roll_key(shared)
        if key not in self._rolls:
            inspection = await self._context.files.inspect_notes(shared.piece)
            self._rolls[key] = to_marks(inspection, shared.row.provenance)
        return self._rolls[key]

    async def picture(self, shared: SharedPiece, description: Description) -> bytes:
        """Return the picture of a piece as PNG."""
        key = f"{_roll_key(shared)} {description.caption} {description.title}"
        async with self._painting:
            if key not in self._pictures:
                roll = await self.roll(shared)
                texts = (description.title, description.caption)
                self._pictures[key] = await asyncio.to_thread(roll_picture.paint, *texts, roll)
        return self._pictures[key]


def _roll_key(shared: SharedPiece) -> str:
    piece = shared.piece
    choices = json.dumps([piece.file_id, piece.sha256, piece.roles, piece.grid], sort_keys=True)
    return hashlib.sha256(choices.encode()).hexdigest()
