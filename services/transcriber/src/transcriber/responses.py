"""From the contract's messages to what the service works on, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from score.roles import Role
from segue.common.v1 import common_pb2
from segue.transcriber.v1.transcriber_pb2 import (
    AudioFileHeader,
    TranscribedTrack,
    TranscribeRequest,
    TranscribeResponse,
)
from segue.transcriber.v1.transcriber_pb2 import Transcription as TranscriptionMessage
from servicekit.faults import Fault, InvalidInput

from transcriber.notation.score_builder import NAMES
from transcriber.transcription import Step, Transcription

MAX_NAME_CHARACTERS = 200
PATIENCE_S = 1.0
RECEIVED = 0.05
"""The share of the whole that receiving the file is."""

_ROLES = {
    Role.LEAD: common_pb2.ROLE_LEAD,
    Role.HARMONY: common_pb2.ROLE_HARMONY,
    Role.BASS: common_pb2.ROLE_BASS,
}


async def parse_header(requests: AsyncIterator[TranscribeRequest]) -> AudioFileHeader:
    """Read the first message.

    Raises
    ------
    InvalidInput
        If it is no header.
    """
    async for request in requests:
        if request.WhichOneof("part") == "header":
            return request.header
        break
    raise InvalidInput("The stream does not begin with a header: send the file's name and size first.")


async def parse_chunks(requests: AsyncIterator[TranscribeRequest]) -> AsyncIterator[bytes]:
    """Read the messages after the header.

    Raises
    ------
    InvalidInput
        If one is no chunk.
    """
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise InvalidInput("Only chunks of the file can follow the header.")
        yield request.chunk


@asynccontextmanager
async def heard_out(requests: AsyncIterator[TranscribeRequest], max_bytes: int) -> AsyncIterator[None]:
    """Let a caller who is refused finish what it is sending, within limits: a broken stream would hide the reason."""
    try:
        yield
    except Fault:
        left = max_bytes
        while left > 0 and (request := await _next(requests)) is not None:
            left -= len(request.chunk)
        raise


async def _next(requests: AsyncIterator[TranscribeRequest]) -> TranscribeRequest | None:
    """Wait for a message; None where none comes any more, or soon."""
    try:
        return await asyncio.wait_for(anext(requests), PATIENCE_S)
    except (StopAsyncIteration, TimeoutError):
        return None


def title(header: AudioFileHeader) -> str:
    """Give the piece's title: the file's name without its ending, kept short."""
    name = header.name.replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    return "".join(character for character in stem if character.isprintable())[:MAX_NAME_CHARACTERS]


def received(share: float) -> TranscribeResponse:
    """Tell how much of the file has come."""
    return _progress("receive", RECEIVED * share)


def to_event(event: Step | Transcription) -> TranscribeResponse:
    """Write a step or the result."""
    if isinstance(event, Step):
        return _progress(event.stage, event.fraction)
    return TranscribeResponse(transcription=_transcription(event))


def _progress(stage: str, fraction: float) -> TranscribeResponse:
    return TranscribeResponse(progress=common_pb2.Progress(stage=stage, fraction=fraction))


def _transcription(made: Transcription) -> TranscriptionMessage:
    return TranscriptionMessage(
        midi=made.midi,
        tempo_bpm=made.tempo_bpm,
        tempo_is_constant=made.is_constant,
        meter_numerator=made.bars.numerator,
        meter_denominator=made.bars.denominator,
        duration_s=made.duration_s,
        confidence=made.confidence,
        tempo_confidence=made.tempo_confidence,
        meter_confidence=made.bars.confidence,
        tracks=_tracks(made),
        notices=[common_pb2.Notice(reason=each.reason, message=each.message) for each in made.notices],
        start_s=made.start_s,
    )


def _tracks(made: Transcription) -> list[TranscribedTrack]:
    return [
        TranscribedTrack(
            track=index,
            name=NAMES[part.role],
            role=_ROLES[part.role],
            note_count=len(track.notes),
            confidence=part.confidence,
        )
        for index, (part, track) in enumerate(zip(made.parts, made.score.tracks, strict=True))
    ]
