"""Pieces of music: inspects, stores, reads and deletes them. Bytes go to the artifact store, descriptions to rows."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Literal

from segue.transposer.v1.transposer_pb2 import (
    GRID_SOURCE_FILE,
    GRID_SOURCE_FOUND,
    GRID_SOURCE_UNSPECIFIED,
    GridSource,
    InspectRequest,
    InspectResponse,
)
from servicekit.faults import Fault, InvalidInput

from gateway.clients.grpc_requests import build_role_overrides
from gateway.clients.service_clients import ServiceClients
from gateway.domain.json_codec import to_json
from gateway.domain.pieces import GridName, Notice
from gateway.domain.provenance import Provenance
from gateway.files.file_names import sanitize_filename
from gateway.files.inspection import to_summary
from gateway.files.notices import to_notices
from gateway.storage.artifacts import ArtifactStore
from gateway.storage.repository import Repository
from gateway.storage.rows import FileRow

_GRID_SOURCES: dict[GridName | None, GridSource.ValueType] = {
    None: GRID_SOURCE_UNSPECIFIED,
    "file": GRID_SOURCE_FILE,
    "found": GRID_SOURCE_FOUND,
}


@dataclass(frozen=True, kw_only=True)
class NewPiece:
    """A piece that is to be described.

    Attributes
    ----------
    file_id : str
        Id for the new file.
    name : str
        File name for people; it is sanitized.
    kind : "midi" or "result"
        Whether it was uploaded or made by Segue.
    provenance : Provenance or None
        How a result was made.
    notices : list of Notice
        What happened when it was made; the notices of reading the file are added.
    is_permanent : bool
        Whether it never expires.
    owner_id : str or None
        The account that it belongs to.
    job_id : str or None
        The job that writes it.
    """

    file_id: str
    name: str
    kind: Literal["midi", "result"]
    provenance: Provenance | None = None
    notices: Sequence[Notice] = field(default_factory=list)
    is_permanent: bool = False
    owner_id: str | None = None
    job_id: str | None = None


@dataclass(frozen=True)
class DescribedFile:
    """A file that is to be stored.

    Attributes
    ----------
    row : FileRow
        Its description.
    gridded_midi : bytes
        The piece on the beats that were found; empty where the file's own are used.
    """

    row: FileRow
    gridded_midi: bytes = b""


class FileService:
    """Stores pieces: bytes in the artifact store, descriptions in the repository.

    Parameters
    ----------
    services : ServiceClients
        Client of the transposer, which inspects pieces.
    store : ArtifactStore
        Store of the bytes.
    repository : Repository
        Repository of the rows.
    keep_s : float
        Seconds until a piece expires.
    """

    def __init__(self, services: ServiceClients, store: ArtifactStore, repository: Repository, keep_s: float) -> None:
        self._services = services
        self._store = store
        self._repository = repository
        self._keep_s = keep_s

    async def describe(self, piece: NewPiece, midi: bytes, inspection: InspectResponse | None = None) -> DescribedFile:
        """Return the description of a new piece; nothing is stored.

        The beats of an upload may be found from its notes. A result has the beats that Segue gave it.

        Parameters
        ----------
        piece : NewPiece
            Id, name and provenance.
        midi : bytes
            The MIDI file.
        inspection : InspectResponse or None
            The transposer's description; it is requested if absent.

        Raises
        ------
        Fault
            `MidiUnreadable`, `MidiTooLarge` or `NoNotes` if the file cannot be used.
        """
        if inspection is None:
            grid = GRID_SOURCE_UNSPECIFIED if piece.kind == "midi" else GRID_SOURCE_FILE
            inspection = await self._services.inspect(InspectRequest(midi=midi, include_local_keys=True, grid=grid))
        row = FileRow(
            file_id=piece.file_id,
            name=sanitize_filename(piece.name),
            kind=piece.kind,
            method=getattr(piece.provenance, "method", None),
            job_id=piece.job_id,
            owner_id=piece.owner_id,
            sha256=hashlib.sha256(midi).hexdigest(),
            byte_count=len(midi),
            summary=to_summary(inspection),
            notices=[],
            provenance={} if piece.provenance is None else to_json(piece.provenance),
            expires_at_s=None if piece.is_permanent else time.time() + self._keep_s,
        )
        notices = [*_reading_notices(row, inspection), *piece.notices]
        return DescribedFile(replace(row, notices=notices), inspection.gridded_midi)

    async def save(self, file: DescribedFile, midi: bytes) -> None:
        """Store a piece: the bytes first, so that no row refers to a missing artifact."""
        await self._store.put(file.row.key, midi)
        await self._save_row(file)

    async def save_result(self, file: DescribedFile, midi: bytes) -> FileRow:
        """Store a result under a title that no result like it has; return its row."""
        await self._store.put(file.row.key, midi)
        async with self._purged_if_refused(file.row):
            return await self._repository.save_result(file.row)

    async def save_stream(self, file: DescribedFile, content: BinaryIO) -> None:
        """Store an uploaded file, never all of it in memory."""
        await self._store.put_file(file.row.key, content, file.row.byte_count)
        await self._save_row(file)

    async def analyze(self, midi: bytes) -> InspectResponse:
        """Return the full description of a piece: its notes, its bars and its keys."""
        return await self._services.inspect(
            InspectRequest(midi=midi, include_notes=True, include_local_keys=True, grid=GRID_SOURCE_FILE)
        )

    async def read_midi(self, row: FileRow) -> bytes:
        """Return the MIDI file of a piece as it came: what is played, downloaded and hashed."""
        return await self._store.get(row.key)

    async def read_music(self, row: FileRow) -> bytes:
        """Return the piece on its beats, which may be found ones: what is described, transposed and blended."""
        return await self._store.get(row.music_key)

    async def delete(self, row: FileRow) -> None:
        """Delete a file: the row first, so that no row refers to a missing artifact."""
        await self._repository.delete_file(row.file_id)
        await self._purge(row)

    async def change(
        self, row: FileRow, role_changes: Mapping[str, str | None], grid: GridName | None = None
    ) -> FileRow:
        """Set the roles of tracks or the source of the beats, and describe the piece again.

        Parameters
        ----------
        row : FileRow
            The piece.
        role_changes : mapping of str to (str or None)
            Role by track number; None restores the detected role.
        grid : "file", "found" or None
            Where beats, bars and tempo are to come from; None leaves that as it is.

        Raises
        ------
        InvalidInput
            If the piece does not have one of the tracks.
        """
        overrides = _merge_roles(row, role_changes)
        changed = replace(row, roles=overrides, grid=grid or row.grid)
        inspection = await self._inspect_original(changed)
        # Notices about how a result was made stay, whatever roles its tracks have.
        before = [] if row.kind == "midi" else to_notices((await self._inspect_original(row)).notices)
        creation = [notice for notice in row.notices if row.kind != "midi" and notice not in before]
        changed = replace(changed, summary=to_summary(inspection))
        if inspection.gridded_midi:
            await self._store.put(changed.gridded_key, inspection.gridded_midi)
        await self._repository.update_file(
            row.file_id,
            roles=changed.roles,
            grid=changed.grid,
            summary=changed.summary,
            notices=_reading_notices(row, inspection) + creation,
        )
        return await self._repository.get_file(row.file_id)

    async def inspect_notes(self, row: FileRow) -> InspectResponse:
        """Return the notes of a piece, its bars and the roles of its tracks."""
        return await self._services.inspect(
            InspectRequest(
                midi=await self.read_music(row),
                roles=build_role_overrides(row.roles),
                include_notes=True,
                grid=GRID_SOURCE_FILE,
            )
        )

    async def _inspect_original(self, row: FileRow) -> InspectResponse:
        """Describe a piece from the bytes that came, with the roles and the source of beats that its row asks for."""
        grid = _GRID_SOURCES[row.grid] if row.grid or row.kind == "midi" else GRID_SOURCE_FILE
        return await self._services.inspect(
            InspectRequest(
                midi=await self.read_midi(row),
                roles=build_role_overrides(row.roles),
                include_local_keys=True,
                grid=grid,
            )
        )

    async def _save_row(self, file: DescribedFile) -> None:
        if file.gridded_midi:
            await self._store.put(file.row.gridded_key, file.gridded_midi)
        async with self._purged_if_refused(file.row):
            await self._repository.save_file(file.row)

    @contextlib.asynccontextmanager
    async def _purged_if_refused(self, row: FileRow) -> AsyncIterator[None]:
        """Delete a file's bytes if its row is refused, because its owner or its job does not exist any more."""
        try:
            yield
        except Fault:
            await self._purge(row)
            raise

    async def _purge(self, row: FileRow) -> None:
        await self._store.delete(row.key)
        if not row.is_recording:
            await self._store.delete(row.gridded_key)


def _reading_notices(row: FileRow, inspection: InspectResponse) -> list[Notice]:
    """Return what happened when a piece was read; nothing of a piece whose notes Segue wrote."""
    return [] if row.is_generated else to_notices(inspection.notices)


def _merge_roles(row: FileRow, changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return the roles that a user has set, after changes; `InvalidInput` for a track that does not exist."""
    assert row.summary is not None, "a piece has a summary"
    known = {str(track.track) for track in row.summary.tracks}
    requested = {str(int(track)): role for track, role in changes.items()}
    if unknown := sorted(set(requested) - known):
        raise InvalidInput(f"The file has no track {unknown[0]}; it has {', '.join(sorted(known, key=int))}.")
    return {track: role for track, role in (row.roles | requested).items() if role is not None}
