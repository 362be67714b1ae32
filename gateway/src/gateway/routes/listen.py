"""``/play`` and ``/download``: a piece as sound, and as a file to keep."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from servicekit.faults import RangeUnsatisfiable

from gateway import ranges
from gateway.audio import Audio
from gateway.records import FileRecord
from gateway.routes.parts import AudioPart, DeskPart, FileId, problems

router = APIRouter()

RangeHeader = Annotated[str | None, Header(alias="Range", max_length=200, description="One range of bytes.")]
IfRange = Annotated[str | None, Header(alias="If-Range", max_length=200)]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=2000)]
Format = Annotated[Literal["mid", "wav", "flac", "ogg", "mp3"], Query(description="The file format.")]

_BINARY = {"schema": {"type": "string", "format": "binary"}}


def _documented(*media_types: str) -> dict[int | str, dict[str, Any]]:
    content = dict.fromkeys(media_types, _BINARY)
    return {
        200: {"description": "The whole file.", "content": content},
        206: {"description": "The range asked for.", "content": content},
        304: {"description": "The client has it already."},
    }


_PLAYED = _documented("audio/wav") | problems(404, 416, 422, 429, 503, 504)
_SAVED = _documented("audio/midi", "audio/wav", "audio/flac", "audio/ogg", "audio/mpeg") | problems(
    404, 416, 422, 429, 503, 504
)


@router.head("/play/{file_id}", include_in_schema=False)
@router.get("/play/{file_id}", response_class=Response, responses=_PLAYED)
async def play(
    request: Request,
    file_id: FileId,
    desk: DeskPart,
    audio: AudioPart,
    range_asked: RangeHeader = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Play a piece: PCM WAV of known length, sent while it is still being rendered."""
    record = await desk.records.file(file_id)
    sound = await audio.audio(await desk.pieces.bytes(record), record.sha256, "wav")
    headers = {"Content-Disposition": "inline"}
    return await _send(request, sound, headers, range_asked, if_range, if_none_match)


@router.head("/download/{file_id}", include_in_schema=False)
@router.get("/download/{file_id}", response_class=Response, responses=_SAVED)
async def download(
    request: Request,
    file_id: FileId,
    desk: DeskPart,
    audio: AudioPart,
    format: Format = "mid",  # noqa: A002  the contract's name
    range_asked: RangeHeader = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Save a piece as MIDI or as audio."""
    record = await desk.records.file(file_id)
    midi = await desk.pieces.bytes(record)
    headers = {"Content-Disposition": _attachment(record, format)}
    if format == "mid":
        headers["ETag"] = f'"{record.sha256[:40]}"'
        if _has(if_none_match, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(midi, headers=headers, media_type="audio/midi")
    sound = await audio.audio(midi, record.sha256, format)
    return await _send(request, sound, headers, range_asked, if_range, if_none_match)


async def _send(
    request: Request,
    sound: Audio,
    headers: dict[str, str],
    range_asked: str | None,
    if_range: str | None,
    if_none_match: str | None,
) -> Response:
    """Answer with audio, whole or in part, as soon as its first bytes are there."""
    etag = f'"{sound.key}"'
    headers |= {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "private, max-age=0, must-revalidate"}
    if _has(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    await sound.begun()
    size = sound.byte_count
    assert size is not None, "known once the sound has begun"
    try:
        # A client that holds a part of other audio gets the whole of this.
        part = ranges.parse(range_asked, size) if if_range in {None, etag} else None
    except RangeUnsatisfiable:
        request.state.extra_headers = {"Content-Range": f"bytes */{size}"}
        raise
    start, end = (part.start, part.end) if part else (0, size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=sound.media_type)
    return StreamingResponse(sound.read(start, end), status, headers, sound.media_type)


def _has(header: str | None, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in (header or "").split(",")}
    return etag in tags or "*" in tags


def _attachment(record: FileRecord, ending: str) -> str:
    """Name a download (RFC 6266): a plain name for old clients, the true one in UTF-8."""
    name = f"{record.stem}.{ending}"
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
