"""The contract, against a running service: the call, and each error that it documents."""

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
    """Give the messages that send a file."""
    yield TranscribeRequest(header=AudioFileHeader(**header))
    for start in range(0, len(data), CHUNK_BYTES):
        yield TranscribeRequest(chunk=data[start : start + CHUNK_BYTES])


class Client:
    """The service as a caller sees it."""

    def __init__(self, link: ServiceClient) -> None:
        self.link = link
        self.stub = TranscriberServiceStub(link.channel)

    def events(self, messages: Iterator[TranscribeRequest]) -> AsyncIterator[TranscribeResponse]:
        return self.link.stream(self.stub.Transcribe, messages, timeout_s=60)  # type: ignore[arg-type]

    async def transcribe(self, data: bytes, **header: Any) -> tuple[list[TranscribeResponse], Transcription]:
        *steps, last = [event async for event in self.events(requests(data, **header))]
        return steps, last.transcription


@asynccontextmanager
async def client_of(**settings: Any) -> AsyncIterator[Client]:
    """Start the service and connect to it."""
    async with (
        serve(Settings(port=0, models=MODELS, **settings)) as server,
        ServiceClient(server.target, "transcriber") as link,
    ):
        yield Client(link)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with client_of() as made:
        yield made


async def test_progress_comes_and_at_last_the_transcription(
    client: Client, play: Make, encode: Make, song: list[tuple[float, float, int]]
) -> None:
    data = encode(play(song[:80]))
    steps, made = await client.transcribe(data, name="My song.final.wav", byte_count=len(data))
    assert {step.WhichOneof("event") for step in steps} == {"progress"}
    fractions = [step.progress.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert list(dict.fromkeys(step.progress.stage for step in steps)) == [
        "receive",
        "decode",
        "listen",
        "notes",
        "beats",
    ]
    score = midi.parse(made.midi)
    assert score.title == "My song.final"
    assert [(track.name, len(track.notes)) for track in score.tracks] == [
        (track.name, track.note_count) for track in made.tracks
    ]
    assert [track.role for track in made.tracks] == [ROLE_LEAD, ROLE_HARMONY, ROLE_BASS]
    assert [track.track for track in made.tracks] == [0, 1, 2]
    assert made.tempo_bpm in (pytest.approx(120, rel=0.01), pytest.approx(60, rel=0.01))
    assert made.meter_denominator == 4
    assert 0.5 < made.confidence <= 1
    assert 0 < made.tempo_confidence <= 1
    assert 0 < made.meter_confidence <= 1
    assert made.notices[0].reason == "DRUMS_NOT_TRANSCRIBED"


async def test_a_size_need_not_be_promised(client: Client, play: Make, encode: Make) -> None:
    steps, made = await client.transcribe(encode(play([(0.2, 1, 60), (1, 2, 64)])))
    assert "receive" not in {step.progress.stage for step in steps}
    assert sum(track.note_count for track in made.tracks) == 2


async def test_refuses_what_is_no_usable_recording(client: Client, play: Make, encode: Make) -> None:
    data = encode(play([(0.2, 1, 60)]))
    for sent, kind, match in (
        (b"not a recording", AudioUnreadable, "cannot be decoded"),
        (b"", AudioUnreadable, "is empty"),
        (encode(np.zeros(22_050)), NoNotes, "is silent"),
        (encode(np.zeros(601 * 4_000), 4_000, "FLAC"), AudioTooLong, "10 minutes"),
    ):
        with pytest.raises(kind, match=match):
            await client.transcribe(sent)
    for promised in (len(data) + 1, len(data) - 1):
        with pytest.raises(AudioUnreadable, match="were promised"):
            await client.transcribe(data, byte_count=promised)


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


async def test_a_file_over_the_limit_is_refused_before_it_is_sent_and_while_it_comes() -> None:
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
    """Tell whether a recording is transcribed now."""
    try:
        return len(await client.transcribe(data)) == 2
    except Overloaded:
        return False


async def test_a_stop_ends_what_is_transcribed(play: Make, encode: Make, song: list[tuple[float, float, int]]) -> None:
    data = encode(np.tile(play(song), 6))
    async with serve(Settings(port=0, models=MODELS)) as server, ServiceClient(server.target, "transcriber") as link:
        assert (
            await asyncio.to_thread(check_health, server.target, "segue.transcriber.v1.TranscriberService") == "SERVING"
        )
        events = Client(link).events(requests(data))
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
