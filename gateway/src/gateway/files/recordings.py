"""Recordings: audio from a client, which a job transcribes to MIDI.

The transcription is a piece of its own, with an id that follows from the job's. Wherever a recording is used as music,
its transcription takes its place.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

from servicekit.faults import Conflict, Fault, NotFound

from gateway.context import AppContext
from gateway.domain.jobs import JobState
from gateway.domain.json_codec import from_json, to_json
from gateway.domain.provenance import RecordingProvenance
from gateway.files.file_names import sanitize_filename
from gateway.ids import derive_id, new_id
from gateway.storage.rows import FileRow


def describe(name: str, media_type: str, sha256: str, n_bytes: int, keep_s: float) -> FileRow:
    """Return the row of a new recording; nothing is stored, and no job starts.

    Parameters
    ----------
    name : str
        File name from the client.
    media_type : str
        Type that the first bytes show, such as "audio/flac".
    sha256 : str
        Hash of the file.
    n_bytes : int
        Its size.
    keep_s : float
        Seconds until it expires.
    """
    return FileRow(
        file_id=new_id(),
        name=sanitize_filename(name, "untitled"),
        kind="audio",
        sha256=sha256,
        byte_count=n_bytes,
        summary=None,
        notices=[],
        provenance=to_json(RecordingProvenance(job_id=new_id(), media_type=media_type)),
        expires_at_s=time.time() + keep_s,
    )


def provenance_of(recording: FileRow) -> RecordingProvenance:
    """Return the job and the media type of a recording."""
    return from_json(RecordingProvenance, recording.provenance)


def transcription_job_id(recording: FileRow) -> str:
    """Return the id of the job that transcribes a recording."""
    return provenance_of(recording).job_id


def transcription_id(recording: FileRow) -> str:
    """Return the id of the piece that a recording's transcription is."""
    return derive_id(transcription_job_id(recording), "transcription")


def include_transcriptions(rows: Iterable[FileRow]) -> list[str]:
    """Return the ids of files, and of the transcriptions of those that are recordings."""
    return [
        file_id for row in rows for file_id in (row.file_id, *((transcription_id(row),) if row.is_recording else ()))
    ]


async def resolve_to_midi(context: AppContext, row: FileRow) -> FileRow:
    """Return the piece itself, or the transcription of a recording.

    Raises
    ------
    Conflict
        If the recording is not transcribed yet, or could not be.
    NotFound
        If the transcription has been deleted.
    """
    if not row.is_recording:
        return row
    transcription = await find_transcription(context, row)
    if transcription is None:
        raise await _missing_transcription_error(context, row)
    return transcription


async def find_transcription(context: AppContext, recording: FileRow) -> FileRow | None:
    """Return the transcription of a recording; None if there is none."""
    with contextlib.suppress(NotFound):
        return await context.repository.get_file(transcription_id(recording))
    return None


async def delete(context: AppContext, row: FileRow) -> None:
    """Delete a file; of a recording, also its transcription, and cancel its job."""
    if row.is_recording:
        await context.update_job(transcription_job_id(row), state=JobState.CANCELLED.value, stage="Cancelled")
        with contextlib.suppress(NotFound):
            await context.files.delete(await context.repository.get_file(transcription_id(row)))
    await context.files.delete(row)


async def _missing_transcription_error(context: AppContext, recording: FileRow) -> Fault:
    job_id = transcription_job_id(recording)
    with contextlib.suppress(NotFound):
        job = await context.repository.get_job(job_id)
        if not job.is_finished:
            return Conflict("This recording is still being transcribed. Watch its job, then try again.", job=job_id)
        if job.state == JobState.CANCELLED:
            return Conflict("The transcription of this recording was cancelled. Upload it again.", job=job_id)
        if job.error is not None:
            return Conflict(f"This recording could not be transcribed: {job.error.detail}", job=job_id)
    return NotFound("The transcription of this recording no longer exists. Upload the recording again.")
