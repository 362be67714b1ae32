"""``/play`` and ``/download``: a piece as sound, and as a file to keep."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Protocol
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from servicekit.faults import Conflict, InvalidInput, RangeUnsatisfiable

from gateway.api import byte_ranges
from gateway.api.dependencies import AudioPart, DeskPart, FileId, problems
from gateway.api.schemas import responses
from gateway.api.schemas.requests import DownloadAsk, PeaksAsk, SoundAsk
from gateway.audio.audio_cache import Audio, AudioCache
from gateway.audio.render_spec import rendering
from gateway.context import Desk
from gateway.files import recordings
from gateway.storage.repository import FileRecord

router = APIRouter()


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
_RENDERED = ("audio/wav", "audio/flac", "audio/ogg", "audio/mpeg")


def _documented(*media_types: str) -> dict[int | str, dict[str, Any]]:
    content = dict.fromkeys(media_types, _BINARY)
    return {
        200: {"description": "The whole file.", "content": content},
        206: {"description": "The range asked for.", "content": content},
        304: {"description": "The client has it already."},
    }


_PROBLEMS = problems(404, 409, 416, 422, 429, 503, 504, 507)
_PLAYED = _documented(*_RENDERED) | _PROBLEMS
_SAVED = _documented("audio/midi", *_RENDERED) | _PROBLEMS


class Sound(Protocol):
    """Audio that can be sent in parts: a rendering, or a recording."""

    @property
    def etag(self) -> str: ...
    @property
    def media_type(self) -> str: ...

    async def size(self) -> int:
        """Wait until something can be sent, and give the bytes in all."""

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Give the bytes from `start` to before `end`."""


@dataclass(frozen=True)
class Rendered:
    """A rendering, which may still grow."""

    audio: Audio

    @property
    def etag(self) -> str:
        return f'"{self.audio.key}"'

    @property
    def media_type(self) -> str:
        return self.audio.rendering.media_type

    async def size(self) -> int:
        await self.audio.begun()
        assert self.audio.byte_count is not None, "known once the sound has begun"
        return self.audio.byte_count

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        return self.audio.read(start, end)


@dataclass(frozen=True)
class Recorded:
    """A recording as it was uploaded."""

    desk: Desk
    record: FileRecord

    @property
    def etag(self) -> str:
        return f'"{self.record.sha256[:40]}"'

    @property
    def media_type(self) -> str:
        return str(self.record.provenance["media_type"])

    async def size(self) -> int:
        return self.record.byte_count

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        return self.desk.store.read(self.record.key, start, end)


@router.head("/play/{file_id}", include_in_schema=False)
@router.get("/play/{file_id}", response_class=Response, responses=_PLAYED)
async def play(
    request: Request,
    file_id: FileId,
    desk: DeskPart,
    audio: AudioPart,
    wanted: Wanted,
    ask: Annotated[SoundAsk, Query()],
) -> Response:
    """Play a piece: PCM WAV of known length, sent while it is still being rendered. A recording is played as it is."""
    record = await desk.records.file(file_id)
    headers = {"Content-Disposition": "inline"}
    if not record.is_recording:
        return await _send(request, await _rendered(desk, audio, record, "wav", ask), headers, wanted)
    if not ask.is_plain:
        raise InvalidInput("A recording is played as it is. Its transcription is a piece that takes these settings.")
    return await _send(request, Recorded(desk, record), headers, wanted)


@router.head("/download/{file_id}", include_in_schema=False)
@router.get("/download/{file_id}", response_class=Response, responses=_SAVED)
async def download(
    request: Request,
    file_id: FileId,
    desk: DeskPart,
    audio: AudioPart,
    wanted: Wanted,
    ask: Annotated[DownloadAsk, Query()],
) -> Response:
    """Save a piece as MIDI or as audio; of a recording, what was written down from it, or the `original`."""
    record = await desk.records.file(file_id)
    if ask.format == "original" and record.is_recording:
        return await _send(request, Recorded(desk, record), {"Content-Disposition": _attachment(record.name)}, wanted)
    piece = await recordings.piece(desk, record)
    if ask.format not in {"mid", "original"}:
        headers = {"Content-Disposition": _attachment(f"{record.stem}.{ask.format}")}
        return await _send(request, await _rendered(desk, audio, piece, ask.format, ask), headers, wanted)
    headers = {"Content-Disposition": _attachment(f"{record.stem}.mid")}
    headers |= {"ETag": f'"{piece.sha256[:40]}"', "Cache-Control": _CACHED}
    if _has(wanted.if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(await desk.pieces.bytes(piece), headers=headers, media_type="audio/midi")


@router.get("/files/{file_id}/peaks", responses=_PROBLEMS)
async def peaks(
    file_id: FileId,
    desk: DeskPart,
    audio: AudioPart,
    ask: Annotated[PeaksAsk, Query()],
) -> responses.Peaks:
    """Give the waveform of what `/play` plays of a piece with the same settings, once it is rendered."""
    record = await desk.records.file(file_id)
    if record.is_recording:
        raise Conflict("A recording's own waveform is not kept. Ask for that of its transcription.")
    how = rendering(record, "wav", ask)
    seconds, waveform = await audio.waveform(partial(desk.pieces.bytes, record), how)
    shown = waveform.coarser(ask.count)
    return responses.Peaks(seconds=round(seconds, 3), minimums=shown.minimums, maximums=shown.maximums)


async def _rendered(desk: Desk, audio: AudioCache, piece: FileRecord, audio_format: str, ask: SoundAsk) -> Rendered:
    return Rendered(await audio.audio(partial(desk.pieces.bytes, piece), rendering(piece, audio_format, ask)))


async def _send(request: Request, sound: Sound, headers: dict[str, str], wanted: Conditions) -> Response:
    """Answer with audio, whole or in part, as soon as its first bytes are there."""
    headers |= {"ETag": sound.etag, "Accept-Ranges": "bytes", "Cache-Control": _CACHED}
    if _has(wanted.if_none_match, sound.etag):
        return Response(status_code=304, headers=headers)
    size = await sound.size()
    try:
        # A client that holds a part of other audio gets the whole of this.
        part = byte_ranges.parse(wanted.range, size) if wanted.if_range in {None, sound.etag} else None
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


def _attachment(name: str) -> str:
    """Name a download (RFC 6266): a plain name for old clients, the true one in UTF-8."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
