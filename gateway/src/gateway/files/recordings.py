"""Recordings: audio from a client, which a job writes down as MIDI.

What the job wrote is a piece of its own, with an id that follows from the job's. Wherever music is asked of a
recording, that piece answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterable

from servicekit.faults import Conflict, Fault, NotFound

from gateway.api.schemas import responses
from gateway.context import Desk
from gateway.files.file_service import clean_name
from gateway.ids import derive_id, draw_id
from gateway.storage.repository import FileRecord, JobRecord, State

METHOD = "transcribe"
"""Of the jobs that write recordings down."""

_LOOK_S = 1.0
"""Seconds between two looks at a job that is waited for: another gateway may do it."""


def describe(name: str, media_type: str, sha256: str, byte_count: int, keep_s: float) -> FileRecord:
    """Write a recording's description; nothing is stored, and no job begins."""
    return FileRecord(
        file_id=draw_id(),
        name=clean_name(name, "untitled"),
        kind="audio",
        sha256=sha256,
        byte_count=byte_count,
        summary=None,
        notices=[],
        provenance={"job": draw_id(), "media_type": media_type},
        expires_at_s=time.time() + keep_s,
    )


def job_of(recording: FileRecord) -> str:
    """Give the id of the job that writes a recording down."""
    return str(recording.provenance["job"])


def transcription_id(recording: FileRecord) -> str:
    """Give the id of the piece that is written down from a recording."""
    return derive_id(job_of(recording), "transcription")


def with_transcriptions(records: Iterable[FileRecord]) -> list[str]:
    """Name files, and of recordings their transcriptions too."""
    return [
        file_id
        for record in records
        for file_id in (record.file_id, *((transcription_id(record),) if record.is_recording else ()))
    ]


async def piece(desk: Desk, record: FileRecord) -> FileRecord:
    """Give the piece that a file stands for: itself, or what was written down from a recording.

    Raises
    ------
    Conflict
        For a recording that is not written down yet, or could not be.
    NotFound
        For one whose transcription has been deleted.
    """
    if not record.is_recording:
        return record
    try:
        return await desk.records.file(transcription_id(record))
    except NotFound:
        raise await _absence(desk, record) from None


async def reply(desk: Desk, record: FileRecord) -> responses.File:
    """Write a file as the contract has it, a recording with what was written down from it."""
    if not record.is_recording:
        return responses.file(record)
    written = None
    with contextlib.suppress(NotFound):
        written = await desk.records.file(transcription_id(record))
    return responses.recording(record, job_of(record), written)


async def remove(desk: Desk, record: FileRecord) -> None:
    """Remove a file; with a recording, its transcription and the job that writes it."""
    if record.is_recording:
        await desk.change_job(job_of(record), state=State.CANCELLED.value, stage="Cancelled")
        with contextlib.suppress(NotFound):
            await desk.pieces.remove(await desk.records.file(transcription_id(record)))
    await desk.pieces.remove(record)


async def watch(desk: Desk, job_id: str) -> AsyncGenerator[JobRecord, None]:
    """Give a job as it goes on, ending with the state it ends in."""
    while True:
        change = desk.bell.listen()
        job = await desk.records.job(job_id)
        yield job
        if job.is_over:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(change.wait(), _LOOK_S)


async def _absence(desk: Desk, recording: FileRecord) -> Fault:
    """Say why a recording has no transcription."""
    job_id = job_of(recording)
    with contextlib.suppress(NotFound):
        job = await desk.records.job(job_id)
        if not job.is_over:
            return Conflict("This recording is still being written down. Watch its job, then ask again.", job=job_id)
        if job.state == State.CANCELLED:
            return Conflict("The transcription of this recording was cancelled. Upload it again.", job=job_id)
        if job.error is not None:
            return Conflict(f"This recording could not be written down: {job.error['detail']}", job=job_id)
    return NotFound("The transcription of this recording is gone. Upload the recording again.")
