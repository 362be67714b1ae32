"""Conversion of the contract's stream of requests to a header, chunks, and a title."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from segue.transcriber.v1.transcriber_pb2 import AudioFileHeader, TranscribeRequest
from servicekit.faults import Fault, InvalidInput

MAX_TITLE_CHARACTERS = 200
DRAIN_TIMEOUT_S = 1.0


async def parse_header(requests: AsyncIterator[TranscribeRequest]) -> AudioFileHeader:
    """Read the first message.

    Raises
    ------
    InvalidInput
        If it is not a header.
    """
    async for request in requests:
        if request.WhichOneof("part") == "header":
            return request.header
        break
    raise InvalidInput("The stream does not begin with a header: send the file's name and size first.")


async def parse_chunks(requests: AsyncIterator[TranscribeRequest]) -> AsyncIterator[bytes]:
    """Yield the chunks of the messages after the header.

    Raises
    ------
    InvalidInput
        If a message is not a chunk.
    """
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise InvalidInput("Only chunks of the file can follow the header.")
        yield request.chunk


@asynccontextmanager
async def drain_on_fault(requests: AsyncIterator[TranscribeRequest], max_bytes: int) -> AsyncIterator[None]:
    """Read the remaining messages of a caller that is refused, within limits: a broken stream would hide the reason."""
    try:
        yield
    except Fault:
        n_bytes = max_bytes
        while n_bytes > 0 and (request := await _next_request(requests)) is not None:
            n_bytes -= len(request.chunk)
        raise


async def _next_request(requests: AsyncIterator[TranscribeRequest]) -> TranscribeRequest | None:
    """Return the next message; None if there is none within the timeout."""
    try:
        return await asyncio.wait_for(anext(requests), DRAIN_TIMEOUT_S)
    except (StopAsyncIteration, TimeoutError):
        return None


def title_of_file(header: AudioFileHeader) -> str:
    """Return the title of the piece: the file's name without its extension, printable and shortened."""
    name = header.name.replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    return "".join(character for character in stem if character.isprintable())[:MAX_TITLE_CHARACTERS]
