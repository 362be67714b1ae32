"""Pieces of music: inspects, stores, reads and deletes them. Bytes go to the artifact store, descriptions to rows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from segue.transposer.v1.transposer_pb2 import InspectRequest, InspectResponse
from servicekit.faults import InvalidInput

from gateway.clients.grpc_requests import build_role_overrides
from gateway.clients.service_clients import ServiceClients
from gateway.domain.json_codec import to_json
from gateway.domain.pieces import Notice
from gateway.domain.provenance import Provenance
from gateway.files.file_names import sanitize_filename
from gateway.files.inspection import to_notices, to_summary
from gateway.storage.artifacts import ArtifactStore
from gateway.storage.repository import Repository
from gateway.storage.rows import FileRow


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
    """

    file_id: str
    name: str
    kind: Literal["midi", "result"]
    provenance: Provenance | None = None
    notices: Sequence[Notice] = field(default_factory=list)
    is_permanent: bool = False


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

    async def describe(self, piece: NewPiece, midi: bytes, inspection: InspectResponse | None = None) -> FileRow:
        """Return the row of a new piece; nothing is stored.

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
            inspection = await self._services.inspect(InspectRequest(midi=midi, include_local_keys=True))
        return FileRow(
            file_id=piece.file_id,
            name=sanitize_filename(piece.name),
            kind=piece.kind,
            sha256=hashlib.sha256(midi).hexdigest(),
            byte_count=len(midi),
            summary=to_summary(inspection),
            notices=[*to_notices(inspection.notices), *piece.notices],
            provenance={} if piece.provenance is None else to_json(piece.provenance),
            expires_at_s=None if piece.is_permanent else time.time() + self._keep_s,
        )

    async def save(self, row: FileRow, midi: bytes) -> None:
        """Store a piece: the bytes first, so that no row refers to a missing artifact."""
        await self._store.put(row.key, midi)
        await self._repository.save_file(row)

    async def save_stream(self, row: FileRow, file: BinaryIO) -> None:
        """Store an uploaded file, never all of it in memory."""
        await self._store.put_file(row.key, file, row.byte_count)
        await self._repository.save_file(row)

    async def analyze(self, midi: bytes) -> InspectResponse:
        """Return the full description of a piece: its notes, its bars and its keys."""
        return await self._services.inspect(InspectRequest(midi=midi, include_notes=True, include_local_keys=True))

    async def read_midi(self, row: FileRow) -> bytes:
        """Return the MIDI file of a piece."""
        return await self._store.get(row.key)

    async def delete(self, row: FileRow) -> None:
        """Delete a file: the row first, so that no row refers to a missing artifact."""
        await self._repository.delete_file(row.file_id)
        await self._store.delete(row.key)

    async def set_roles(self, row: FileRow, changes: Mapping[str, str | None]) -> FileRow:
        """Set the roles of tracks, and describe the piece again.

        Parameters
        ----------
        row : FileRow
            The piece.
        changes : mapping of str to (str or None)
            Role by track number; None restores the detected role.

        Raises
        ------
        InvalidInput
            If the piece does not have one of the tracks.
        """
        assert row.summary is not None, "a piece has a summary"
        known = {str(track.track) for track in row.summary.tracks}
        requested = {str(int(track)): role for track, role in changes.items()}
        if unknown := sorted(set(requested) - known):
            raise InvalidInput(f"The file has no track {unknown[0]}; it has {', '.join(sorted(known, key=int))}.")
        overrides = {track: role for track, role in (row.roles | requested).items() if role is not None}
        before = to_notices((await self._inspect(row, row.roles)).notices)
        inspection = await self._inspect(row, overrides)
        # Notices about how a result was made stay, whatever roles its tracks have.
        creation = [notice for notice in row.notices if notice not in before]
        await self._repository.update_file(
            row.file_id,
            roles=overrides,
            summary=to_summary(inspection),
            notices=to_notices(inspection.notices) + creation,
        )
        return await self._repository.get_file(row.file_id)

    async def inspect_notes(self, row: FileRow) -> InspectResponse:
        """Return the notes of a piece, its bars and the roles of its tracks."""
        return await self._inspect(row, row.roles, include_notes=True)

    async def _inspect(
        self, row: FileRow, role_overrides: Mapping[str, str], *, include_notes: bool = False
    ) -> InspectResponse:
        midi = await self.read_midi(row)
        return await self._services.inspect(
            InspectRequest(
                midi=midi,
                roles=build_role_overrides(role_overrides),
                include_notes=include_notes,
                include_local_keys=not include_notes,
            )
        )
