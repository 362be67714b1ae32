"""``/play`` and ``/download``: a piece as sound, and as a file to keep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from servicekit.faults import RangeUnsatisfiable

from gateway import ranges
from gateway.audio import Audio
from gateway.records import FileRecord
from gateway.routes.parts import AudioPart, DeskPart, FileId, problems

router = APIRouter()

Format = Annotated[Literal["mid", "wav", "flac", "ogg", "mp3"], Query(description="The file format.")]


@dataclass(frozen=True)
class Conditions:
    """What of a sound a client wants, and what it has already."""

    range: str | None
    if_range: str | None
    if_none_match: str | None


def _conditions(
    range_asked: Annotated[str | None, Header(alias="Range", max_length=200, description="One range of bytes.")] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", max_length=2000)] = None,
) -> Conditions:
    return Conditions(range_asked, if_range, if_none_match)


Wanted = Annotated[Conditions, Depends(_conditions)]

_CACHED = "private, max-age=0, must-revalidate"
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
async def play(request: Request, file_id: FileId, desk: DeskPart, audio: AudioPart, wanted: Wanted) -> Response:
    """Play a piece: PCM WAV of known length, sent while it is still being rendered."""
    record = await desk.records.file(file_id)
    sound = await audio.audio(partial(desk.pieces.bytes, record), record.sha256, "wav")
    headers = {"Content-Disposition": "inline"}
    return await _send(request, sound, headers, wanted)


@router.head("/download/{file_id}", include_in_schema=False)
@router.get("/download/{file_id}", response_class=Response, responses=_SAVED)
async def download(
    request: Request,
    file_id: FileId,
    desk: DeskPart,
    audio: AudioPart,
    wanted: Wanted,
    format: Format = "mid",  # noqa: A002  the contract's name
) -> Response:
    """Save a piece as MIDI or as audio."""
    record = await desk.records.file(file_id)
    headers = {"Content-Disposition": _attachment(record, format)}
    if format == "mid":
        headers |= {"ETag": f'"{record.sha256[:40]}"', "Cache-Control": _CACHED}
        if _has(wanted.if_none_match, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(await desk.pieces.bytes(record), headers=headers, media_type="audio/midi")
    sound = await audio.audio(partial(desk.pieces.bytes, record), record.sha256, format)
    return await _send(request, sound, headers, wanted)


async def _send(request: Request, sound: Audio, headers: dict[str, str], wanted: Conditions) -> Response:
    """Answer with audio, whole or in part, as soon as its first bytes are there."""
    etag = f'"{sound.key}"'
    headers |= {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": _CACHED}
    if _has(wanted.if_none_match, etag):
        return Response(status_code=304, headers=headers)
    await sound.begun()
    size = sound.byte_count
    assert size is not None, "known once the sound has begun"
    try:
        # A client that holds a part of other audio gets the whole of this.
        part = ranges.parse(wanted.range, size) if wanted.if_range in {None, etag} else None
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
