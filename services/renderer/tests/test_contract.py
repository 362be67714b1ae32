"""The contract, against a running service: every call, and each error that it documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from renderer.servicer import serve
from renderer.settings import Settings
from segue.renderer.v1.renderer_pb2 import (
    AUDIO_FORMAT_FLAC,
    AUDIO_FORMAT_MP3,
    AUDIO_FORMAT_OGG,
    AUDIO_FORMAT_UNSPECIFIED,
    AUDIO_FORMAT_WAV,
    AudioHeader,
    MeasureRequest,
    RenderRequest,
    RenderSettings,
)
from segue.renderer.v1.renderer_pb2_grpc import RendererServiceStub
from servicekit.client import Link
from servicekit.faults import (
    Fault,
    InvalidInput,
    MidiTooLarge,
    MidiUnreadable,
    NoNotes,
    Overloaded,
    SoundFontMissing,
    SoundFontNotFound,
    UnsupportedTimeDivision,
)
from servicekit.probe import ask

QUARTER = 480
Make = Callable[..., Any]


class Client:
    """The service as a caller sees it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.stub = RendererServiceStub(link.channel)

    async def measure(self, midi: bytes, **settings: Any) -> AudioHeader:
        request = MeasureRequest(midi=midi, settings=RenderSettings(**settings))
        return (await self.link.call(self.stub.Measure, request, timeout_s=10)).header

    def parts(self, midi: bytes, audio_format: int = AUDIO_FORMAT_WAV, **settings: Any) -> AsyncIterator[Any]:
        request = RenderRequest(midi=midi, format=audio_format, settings=RenderSettings(**settings))  # type: ignore[arg-type]
        return self.link.stream(self.stub.Render, request, timeout_s=30)

    async def render(self, midi: bytes, audio_format: int = AUDIO_FORMAT_WAV, **settings: Any) -> list[Any]:
        return [part async for part in self.parts(midi, audio_format, **settings)]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Start the service, with room for one piece at a time and none that waits."""
    async with (
        serve(Settings(port=0, threads=1, queue_size=0)) as server,
        Link(server.target, "renderer") as link,
    ):
        yield Client(link)


@pytest.fixture
def ten_minutes(piece: Make, track: Make) -> bytes:
    """Make a piece that takes seconds to render."""
    made: bytes = piece(track([(beat * QUARTER, QUARTER, 60 + beat % 12) for beat in range(1200)], 48))
    return made


@pytest.mark.parametrize(
    ("audio_format", "media_type", "magic"),
    [
        (AUDIO_FORMAT_UNSPECIFIED, "audio/wav", b"RIFF"),
        (AUDIO_FORMAT_WAV, "audio/wav", b"RIFF"),
        (AUDIO_FORMAT_FLAC, "audio/flac", b"fLaC"),
        (AUDIO_FORMAT_OGG, "audio/ogg", b"OggS"),
        (AUDIO_FORMAT_MP3, "audio/mpeg", b"\xff\xfb"),
    ],
)
async def test_render_gives_a_header_then_the_file(
    client: Client, a4: Make, audio_format: int, media_type: str, magic: bytes
) -> None:
    header, *chunks = await client.render(a4(), audio_format)
    assert header.header.media_type == media_type
    assert header.header.soundfont == "FluidR3_GM"
    assert header.header.channel_count == 2
    assert [part.WhichOneof("event") for part in chunks] == ["chunk"] * len(chunks)
    assert max(len(part.chunk) for part in chunks) <= 1024 * 1024
    assert chunks[0].chunk.startswith(magic)


async def test_measure_gives_the_header_of_render(client: Client, a4: Make) -> None:
    measured = await client.measure(a4(), sample_rate_hz=48_000)
    header, *chunks = await client.render(a4(), sample_rate_hz=48_000)
    assert measured == header.header
    assert measured.frame_count == 3 * 48_000
    assert measured.byte_count == sum(len(part.chunk) for part in chunks) == 44 + 4 * 3 * 48_000


def spoiled(midi: bytes, at: int, value: bytes) -> bytes:
    """Overwrite some bytes."""
    return midi[:at] + value + midi[at + len(value) :]


async def fails(client: Client, kind: type[Fault], match: str, midi: bytes, **settings: Any) -> None:
    """Check that both calls refuse a request, with the same fault."""
    with pytest.raises(kind, match=match):
        await client.measure(midi, **settings)
    with pytest.raises(kind, match=match):
        await client.render(midi, **settings)


async def test_refuses_what_is_no_usable_midi_file(client: Client, a4: Make, piece: Make) -> None:
    await fails(client, MidiUnreadable, "not a MIDI file", b"hello there, this is text")
    await fails(client, MidiUnreadable, "the file ends after", a4()[:-4])
    await fails(client, UnsupportedTimeDivision, "SMPTE", spoiled(a4(), 12, b"\xe7\x28"))
    await fails(client, MidiTooLarge, "may have 2,097,152", a4() + bytes(2**21))
    await fails(client, NoNotes, "holds no notes", piece())


async def test_refuses_settings_out_of_range(client: Client, a4: Make) -> None:
    await fails(client, InvalidInput, "it can be 22050, 44100 or 48000", a4(), sample_rate_hz=96_000)
    await fails(client, InvalidInput, "above 0 and at most 2", a4(), gain=2.1)
    await fails(client, InvalidInput, "above 0 and at most 2", a4(), gain=0.0)
    with pytest.raises(InvalidInput, match="no audio format 9"):
        await client.render(a4(), 9)


async def test_a_soundfont_that_is_not_there(client: Client, a4: Make) -> None:
    await fails(client, SoundFontNotFound, "There is no SoundFont Nowhere", a4(), soundfont="Nowhere")


async def test_a_full_queue_refuses_and_a_cancelled_call_makes_room(
    client: Client, a4: Make, ten_minutes: bytes
) -> None:
    async with aclosing(client.parts(ten_minutes)) as parts:  # type: ignore[type-var]
        received = [await anext(parts) for _ in range(3)]
        assert received[0].header.byte_count > 100_000_000
        with pytest.raises(Overloaded, match="Too much work") as refused:
            await client.render(a4())
        assert refused.value.retry_after_s >= 1
        assert (await client.measure(a4())).frame_count == 3 * 44_100
    async with asyncio.timeout(1):
        while not await is_free(client, a4()):
            pass


async def is_free(client: Client, midi: bytes) -> bool:
    """Tell whether a piece is rendered now."""
    try:
        return len(await client.render(midi)) > 1
    except Overloaded:
        return False


async def test_a_stop_ends_what_is_rendered(ten_minutes: bytes) -> None:
    async with serve(Settings(port=0)) as server, Link(server.target, "renderer") as link:
        assert await asyncio.to_thread(ask, server.target, "segue.renderer.v1.RendererService") == "SERVING"
        parts = Client(link).parts(ten_minutes)
        await anext(parts)
        async with asyncio.timeout(5):
            await server.stop()
            with pytest.raises(Fault, match="renderer"):
                _ = [part async for part in parts]


async def test_does_not_start_without_its_soundfont(tmp_path: Path) -> None:
    server = serve(Settings(port=0, soundfonts=tmp_path))
    await server.start()
    with pytest.raises(SoundFontMissing, match="Debian: fluid-soundfont-gm"):
        await server.load()
    assert await asyncio.to_thread(ask, server.target) == "NOT_SERVING"
    await server.stop()
