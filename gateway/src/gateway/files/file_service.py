"""Pieces of music as the gateway knows them: what the transposer says of a file, kept beside its bytes."""

from __future__ import annotations

import hashlib
import re
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from segue.common.v1.common_pb2 import ROLE_BASS, ROLE_DRUMS, ROLE_HARMONY, ROLE_LEAD, ROLE_NONE, Notice, RoleOverride
from segue.common.v1.common_pb2 import Role as RoleValue
from segue.transposer.v1.transposer_pb2 import DetectedKey, InspectRequest, InspectResponse, LocalKey, TrackInfo
from servicekit.faults import InvalidInput

from gateway import keys
from gateway.api.schemas import responses
from gateway.clients.service_clients import Services
from gateway.storage.artifacts import Store
from gateway.storage.repository import FileRecord, Json, Records

ROLES: Mapping[str, RoleValue.ValueType] = {
    "lead": ROLE_LEAD,
    "harmony": ROLE_HARMONY,
    "bass": ROLE_BASS,
    "drums": ROLE_DRUMS,
    "none": ROLE_NONE,
}

MAX_NAME_CHARACTERS = 160
_LONGEST_LISTED = 60


class Pieces:
    """Keeps pieces: bytes in the store, the description in the records.

    Parameters
    ----------
    services, store, records
        Where they are described and kept.
    keep_s : float
        Seconds until a piece expires that nobody saved.
    """

    def __init__(self, services: Services, store: Store, records: Records, keep_s: float) -> None:
        self._services = services
        self._store = store
        self._records = records
        self._keep_s = keep_s

    async def describe(self, file_id: str, name: str, kind: str, midi: bytes, **kept: Any) -> FileRecord:
        """Have a piece read, unless it comes with the `read` of it, and write its description; nothing is stored.

        Raises
        ------
        Fault
            `MidiUnreadable`, `MidiTooLarge` or `NoNotes` where it is no usable piece.
        """
        read = kept.pop("read", None)
        if read is None:
            read = await self._services.inspect(InspectRequest(midi=midi, include_local_keys=True))
        return FileRecord(
            file_id=file_id,
            name=clean_name(name),
            kind=kind,
            sha256=hashlib.sha256(midi).hexdigest(),
            byte_count=len(midi),
            summary=_summary(read),
            notices=notices(read.notices) + kept.pop("notices", []),
            expires_at_s=kept.pop("expires_at_s", time.time() + self._keep_s),
            **kept,
        )

    async def keep(self, record: FileRecord, midi: bytes) -> None:
        """Store a piece: the bytes first, so that a row never points at nothing."""
        await self._store.put(record.key, midi)
        await self._records.save_file(record)

    async def keep_file(self, record: FileRecord, file: BinaryIO) -> None:
        """Store a recording from an open file, never all of it in memory."""
        await self._store.put_file(record.key, file, record.byte_count)
        await self._records.save_file(record)

    async def read(self, midi: bytes) -> InspectResponse:
        """Have a piece read with everything that can be told of it: its notes, its bars, its keys."""
        return await self._services.inspect(InspectRequest(midi=midi, include_notes=True, include_local_keys=True))

    async def bytes(self, record: FileRecord) -> bytes:
        """Read a piece's MIDI file."""
        return await self._store.get(record.key)

    async def remove(self, record: FileRecord) -> None:
        """Remove a piece: the row first, so that a row never points at nothing."""
        await self._records.drop_file(record.file_id)
        await self._store.remove(record.key)

    async def override(self, record: FileRecord, changes: Mapping[str, str | None]) -> FileRecord:
        """Set or take back the roles of tracks, and describe the piece again.

        Raises
        ------
        InvalidInput
            For a track that the piece does not have.
        """
        assert record.summary is not None, "a piece has been read"
        known = {str(track["track"]) for track in record.summary["tracks"]}
        wanted = {str(int(track)): role for track, role in changes.items()}
        if unknown := sorted(set(wanted) - known):
            raise InvalidInput(f"The file has no track {unknown[0]}; it has {', '.join(sorted(known, key=int))}.")
        roles = {track: role for track, role in (record.roles | wanted).items() if role is not None}
        before = notices((await self._inspect(record, record.roles, include_notes=False)).notices)
        read = await self._inspect(record, roles, include_notes=False)
        # What the making of a result told stays, whatever its tracks are taken for.
        made = [notice for notice in record.notices if notice not in before]
        values = {"roles": roles, "summary": _summary(read), "notices": notices(read.notices) + made}
        await self._records.set_file(record.file_id, **values)
        return await self._records.file(record.file_id)

    async def notes(self, record: FileRecord) -> responses.Notes:
        """Read a piece's notes."""
        read = await self._inspect(record, record.roles, include_notes=True)
        return responses.Notes(
            duration_s=read.duration_s,
            tempo_bpm=read.tempo_bpm,
            bars_s=list(read.bar_onsets_s),
            tracks=[_roll_track(track) for track in read.tracks],
        )

    async def _inspect(self, record: FileRecord, roles: Mapping[str, str], *, include_notes: bool) -> InspectResponse:
        midi = await self.bytes(record)
        return await self._services.inspect(
            InspectRequest(
                midi=midi, roles=overrides(roles), include_notes=include_notes, include_local_keys=not include_notes
            )
        )


def overrides(roles: Mapping[str, str]) -> list[RoleOverride]:
    """Write the roles that a user has set for the services."""
    return [RoleOverride(track=int(track), role=ROLES[role]) for track, role in roles.items()]


def notices(found: Iterable[Notice]) -> list[Json]:
    """Write notices as the records keep them; one that comes twice stands once."""
    told = {(notice.reason, notice.message): None for notice in found}
    return [{"reason": reason, "message": message} for reason, message in told]


def clean_name(name: str, unnamed: str = "untitled.mid") -> str:
    """Take a name from a client for what it is: one line of text, no path, bounded.

    The browser's full paths lose their folders; control and format characters, with which a name could pose as
    another, are left out.
    """
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip()
    return shown[:MAX_NAME_CHARACTERS] or unnamed


def listing(names: Sequence[str]) -> str:
    """Join names for people: "A, B and C"; long ones are cut."""
    names = [name if len(name) <= _LONGEST_LISTED else f"{name[: _LONGEST_LISTED - 1].rstrip()}…" for name in names]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _summary(read: InspectResponse) -> Json:
    return responses.Summary(
        bars=read.bar_count,
        seconds=round(read.duration_s, 3),
        tempo_bpm=round(read.tempo_bpm, 2),
        meter=read.meter,
        key=_key(read.key) if read.HasField("key") else None,
        local_keys=[_local_key(stretch) for stretch in read.local_keys] if len(read.local_keys) > 1 else [],
        tracks=[_track(track) for track in read.tracks],
    ).model_dump(mode="json")


def _key(found: DetectedKey) -> responses.KeyGuess:
    runner_up = None
    if found.runner_up_confidence > 0:
        runner_up = responses.RunnerUp(name=keys.name(found.runner_up), confidence=round(found.runner_up_confidence, 3))
    return responses.KeyGuess(
        name=keys.name(found.key),
        confidence=round(found.confidence, 3),
        mode=found.mode_name or None,
        runner_up=runner_up,
    )


def _local_key(stretch: LocalKey) -> responses.LocalKey:
    return responses.LocalKey(
        name=keys.name(stretch.key),
        confidence=round(stretch.confidence, 3),
        first_bar=stretch.first_bar,
        bars=stretch.bar_count,
        start_s=round(stretch.onset_s, 3),
        end_s=round(stretch.end_s, 3),
    )


def _track(track: TrackInfo) -> responses.Track:
    return responses.Track(
        track=track.track,
        name=track.name,
        program=track.program,
        is_drum=track.is_drum,
        notes=track.note_count,
        role=_role(track),
        role_confidence=round(track.role_confidence, 3),
    )


def _roll_track(track: TrackInfo) -> responses.RollTrack:
    return responses.RollTrack(
        track=track.track,
        name=track.name,
        role=_role(track),
        program=track.program,
        is_drum=track.is_drum,
        notes=[(round(n.onset_s, 4), round(n.duration_s, 4), n.pitch, n.velocity) for n in track.notes],
    )


def _role(track: TrackInfo) -> responses.Role | None:
    for name in ("lead", "harmony", "bass", "drums"):
        if track.role == ROLES[name]:
            return name
    return None
