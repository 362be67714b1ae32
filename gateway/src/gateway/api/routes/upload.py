"""``POST /upload``: stores all files of a call, or none."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, BinaryIO

from fastapi import APIRouter, File, UploadFile
from servicekit.faults import Fault, InvalidInput, TooLarge

from gateway.api.dependencies import ContextDep, IdempotencyDep, IdempotencyKey, JobsDep, RightsDep, problems
from gateway.api.quota_headers import CallQuotasDep
from gateway.api.schemas import responses
from gateway.api.schemas.conversions import to_file_or_recording
from gateway.context import AppContext
from gateway.domain.json_codec import JsonObject
from gateway.domain.problem import MultipleFaults
from gateway.files import recordings
from gateway.files.file_service import DescribedFile, NewPiece
from gateway.files.file_type import HEAD_BYTES, MAX_MIDI_BYTES, audio_type, check_audio, check_midi
from gateway.ids import new_id
from gateway.storage import idempotency
from gateway.storage.idempotency import IdempotencyStore
from gateway.storage.rows import FileRow, IdempotencyRecord
from gateway.workflows.job_service import JobService

router = APIRouter()

_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """An uploaded file; it is on the disk unless it is small.

    Attributes
    ----------
    media_type : str
        The type that the client declared.
    audio_type : str or None
        The media type of a recording, recognized by its first bytes; None for any other file.
    """

    name: str
    media_type: str
    audio_type: str | None
    n_bytes: int
    sha256: str
    file: BinaryIO

    def head(self, n_bytes: int) -> bytes:
        """Return the first bytes."""
        self.file.seek(0)
        return self.file.read(n_bytes)


@router.post("/upload", status_code=201, responses=problems(400, 409, 413, 415, 422, 429, 503, 507))
async def upload(
    rights: RightsDep,
    quotas: CallQuotasDep,
    context: ContextDep,
    jobs: JobsDep,
    idempotency_store: IdempotencyDep,
    files: Annotated[
        list[UploadFile],
        File(description="MIDI files of at most 2 MiB; recordings as WAV, FLAC, Ogg, MP3, M4A, AAC, WebM or AIFF."),
    ],
    idempotency_key: IdempotencyKey = None,
) -> responses.Files:
    """Store one or more MIDI files or recordings. If one is refused, none is stored.

    A recording has kind "audio", and names in `job` the job that transcribes it to MIDI, up to ten minutes of audio;
    whatever uses it earlier waits.

    \f

    Parameters
    ----------
    rights : Rights
        What exists for the caller.
    quotas : CallQuotas
        What the caller may store.
    context : AppContext
        The application context.
    jobs : JobService
        Starts transcriptions.
    idempotency_store : IdempotencyStore
        Responses of earlier calls.
    files : list of UploadFile
        The files.
    idempotency_key : str or None
        The client's key for this call.
    """
    if len(files) > context.settings.max_upload_files:
        raise TooLarge(f"The upload has {len(files)} files; the limit is {context.settings.max_upload_files}.")
    uploads = [await asyncio.to_thread(_digest, file) for file in files]
    caller, contents = rights.caller, [[each.name, each.sha256] for each in uploads]
    record = idempotency.new_record("/upload", idempotency_key, contents, caller.key)
    async with idempotency_store.lock(record) as stored:
        if stored is None:
            await quotas.take_bytes(sum(each.n_bytes for each in uploads))
            if n_recordings := sum(each.audio_type is not None for each in uploads):
                await quotas.take_jobs(n_recordings)
            described = await _describe_all(context, uploads, caller.account_id)
            await _save_all(context, jobs, described, uploads)
            rows = [file.row for file in described]
            stored = await _remember(context, idempotency_store, record, rows)
        if stored is not None:
            rows = await rights.get_files(stored["file_ids"])
    return responses.Files(files=[await to_file_or_recording(context, row) for row in rows])


def _digest(file: UploadFile) -> Upload:
    source = file.file
    digest = hashlib.sha256()
    head = source.read(HEAD_BYTES)
    chunk, n_bytes = head, 0
    while chunk:
        digest.update(chunk)
        n_bytes += len(chunk)
        chunk = source.read(_CHUNK_BYTES)
    return Upload(file.filename or "", file.content_type or "", audio_type(head), n_bytes, digest.hexdigest(), source)


async def _describe_all(context: AppContext, uploads: Sequence[Upload], owner_id: str | None) -> list[DescribedFile]:
    """Return the description of every file, or raise a fault that names each refused one.

    Parameters
    ----------
    context : AppContext
        The application context.
    uploads : sequence of Upload
        The files.
    owner_id : str or None
        The account that they will belong to.
    """
    calls = (_describe(context, upload, owner_id) for upload in uploads)
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    errors: list[tuple[str, Fault]] = []
    for upload, outcome in zip(uploads, outcomes, strict=True):
        if isinstance(outcome, InvalidInput):
            errors.append((upload.name, outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
    if errors:
        message = " ".join(f"{name or 'The file'}: {fault.message}" for name, fault in errors[:3])
        raise MultipleFaults(message, errors)
    return [outcome for outcome in outcomes if isinstance(outcome, DescribedFile)]


async def _describe(context: AppContext, upload: Upload, owner_id: str | None) -> DescribedFile:
    if upload.audio_type is not None:
        if fault := check_audio(upload.n_bytes, context.settings.max_audio_bytes):
            raise fault
        keep_s = context.settings.keep_days * 86400
        row = recordings.describe(upload.name, upload.audio_type, upload.sha256, upload.n_bytes, keep_s)
        return DescribedFile(replace(row, owner_id=owner_id))
    # One byte more than the limit shows that a file is too large.
    midi = await asyncio.to_thread(upload.head, MAX_MIDI_BYTES + 1)
    if fault := check_midi(upload.name, upload.media_type, midi):
        raise fault
    piece = NewPiece(file_id=new_id(), name=upload.name, kind="midi", owner_id=owner_id)
    return await context.files.describe(piece, midi)


async def _save_all(
    context: AppContext, jobs: JobService, files: Sequence[DescribedFile], uploads: Sequence[Upload]
) -> None:
    """Store every file and start the transcriptions; if one fails, delete those that were stored."""
    saved: list[FileRow] = []
    try:
        for file, upload in zip(files, uploads, strict=True):
            upload.file.seek(0)
            await context.files.save_stream(file, upload.file)
            saved.append(file.row)
        for row in saved:
            if row.is_recording:
                await jobs.transcribe(row)
    except BaseException:
        await _delete_all(context, saved)
        raise


async def _remember(
    context: AppContext, store: IdempotencyStore, record: IdempotencyRecord | None, rows: Sequence[FileRow]
) -> JsonObject | None:
    """Store the response of a key. If another gateway was first, return its response, and delete these files."""
    if record is None:
        return None
    response = {"file_ids": [row.file_id for row in rows]}
    if await context.repository.insert_idempotency(replace(record, response=response)):
        return None
    await _delete_all(context, rows)
    return await store.stored_response(record)


async def _delete_all(context: AppContext, rows: Sequence[FileRow]) -> None:
    for row in rows:
        await recordings.delete(context, row)
