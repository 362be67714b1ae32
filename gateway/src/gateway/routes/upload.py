"""``POST /upload``: files in, all of them or none."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from servicekit.faults import Fault, InvalidInput, TooLarge

from gateway import promises, replies
from gateway.desk import Desk
from gateway.ids import draw_id
from gateway.problems import Refused
from gateway.records import FileRecord
from gateway.routes.parts import DeskPart, IdempotencyKey, problems
from gateway.uploads import MAX_MIDI_BYTES, check

router = APIRouter()

Upload = tuple[str, str, bytes]
"""Name, media type and bytes."""


@router.post("/upload", status_code=201, responses=problems(400, 413, 415, 422, 429, 503, 507))
async def upload(
    desk: DeskPart,
    files: Annotated[list[UploadFile], File(description="MIDI files, at most 2 MiB each.")],
    idempotency_key: IdempotencyKey = None,
) -> replies.Files:
    """Store one or more MIDI files. If one is refused, none is stored."""
    if len(files) > desk.settings.max_upload_files:
        raise TooLarge(f"{len(files)} files in one upload; {desk.settings.max_upload_files} are the most.")
    uploads = [await _take(file) for file in files]
    body = [[name, hashlib.sha256(data).hexdigest()] for name, _, data in uploads]
    promise = promises.promise("/upload", idempotency_key, body)
    if answer := await promises.kept(desk.records, promise):
        return replies.Files(files=[replies.file(record) for record in await desk.records.files(answer["file_ids"])])
    records = await _read_all(desk, uploads)
    await _keep_all(desk, records, uploads)
    if promise is not None:
        answer = {"file_ids": [record.file_id for record in records]}
        await desk.records.save_promise(replace(promise, answer=answer))
    return replies.Files(files=[replies.file(record) for record in records])


async def _take(file: UploadFile) -> Upload:
    # One byte over the limit is enough to know.
    return file.filename or "", file.content_type or "", await file.read(MAX_MIDI_BYTES + 1)


async def _read_all(desk: Desk, uploads: list[Upload]) -> list[FileRecord]:
    """Describe every file, or say of each refused one why."""
    outcomes = await asyncio.gather(*(_read(desk, *upload) for upload in uploads), return_exceptions=True)
    refused: list[tuple[str, Fault]] = []
    for (name, _, _), outcome in zip(uploads, outcomes, strict=True):
        if isinstance(outcome, InvalidInput):
            refused.append((name, outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
    if refused:
        told = " ".join(f"{name or 'The file'}: {fault.message}" for name, fault in refused[:3])
        raise Refused(told, refused)
    return [outcome for outcome in outcomes if isinstance(outcome, FileRecord)]


async def _read(desk: Desk, name: str, media_type: str, data: bytes) -> FileRecord:
    if fault := check(name, media_type, data):
        raise fault
    return await desk.pieces.describe(draw_id(), name, "midi", data)


async def _keep_all(desk: Desk, records: list[FileRecord], uploads: list[Upload]) -> None:
    """Store every file, or take back those that were stored before one failed."""
    kept: list[FileRecord] = []
    try:
        for record, (_, _, data) in zip(records, uploads, strict=True):
            await desk.pieces.keep(record, data)
            kept.append(record)
    except BaseException:
        for record in kept:
            await desk.pieces.remove(record)
        raise
