"""The pieces that a job blends, in the common key: the music, and the file as it came where its beats were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from gateway.clients.grpc_requests import ParentPiece
from gateway.context import get_context
from gateway.domain.pieces import Notice
from gateway.storage.rows import FileRow
from gateway.workflows.workflow import intermediate_key


@dataclass(frozen=True)
class TransposedParent:
    """A piece to blend, transposed to the common key.

    Attributes
    ----------
    artifact_key : str
        Key of the transposed MIDI file, an intermediate.
    roles : dict of str to str
        The roles that a user has set, by track number.
    file_id, title, sha256 : str
        Of the file before it was transposed.
    notices : list of Notice
        What happened when it was transposed.
    original_key : str or None
        Key of the piece as it came, transposed likewise, if the music is on beats that were found.
    """

    artifact_key: Annotated[str, Field(alias="aside")]
    roles: dict[str, str]
    file_id: str
    title: str
    sha256: str
    notices: list[Notice]
    original_key: str | None = None


async def transpose_original(job_id: str, name: str, row: FileRow, semitones: int) -> str | None:
    """Transpose a piece as it came, if its music is on beats that were found; return the key of the result.

    Parameters
    ----------
    job_id : str
        Id of the job.
    name : str
        Name of the intermediate.
    row : FileRow
        The piece.
    semitones : int
        The interval by which its music was transposed.
    """
    if row.music_key == row.key:
        return None
    context = get_context()
    midi = await context.files.read_midi(row)
    if semitones:
        midi = (await context.services.transpose_by(midi, semitones, row.roles)).midi
    key = intermediate_key(job_id, f"{name}-original")
    await context.store.put(key, midi)
    return key


async def read_parents(parents: Sequence[TransposedParent]) -> list[ParentPiece]:
    """Read the pieces to blend from the store."""
    store = get_context().store
    return [
        ParentPiece(
            midi=await store.get(parent.artifact_key),
            roles=parent.roles,
            sha256=parent.sha256,
            original_midi=await store.get(parent.original_key) if parent.original_key else b"",
        )
        for parent in parents
    ]
