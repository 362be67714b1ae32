"""The sections of pieces, as the vae hears them: where they begin, and which of them are alike."""

from __future__ import annotations

import contextlib
import json
from collections import OrderedDict
from collections.abc import Sequence

from segue.vae.v1.vae_pb2 import EncodeRequest, Section
from servicekit.faults import InvalidInput, NotReady, Overloaded, UpstreamUnavailable

from gateway.api.schemas import responses
from gateway.context import Desk
from gateway.files import recordings
from gateway.files.file_service import overrides
from gateway.storage.repository import FileRecord

_PIECES_KEPT = 1000


class SectionBook:
    """Knows the sections of pieces; the vae is asked once about the same notes with the same roles.

    Parameters
    ----------
    desk : Desk
        The vae, and the pieces.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: OrderedDict[tuple[str, str], list[responses.Section]] = OrderedDict()

    async def of(self, record: FileRecord) -> list[responses.Section]:
        """List a piece's sections; of a recording, those of what was written down from it.

        Raises
        ------
        Conflict
            For a recording that is not written down.
        """
        piece = await recordings.piece(self._desk, record)
        key = piece.sha256, json.dumps(piece.roles, sort_keys=True)
        if key not in self._known:
            midi = await self._desk.pieces.bytes(piece)
            read = await self._desk.services.encode(EncodeRequest(midi=midi, roles=overrides(piece.roles)))
            written = await self._desk.pieces.read(midi)
            self._known[key] = told(read.sections, written.bar_onsets_s, written.duration_s)
        self._known.move_to_end(key)
        if len(self._known) > _PIECES_KEPT:
            self._known.popitem(last=False)
        return self._known[key]

    async def check(self, record: FileRecord, labels: Sequence[str]) -> None:
        """Refuse names that none of a piece's sections has.

        Where that cannot be said now, since the vae is away or the piece is a recording, the job will say it.

        Raises
        ------
        InvalidInput
            With the names that there are.
        """
        if not labels or record.is_recording:
            return
        with contextlib.suppress(UpstreamUnavailable, NotReady, Overloaded):
            known = {section.label: None for section in await self.of(record)}
            for label in labels:
                if label not in known:
                    has = ", ".join(known)
                    message = f"`section_weights`: the first piece has no section {label!r}; it has {has}."
                    raise InvalidInput(message, field="section_weights", sections=has)


def told(sections: Sequence[Section], bars_s: Sequence[float], duration_s: float) -> list[responses.Section]:
    """Write sections with their times.

    Parameters
    ----------
    sections : sequence of Section
        In bars, in order.
    bars_s : sequence of float
        Where each bar begins. Where a piece is read in another meter than it is written in, there are fewer or more of
        them than bars in the sections: times follow in proportion.
    duration_s : float
        Of the piece.
    """
    if not sections:
        return []
    count = sections[-1].start_bar + sections[-1].bar_count
    scale = len(bars_s) / count

    def onset_s(bar: int) -> float:
        place = round(bar * scale)
        return round(bars_s[place] if place < len(bars_s) else max(duration_s, *bars_s[-1:], 0.0), 3)

    return [
        responses.Section(
            label=section.label,
            first_bar=section.start_bar,
            bars=section.bar_count,
            start_s=onset_s(section.start_bar),
            end_s=onset_s(section.start_bar + section.bar_count),
        )
        for section in sections
    ]
