"""``/play`` and ``/download``: a piece as audio, and as a file; ``/files/{id}/peaks``: its waveform."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from servicekit.faults import Conflict, InvalidInput, RangeUnsatisfiable

from gateway.api import byte_ranges
from gateway.api.audio_sources import AudioSource, RecordingSource, RenderedSource
from gateway.api.dependencies import AudioCacheDep, ContextDep, FileId, RightsDep, add_header, problems
from gateway.api.schemas import responses
from gateway.api.schemas.audio_params import DownloadParams, PeaksParams, PlayParams, RenderParams
from gateway.audio.audio_cache import AudioCache
from gateway.audio.render_spec import RenderSpec, build_render_spec
from gateway.audio.stem_archive import ArchiveContents, stream_archive
from gateway.context import AppContext
from gateway.files import recordings
from gateway.storage.rows import FileRow

router = APIRouter()


@dataclass(frozen=True)
class ConditionalHeaders:
    """Headers of a request for part of a file, or for a file that the client may have."""

    range: str | None
    if_range: str | None
    if_none_match: str | None


def _conditional_headers(
    range_header: Annotated[
        str | None, Header(alias="Range", max_length=200, description="One range of bytes.")
    ] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", max_length=2000)] = None,
) -> ConditionalHeaders:
    return ConditionalHeaders(range_header, if_range, if_none_match)


ConditionsDep = Annotated[ConditionalHeaders, Depends(_conditional_headers)]

_CACHED = "private, max-age=0, must-revalidate"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_RECORDED_TYPES = ("audio/mp4", "audio/aac", "audio/webm", "audio/aiff")
_AUDIO_TYPES = ("audio/wav", "audio/flac", "audio/ogg", "audio/mpeg", *_RECORDED_TYPES)


def _file_responses(*media_types: str) -> dict[int | str, dict[str, Any]]:
    content = dict.fromkeys(media_types, _BINARY)
    return {
        200: {"description": "The whole file.", "content": content},
        206: {"description": "The requested range.", "content": content},
        304: {"description": "The client has the file already."},
    }


_MANIFEST_FIELDS = ("method", "style", "key", "bpm", "meter", "bars", "seed", "model_digests")
"""Of a provenance, what a manifest may tell everybody: no ids of other files."""

_PROBLEMS = problems(404, 409, 416, 422, 429, 503, 504, 507)
_PLAY_RESPONSES = _file_responses(*_AUDIO_TYPES) | _PROBLEMS
_DOWNLOAD_RESPONSES = _file_responses("audio/midi", "application/zip", *_AUDIO_TYPES) | _PROBLEMS


@router.head("/play/{file_id}", include_in_schema=False)
@router.get("/play/{file_id}", response_class=Response, responses=_PLAY_RESPONSES)
async def play(
    request: Request,
    file_id: FileId,
    rights: RightsDep,
    context: ContextDep,
    audio_cache: AudioCacheDep,
    conditions: ConditionsDep,
    params: Annotated[PlayParams, Query()],
) -> Response:
    """Play a piece: WAV or Opus, sent while it is still being rendered. A recording is played as it is.

    The size of Opus is not known before it is complete: until then it is sent without one, and a range waits.
    `X-Content-Duration` has the length in seconds.

    Browsers do not play every recording that Segue transcribes: Safari alone plays AIFF and CAF, none WMA and AMR.

    \f

    Parameters
    ----------
    request : Request
        The call, which may be GET or HEAD.
    file_id : str
        Id of the file.
    rights : Rights
        What exists for the caller.
    context : AppContext
        The application context.
    audio_cache : AudioCache
        Rendered audio.
    conditions : ConditionalHeaders
        Range and conditional headers.
    params : PlayParams
        Format, and how to render the piece.
    """
    return await send_playback(request, await rights.get_file(file_id), context, audio_cache, conditions, params)


@router.head("/download/{file_id}", include_in_schema=False)
@router.get("/download/{file_id}", response_class=Response, responses=_DOWNLOAD_RESPONSES)
async def download(
    request: Request,
    file_id: FileId,
    rights: RightsDep,
    context: ContextDep,
    audio_cache: AudioCacheDep,
    conditions: ConditionsDep,
    params: Annotated[DownloadParams, Query()],
) -> Response:
    """Download a piece as MIDI, as audio or as its stems; a recording as its transcription, or as the `original`.

    \f

    Parameters
    ----------
    request : Request
        The call, which may be GET or HEAD.
    file_id : str
        Id of the file.
    rights : Rights
        What exists for the caller.
    context : AppContext
        The application context.
    audio_cache : AudioCache
        Rendered audio.
    conditions : ConditionalHeaders
        Range and conditional headers.
    params : DownloadParams
        File format, and how to render the piece.
    """
    return await send_download(request, await rights.get_file(file_id), context, audio_cache, conditions, params)


@router.get("/files/{file_id}/peaks", responses=_PROBLEMS)
async def peaks(
    file_id: FileId,
    rights: RightsDep,
    context: ContextDep,
    audio_cache: AudioCacheDep,
    params: Annotated[PeaksParams, Query()],
) -> responses.Peaks:
    """Return the waveform of what `/play` plays with the same parameters, once it is rendered.

    \f

    Parameters
    ----------
    file_id : str
        Id of the file.
    rights : Rights
        What exists for the caller.
    context : AppContext
        The application context.
    audio_cache : AudioCache
        Rendered audio.
    params : PeaksParams
        Number of intervals, and how to render the piece.
    """
    row = await rights.get_file(file_id)
    if row.is_recording:
        raise Conflict("The waveform of a recording is not stored. Request that of its transcription.")
    fetch = partial(context.files.read_midi, row)
    seconds, waveform = await audio_cache.waveform(fetch, _spec(row, params.format, params).for_playback())
    shown = waveform.coarser(params.count)
    return responses.Peaks(seconds=round(seconds, 3), minimums=shown.minimums, maximums=shown.maximums)


async def send_playback(
    request: Request,
    row: FileRow,
    context: AppContext,
    audio_cache: AudioCache,
    conditions: ConditionalHeaders,
    params: PlayParams,
) -> Response:
    """Return the response that plays a piece or a recording; whether the caller may has been checked.

    Parameters
    ----------
    request : Request
        The call, which may be GET or HEAD.
    row : FileRow
        The piece or recording.
    context : AppContext
        The application context.
    audio_cache : AudioCache
        Rendered audio.
    conditions : ConditionalHeaders
        Range and conditional headers.
    params : PlayParams
        Format, and how to render the piece.
    """
    headers = {"Content-Disposition": "inline"}
    if not row.is_recording:
        source = await _render(context, audio_cache, row, _spec(row, params.format, params).for_playback())
        headers["X-Content-Duration"] = f"{source.audio.seconds:.6f}"
        if source.known_size is None and _is_whole(conditions.range):
            return await _stream(request, source, headers, conditions)
        return await _send(request, source, headers, conditions)
    if not params.is_plain:
        raise InvalidInput("A recording is played as it is. Only its transcription takes these parameters.")
    return await _send(request, RecordingSource(context, row), headers, conditions)


async def send_download(
    request: Request,
    row: FileRow,
    context: AppContext,
    audio_cache: AudioCache,
    conditions: ConditionalHeaders,
    params: DownloadParams,
) -> Response:
    """Return the response that downloads a piece or a recording; whether the caller may has been checked.

    Parameters
    ----------
    request : Request
        The call, which may be GET or HEAD.
    row : FileRow
        The piece or recording.
    context : AppContext
        The application context.
    audio_cache : AudioCache
        Rendered audio.
    conditions : ConditionalHeaders
        Range and conditional headers.
    params : DownloadParams
        File format, and how to render the piece.
    """
    if params.format == "original" and row.is_recording:
        headers = {"Content-Disposition": _attachment(row.name)}
        return await _send(request, RecordingSource(context, row), headers, conditions)
    piece = await recordings.resolve_to_midi(context, row)
    if params.format == "stems":
        return await _send_stems(context, audio_cache, row, _spec(piece, "wav", params), piece)
    if params.format not in {"mid", "original"}:
        headers = {"Content-Disposition": _attachment(f"{row.stem}{_mix_suffix(params)}.{params.format}")}
        source = await _render(context, audio_cache, piece, _spec(piece, params.format, params))
        return await _send(request, source, headers, conditions)
    headers = {"Content-Disposition": _attachment(f"{row.stem}.mid")}
    headers |= {"ETag": f'"{piece.sha256[:40]}"', "Cache-Control": _CACHED}
    if _matches(conditions.if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(await context.files.read_midi(piece), headers=headers, media_type="audio/midi")


def _spec(piece: FileRow, audio_format: str, params: RenderParams) -> RenderSpec:
    return build_render_spec(piece, audio_format, params.to_options())


async def _render(context: AppContext, audio_cache: AudioCache, piece: FileRow, spec: RenderSpec) -> RenderedSource:
    return RenderedSource(await audio_cache.get_or_render(partial(context.files.read_midi, piece), spec))


async def _send_stems(
    context: AppContext, audio_cache: AudioCache, row: FileRow, spec: RenderSpec, piece: FileRow
) -> Response:
    """Return a response with the ZIP of a piece's stems."""
    fetch = partial(context.files.read_midi, piece)
    audio = await audio_cache.get_or_render(fetch, spec.with_stems())
    await audio.wait_started()
    contents = ArchiveContents(
        folder=row.stem.replace("/", "_"),
        audio=audio,
        names=await audio_cache.stem_names(fetch, spec.with_stems()),
        midi=await fetch(),
        manifest={
            "title": row.stem,
            "midi_sha256": piece.sha256,
            "sample_rate_hz": audio.header.sample_rate_hz,
            "seconds": round(audio.seconds, 3),
            "soundfont": audio.header.soundfont,
            "gain": audio.header.gain,
            "provenance": {name: piece.provenance[name] for name in _MANIFEST_FIELDS if name in piece.provenance},
            "parents": [{"title": parent["title"]} for parent in piece.provenance.get("parents", [])],
        },
    )
    headers = {"Content-Disposition": _attachment(f"{row.stem} stems.zip"), "Cache-Control": _CACHED}
    return StreamingResponse(stream_archive(contents), 200, headers, "application/zip")


async def _stream(
    request: Request, source: RenderedSource, headers: dict[str, str], conditions: ConditionalHeaders
) -> Response:
    """Return a response with audio of unknown size, from its first bytes on, as it is rendered."""
    headers |= {"ETag": source.etag, "Accept-Ranges": "bytes", "Cache-Control": _CACHED}
    if _matches(conditions.if_none_match, source.etag):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        return Response(headers=headers, media_type=source.media_type)
    await source.audio.wait_started()
    return StreamingResponse(source.read(0, None), 200, headers, source.media_type)


async def _send(
    request: Request, source: AudioSource, headers: dict[str, str], conditions: ConditionalHeaders
) -> Response:
    """Return a response with audio, whole or in part, as soon as its first bytes exist."""
    headers |= {"ETag": source.etag, "Accept-Ranges": "bytes", "Cache-Control": _CACHED}
    if _matches(conditions.if_none_match, source.etag):
        return Response(status_code=304, headers=headers)
    size = await source.size()
    try:
        # A client that has part of other audio gets the whole file.
        is_same = conditions.if_range in {None, source.etag}
        byte_range = byte_ranges.parse(conditions.range, size) if is_same else None
    except RangeUnsatisfiable:
        add_header(request, "Content-Range", f"bytes */{size}")
        raise
    start, end = (byte_range.start, byte_range.end) if byte_range else (0, size)
    headers["Content-Length"] = str(end - start)
    if byte_range:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if byte_range else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=source.media_type)
    return StreamingResponse(source.read(start, end), status, headers, source.media_type)


def _is_whole(range_header: str | None) -> bool:
    """Return whether a request wants the file from its first byte to its last."""
    return range_header is None or range_header.replace(" ", "") == "bytes=0-"


def _mix_suffix(params: DownloadParams) -> str:
    """Return what tells a mix of some roles, or with levels, from the piece in the name of a file."""
    roles = f" ({', '.join(params.role_names)})" if params.role_names else ""
    return roles or (" (mix)" if params.role_levels else "")


def _matches(header: str | None, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in (header or "").split(",")}
    return etag in tags or "*" in tags


def _attachment(name: str) -> str:
    """Return the header of a download (RFC 6266): an ASCII name for old clients, and the name in UTF-8."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
