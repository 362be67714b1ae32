"""The contract against a running service: the call, and each documented error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from score import midi
from segue.common.v1.common_pb2 import ROLE_BASS, ROLE_HARMONY, ROLE_LEAD
from segue.transcriber.v1.transcriber_pb2 import AudioFileHeader, TranscribeRequest, TranscribeResponse, Transcription
from segue.transcriber.v1.transcriber_pb2_grpc import TranscriberServiceStub
from servicekit.client import ServiceClient
from servicekit.faults import (
    AudioTooLong,
    AudioUnreadable,
    Fault,
    InvalidInput,
    ModelMismatch,
    NoNotes,
    Overloaded,
    TooLarge,
)
from servicekit.probe import check_health
from transcriber.servicer import serve
from transcriber.settings import Settings

MODELS = Path(__file__).resolve().parents[3] / "models"
CHUNK_BYTES = 64 * 1024
Make = Callable[..., Any]


def requests(data: bytes, **header: Any) -> Iterator[TranscribeRequest]:
    """Yield the messages that send a file."""
    yield TranscribeRequest(header=AudioFileHeader(**header))
    for start in range(0, len(data), CHUNK_BYTES):
        yield TranscribeRequest(chunk=data[start : start + CHUNK_BYTES])


class Client:
    """The service as a caller sees it."""

    def __init__(self, service: ServiceClient) -> None:
        self.service = service
        self.stub = TranscriberServiceStub(service.channel)

    def events(self, messages: Iterator[TranscribeRequest]) -> AsyncIterator[TranscribeResponse]:
        return self.service.stream(self.stub.Transcribe, messages, timeout_s=60)  # type: ignore[arg-type]

    async def transcribe(self, data: bytes, **header: Any) -> tuple[list[TranscribeResponse], Transcription]:
        *reports, last = [event async for event in self.events(requests(data, **header))]
        return reports, last.transcription


@asynccontextmanager
async def client_of(**settings: Any) -> AsyncIterator[Client]:
    """Start the service and connect to it."""
    async with (
        serve(Settings(port=0, models=MODELS, **settings)) as server,
        ServiceClient(server.target, "transcriber") as service,
    ):
        yield Client(service)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with client_of() as connected:
        yield connected


async def test_progress_and_the_transcription_are_streamed(
    client: Client, play: Make, encode: Make, song: list[tuple[float, float, int]]
) -> None:
    data = encode(play(song[:80]))
    reports, transcription = await client.transcribe(data, name="My song.final.wav", byte_count=len(data))
    assert {report.WhichOneof("event") for report in reports} == {"progress"}
    fractions = [report.progress.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert list(dict.fromkeys(report.progress.stage for report in reports)) == [
        "receive",
        "decode",
        "listen",
        "notes",
        "beats",
    ]
    score = midi.parse(transcription.midi)
    assert score.title == "My song.final"
    assert [(track.name, len(track.notes)) for track in score.tracks] == [
        (track.name, track.note_count) for track in transcription.tracks
    ]
    assert [track.role for track in transcription.tracks] == [ROLE_LEAD, ROLE_HARMONY, ROLE_BASS]
    assert [track.track for track in transcription.tracks] == [0, 1, 2]
    assert transcription.tempo_bpm in (pytest.approx(120, rel=0.01), pytest.approx(60, rel=0.01))
    assert transcription.meter_denominator == 4
    assert 0.5 < transcription.confidence <= 1
    assert 0 < transcription.tempo_confidence <= 1
    assert 0 < transcription.meter_confidence <= 1
    assert "DRUMS_NOT_TRANSCRIBED" not in {notice.reason for notice in transcription.notices}


async def test_the_size_is_optional(client: Client, play: Make, encode: Make) -> None:
    reports, transcription = await client.transcribe(encode(play([(0.2, 1, 60), (1, 2, 64)])))
    assert "receive" not in {report.progress.stage for report in reports}
    assert sum(track.note_count for track in transcription.tracks) == 2


async def test_refuses_unusable_recordings(client: Client, play: Make, encode: Make) -> None:
    data = encode(play([(0.2, 1, 60)]))
    for content, fault, match in (
        (b"not a recording", AudioUnreadable, "cannot be decoded"),
        (b"", AudioUnreadable, "is empty"),
        (encode(np.zeros(22_050)), NoNotes, "is silent"),
        (encode(np.zeros(601 * 4_000), 4_000, "FLAC"), AudioTooLong, "10 minutes"),
    ):
        with pytest.raises(fault, match=match):
            await client.transcribe(content)
    for byte_count in (len(data) + 1, len(data) - 1):
        with pytest.raises(AudioUnreadable, match="were announced"):
            await client.transcribe(data, byte_count=byte_count)


async def test_refuses_a_stream_out_of_order(client: Client) -> None:
    header = TranscribeRequest(header=AudioFileHeader(name="x"))
    for messages, match in (
        ([TranscribeRequest(chunk=b"x")], "does not begin with a header"),
        ([TranscribeRequest()], "does not begin with a header"),
        ([], "does not begin with a header"),
        ([header, header], "Only chunks"),
        ([header, TranscribeRequest(chunk=bytes(2**20 + 1))], "at most 1,048,576"),
    ):
        with pytest.raises(InvalidInput, match=match):
            _ = [event async for event in client.events(iter(messages))]


async def test_a_file_over_the_limit_is_refused_before_and_during_the_upload() -> None:
    async with client_of(max_bytes=100_000) as client:
        with pytest.raises(TooLarge, match="Send a part of it") as refused:
            await client.transcribe(b"", byte_count=100_001)
        assert refused.value.facts["limit_bytes"] == 100_000
        with pytest.raises(TooLarge, match="Send a part of it"):
            await client.transcribe(bytes(200_000))


async def test_a_full_queue_refuses_and_a_cancelled_call_makes_room(
    play: Make, encode: Make, song: list[tuple[float, float, int]]
) -> None:
    short, long = encode(play([(0.2, 1, 60)])), encode(np.tile(play(song), 6))
    async with client_of(threads=1, queue_size=0) as client:
        async with aclosing(client.events(requests(long))) as events:  # type: ignore[type-var]
            await anext(events)
            with pytest.raises(Overloaded, match="Too many recordings"):
                await client.transcribe(short)
        async with asyncio.timeout(5):
            while not await is_free(client, short):
                pass


async def is_free(client: Client, data: bytes) -> bool:
    """Return whether a recording is transcribed now."""
    try:
        return len(await client.transcribe(data)) == 2
    except Overloaded:
        return False


async def test_a_stop_cancels_transcriptions(play: Make, encode: Make, song: list[tuple[float, float, int]]) -> None:
    data = encode(np.tile(play(song), 6))
    async with serve(Settings(port=0, models=MODELS)) as server, ServiceClient(server.target, "transcriber") as service:
        assert (
            await asyncio.to_thread(check_health, server.target, "segue.transcriber.v1.TranscriberService") == "SERVING"
        )
        events = Client(service).events(requests(data))
        await anext(events)
        async with asyncio.timeout(10):
            await server.stop()
            with pytest.raises(Fault, match="transcriber"):
                _ = [event async for event in events]


async def test_does_not_start_without_its_model(tmp_path: Path) -> None:
    server = serve(Settings(port=0, models=tmp_path))
    await server.start()
    with pytest.raises(ModelMismatch, match="SEGUE_MODELS"):
        await server.load()
    assert await asyncio.to_thread(check_health, server.target) == "NOT_SERVING"
    await server.stop()
