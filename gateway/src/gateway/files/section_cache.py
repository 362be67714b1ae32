"""The sections of pieces, as the vae service segments them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence

from cachetools import LRUCache
from segue.vae.v1 import vae_pb2
from servicekit.faults import InvalidInput, NotReady, Overloaded, UpstreamUnavailable

from gateway.clients.grpc_requests import build_role_overrides
from gateway.context import AppContext
from gateway.domain.pieces import Section
from gateway.files import recordings
from gateway.storage.rows import FileRow

_MAX_PIECES = 1000


class SectionCache:
    """Caches the sections of pieces: the vae is called once for the same notes with the same roles and beats.

    Parameters
    ----------
    context : AppContext
        The vae client, and the pieces.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._sections: LRUCache[tuple[str, str, str], list[Section]] = LRUCache(_MAX_PIECES)

    async def get(self, row: FileRow) -> list[Section]:
        """Return the sections of a piece, or of the transcription of a recording.

        Raises
        ------
        Conflict
            If a recording has no transcription.
        """
        piece = await recordings.resolve_to_midi(self._context, row)
        grid = "file" if piece.summary is None else piece.summary.grid
        key = piece.sha256, json.dumps(piece.roles, sort_keys=True), grid
        sections = self._sections.get(key)
        if sections is None:
            sections = self._sections[key] = await self._segment(piece)
        return sections

    async def check(self, row: FileRow, labels: Sequence[str]) -> None:
        """Check that a piece has sections with these labels.

        If that cannot be found out now, because the vae is unavailable or the piece is a recording, the job will.

        Raises
        ------
        InvalidInput
            If a label is unknown; the message names the labels that exist.
        """
        if not labels or row.is_recording:
            return
        with contextlib.suppress(UpstreamUnavailable, NotReady, Overloaded):
            known = {section.label: None for section in await self.get(row)}
            for label in labels:
                if label not in known:
                    has = ", ".join(known)
                    message = f"`section_weights`: the first piece has no section {label!r}; it has {has}."
                    raise InvalidInput(message, field="section_weights", sections=has)

    async def _segment(self, piece: FileRow) -> list[Section]:
        midi = await self._context.files.read_music(piece)
        overrides = build_role_overrides(piece.roles)
        encoding = await self._context.services.encode(vae_pb2.EncodeRequest(midi=midi, roles=overrides))
        inspection = await self._context.files.analyze(midi)
        return to_sections(encoding.sections, inspection.bar_onsets_s, inspection.duration_s)


def to_sections(messages: Sequence[vae_pb2.Section], bars_s: Sequence[float], duration_s: float) -> list[Section]:
    """Convert sections in bars to sections with times.

    Parameters
    ----------
    messages : sequence of Section
        Sections in bars, in order.
    bars_s : sequence of float
        Onset of each bar in seconds. A piece that was converted to another meter has more or fewer bars in its
        sections than here: times follow in proportion.
    duration_s : float
        Duration of the piece.
    """
    if not messages:
        return []
    n_bars = messages[-1].start_bar + messages[-1].bar_count
    scale = len(bars_s) / n_bars

    def onset_s(bar: int) -> float:
        index = round(bar * scale)
        return round(bars_s[index] if index < len(bars_s) else max(duration_s, *bars_s[-1:], 0.0), 3)

    return [
        Section(
            label=message.label,
            first_bar=message.start_bar,
            bars=message.bar_count,
            start_s=onset_s(message.start_bar),
            end_s=onset_s(message.start_bar + message.bar_count),
        )
        for message in messages
    ]
