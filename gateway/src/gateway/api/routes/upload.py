"""``POST /upload``: files in, all of them or none."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, BinaryIO

from fastapi import APIRouter, File, UploadFile
from servicekit.faults import Fault, InvalidInput, TooLarge

from gateway.api.dependencies import DeskPart, IdempotencyKey, JobsPart, PromisesPart, problems
from gateway.api.problems import Refused
from gateway.api.schemas import responses
from gateway.context import Desk
from gateway.files import recordings
from gateway.files.file_type import HEAD_BYTES, MAX_MIDI_BYTES, audio_type, check_audio, check_midi
from gateway.ids import draw_id
from gateway.storage import idempotency
from gateway.storage.idempotency import Promises
from gateway.storage.repository import FileRecord, Json, Promise
from gateway.workflows.job_service import Jobs

router = APIRouter()


@dataclass(frozen=True)
class Upload:
    """A file that came in; it lies on the disk unless it is small."""

    name: str
    media_type: str
    audio_type: str | None
    byte_count: int
    sha256: str
    file: BinaryIO

    def bytes(self, limit: int) -> bytes:
        """Read the first bytes."""
        self.file.seek(0)
        return self.file.read(limit)


@router.post("/upload", status_code=201, responses=problems(400, 409, 413, 415, 422, 429, 503, 507))
async def upload(
    desk: DeskPart,
    jobs: JobsPart,
    answers: PromisesPart,
    files: Annotated[
        list[UploadFile], File(description="MIDI files of at most 2 MiB; recordings as WAV, FLAC, Ogg Vorbis or MP3.")
    ],
    idempotency_key: IdempotencyKey = None,
) -> responses.Files:
    """Store one or more MIDI files or recordings. If one is refused, none is stored.

    A recording is of kind "audio" and names in `job` the job that writes it down as MIDI, for up to ten minutes of
    sound; whatever uses it before waits.
    """
    if len(files) > desk.settings.max_upload_files:
        raise TooLarge(f"{len(files)} files in one upload; {desk.settings.max_upload_files} are the most.")
    uploads = [await asyncio.to_thread(_take, file) for file in files]
    promise = idempotency.promise("/upload", idempotency_key, [[one.name, one.sha256] for one in uploads])
    async with answers.turn(promise) as answer:
        if answer is None:
            stored = await _read_all(desk, uploads)
            await _keep_all(desk, jobs, stored, uploads)
            answer = await _promised(desk, answers, promise, stored)
        if answer is not None:
            stored = await desk.records.files(answer["file_ids"])
    return responses.Files(files=[await recordings.reply(desk, record) for record in stored])


def _take(file: UploadFile) -> Upload:
    source = file.file
    digest = hashlib.sha256()
    head = source.read(HEAD_BYTES)
    part, byte_count = head, 0
    while part:
        digest.update(part)
        byte_count += len(part)
        part = source.read(1024 * 1024)
    return Upload(
        file.filename or "", file.content_type or "", audio_type(head), byte_count, digest.hexdigest(), source
    )


async def _read_all(desk: Desk, uploads: Sequence[Upload]) -> list[FileRecord]:
    """Describe every file, or say of each refused one why."""
    outcomes = await asyncio.gather(*(_read(desk, upload) for upload in uploads), return_exceptions=True)
    refused: list[tuple[str, Fault]] = []
    for upload, outcome in zip(uploads, outcomes, strict=True):
        if isinstance(outcome, InvalidInput):
            refused.append((upload.name, outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
    if refused:
        told = " ".join(f"{name or 'The file'}: {fault.message}" for name, fault in refused[:3])
        raise Refused(told, refused)
    return [outcome for outcome in outcomes if isinstance(outcome, FileRecord)]


async def _read(desk: Desk, upload: Upload) -> FileRecord:
    if upload.audio_type is not None:
        if fault := check_audio(upload.byte_count, desk.settings.max_audio_bytes):
            raise fault
        keep_s = desk.settings.keep_days * 86400
        return recordings.describe(upload.name, upload.audio_type, upload.sha256, upload.byte_count, keep_s)
    # One byte over the limit is enough to know.
    data = await asyncio.to_thread(upload.bytes, MAX_MIDI_BYTES + 1)
    if fault := check_midi(upload.name, upload.media_type, data):
        raise fault
    return await desk.pieces.describe(draw_id(), upload.name, "midi", data)


async def _keep_all(desk: Desk, jobs: Jobs, records: Sequence[FileRecord], uploads: Sequence[Upload]) -> None:
    """Store every file and start to write the recordings down, or take back what was done before one failed."""
    kept: list[FileRecord] = []
    try:
        for record, upload in zip(records, uploads, strict=True):
            upload.file.seek(0)
            await desk.pieces.keep_file(record, upload.file)
            kept.append(record)
        for record in records:
            if record.is_recording:
                await jobs.transcribe(record)
    except BaseException:
        await _take_back(desk, kept)
        raise


async def _promised(
    desk: Desk, answers: Promises, promise: Promise | None, stored: Sequence[FileRecord]
) -> Json | None:
    """Remember what a key was answered with. Where another gateway was first, its answer, and ours is taken back."""
    if promise is None:
        return None
    if await desk.records.save_promise(replace(promise, answer={"file_ids": [record.file_id for record in stored]})):
        return None
    await _take_back(desk, stored)
    return await answers.kept(promise)


async def _take_back(desk: Desk, records: Sequence[FileRecord]) -> None:
    for record in records:
        await recordings.remove(desk, record)
