"""The contract of a running service: every call, and each documented error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from renderer.servicer import serve
from renderer.settings import Settings
from segue.common.v1.common_pb2 import ROLE_BASS, ROLE_DRUMS, ROLE_LEAD, ROLE_NONE, RoleOverride
from segue.renderer.v1.renderer_pb2 import (
    AUDIO_FORMAT_FLAC,
    AUDIO_FORMAT_MP3,
    AUDIO_FORMAT_OGG,
    AUDIO_FORMAT_OPUS,
    AUDIO_FORMAT_UNSPECIFIED,
    AUDIO_FORMAT_WAV,
    LOUDNESS_METHOD_MEASURED,
    AudioHeader,
    Chorus,
    ListSoundFontsRequest,
    Loudness,
    MeasureRequest,
    RenderRequest,
    RenderSettings,
    Reverb,
    RoleLevel,
    RoleTracks,
    Stem,
)
from segue.renderer.v1.renderer_pb2_grpc import RendererServiceStub
from servicekit.client import ServiceClient
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
from servicekit.metrics import WORK_QUEUED
from servicekit.probe import check_health

QUARTER = 480
Make = Callable[..., Any]


class Client:
    """Calls a running service."""

    def __init__(self, service: ServiceClient) -> None:
        self.service = service
        self.stub = RendererServiceStub(service.channel)

    async def measure(self, midi: bytes, **settings: Any) -> AudioHeader:
        request = MeasureRequest(midi=midi, settings=RenderSettings(**settings))
        return (await self.service.call(self.stub.Measure, request, timeout_s=10)).header

    def parts(self, midi: bytes, audio_format: int = AUDIO_FORMAT_WAV, **settings: Any) -> AsyncIterator[Any]:
        request = RenderRequest(midi=midi, format=audio_format, settings=RenderSettings(**settings))  # type: ignore[arg-type]
        return self.service.stream(self.stub.Render, request, timeout_s=30)

    async def render(self, midi: bytes, audio_format: int = AUDIO_FORMAT_WAV, **settings: Any) -> list[Any]:
        return [part async for part in self.parts(midi, audio_format, **settings)]

    async def render_request(self, midi: bytes, **fields: Any) -> list[Any]:
        request = RenderRequest(midi=midi, **fields)
        return [part async for part in self.service.stream(self.stub.Render, request, timeout_s=30)]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Start the service with one render thread and an empty queue."""
    async with (
        serve(Settings(port=0, threads=1, queue_size=0)) as server,
        ServiceClient(server.target, "renderer") as service,
    ):
        yield Client(service)


@pytest.fixture
def ten_minutes(piece: Make, track: Make) -> bytes:
    """Create a piece that takes seconds to render."""
    created: bytes = piece(track([(beat * QUARTER, QUARTER, 60 + beat % 12) for beat in range(1200)], 48))
    return created


@pytest.mark.parametrize(
    ("audio_format", "media_type", "magic"),
    [
        (AUDIO_FORMAT_UNSPECIFIED, "audio/wav", b"RIFF"),
        (AUDIO_FORMAT_WAV, "audio/wav", b"RIFF"),
        (AUDIO_FORMAT_FLAC, "audio/flac", b"fLaC"),
        (AUDIO_FORMAT_OGG, "audio/ogg", b"OggS"),
        (AUDIO_FORMAT_MP3, "audio/mpeg", b"\xff\xfb"),
        (AUDIO_FORMAT_OPUS, "audio/ogg; codecs=opus", b"OggS"),
    ],
)
async def test_render_streams_a_header_then_the_file(
    client: Client, a4: Make, audio_format: int, media_type: str, magic: bytes
) -> None:
    header, *chunks = await client.render(a4(), audio_format)
    assert header.header.media_type == media_type
    assert header.header.soundfont == "FluidR3_GM"
    assert header.header.channel_count == 2
    assert [part.WhichOneof("event") for part in chunks] == ["chunk"] * len(chunks)
    assert max(len(part.chunk) for part in chunks) <= 1024 * 1024
    assert chunks[0].chunk.startswith(magic)


async def test_measure_returns_the_header_of_render(client: Client, a4: Make) -> None:
    measured = await client.measure(a4(), sample_rate_hz=48_000)
    header, *chunks = await client.render(a4(), sample_rate_hz=48_000)
    assert measured == header.header
    assert measured.frame_count == 4 * 48_000
    assert measured.byte_count == sum(len(part.chunk) for part in chunks) == 44 + 4 * 4 * 48_000


def overwrite(midi: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite some bytes."""
    return midi[:offset] + value + midi[offset + len(value) :]


async def check_fault(client: Client, kind: type[Fault], match: str, midi: bytes, **settings: Any) -> None:
    """Check that both calls refuse a request with the same fault."""
    with pytest.raises(kind, match=match):
        await client.measure(midi, **settings)
    with pytest.raises(kind, match=match):
        await client.render(midi, **settings)


async def test_refuses_unusable_midi_files(client: Client, a4: Make, piece: Make) -> None:
    await check_fault(client, MidiUnreadable, "not a MIDI file", b"hello there, this is text")
    await check_fault(client, MidiUnreadable, "cut short", a4()[:16])
    await check_fault(client, UnsupportedTimeDivision, "0 ticks", overwrite(a4(), 12, b"\x00\x00"))
    await check_fault(client, MidiTooLarge, "may have 2,097,152", a4() + bytes(2**21))
    await check_fault(client, NoNotes, "holds no notes", piece())


async def test_refuses_settings_out_of_range(client: Client, a4: Make) -> None:
    await check_fault(client, InvalidInput, "it can be 22050, 44100 or 48000", a4(), sample_rate_hz=96_000)
    await check_fault(client, InvalidInput, "above 0 and at most 10", a4(), gain=10.1)
    await check_fault(client, InvalidInput, "above 0 and at most 10", a4(), gain=0.0)
    await check_fault(client, InvalidInput, "reverb level is 2; it can be 0 to 1", a4(), reverb=Reverb(level=2))
    await check_fault(
        client, InvalidInput, "chorus voice count is 17; it can be 1", a4(), chorus=Chorus(voice_count=17)
    )
    await check_fault(client, InvalidInput, "it can be -40 to -10", a4(), loudness=Loudness(target_lufs=-5))
    await check_fault(client, InvalidInput, "no loudness method 7; use 1 or 2", a4(), loudness=Loudness(method=7))  # type: ignore[arg-type]
    await check_fault(client, InvalidInput, "contradict each other", a4(), gain=1.0, loudness=Loudness())
    with pytest.raises(InvalidInput, match="no audio format 9"):
        await client.render(a4(), 9)
    with pytest.raises(InvalidInput, match="for Opus it can only be 48000"):
        await client.render(a4(), AUDIO_FORMAT_OPUS, sample_rate_hz=44_100)


async def test_refuses_impossible_stems_and_peaks(client: Client, a4: Make) -> None:
    with pytest.raises(InvalidInput, match="There is no track 3: the piece has tracks 0 to 0"):
        await client.render_request(a4(), stem=Stem(tracks=[3]))
    with pytest.raises(InvalidInput, match="No track plays drums; the piece has lead"):
        await client.render_request(a4(), stem=Stem(roles=[ROLE_DRUMS]))
    with pytest.raises(InvalidInput, match=r"no role 5; a role is lead \(1\), harmony"):
        await client.render_request(a4(), stem=Stem(roles=[ROLE_NONE]))
    with pytest.raises(InvalidInput, match="peak count is 16385; it can be 0 to 16384"):
        await client.render_request(a4(), peak_count=16_385)
    with pytest.raises(InvalidInput, match="stem levels is 3; it can be 0 to 2"):
        await client.render_request(a4(), stem=Stem(levels=[RoleLevel(role=ROLE_LEAD, level=3)]))
    with pytest.raises(InvalidInput, match="bit rate bps is 6000; it can be 12000 to 510000"):
        await client.render_request(a4(), format=AUDIO_FORMAT_OPUS, bit_rate_bps=6_000)
    with pytest.raises(InvalidInput, match="Only Opus takes a bit rate"):
        await client.render_request(a4(), bit_rate_bps=64_000)
    with pytest.raises(InvalidInput, match="those of the whole piece, as WAV"):
        await client.render_request(a4(), format=AUDIO_FORMAT_FLAC, separate_stems=True)


async def test_separate_stems_are_announced(client: Client, a4: Make) -> None:
    request = MeasureRequest(midi=a4(), separate_stems=True)
    measured = await client.service.call(client.stub.Measure, request, timeout_s=10)
    header, *chunks = await client.render_request(a4(), separate_stems=True)
    assert measured.header == header.header
    assert measured.header.channel_count == 4
    assert measured.header.byte_count == sum(len(part.chunk) for part in chunks) == 44 + 8 * 4 * 44_100


async def test_measure_returns_the_stems(client: Client, piece: Make, track: Make) -> None:
    midi = piece(track([(0, QUARTER, 76)], 73), track([(0, QUARTER, 36)], 33, 1), track([(0, QUARTER, 38)], 0, 9))
    request = MeasureRequest(midi=midi, role_overrides=[RoleOverride(track=0, role=ROLE_NONE)])
    measured = await client.service.call(client.stub.Measure, request, timeout_s=10)
    assert list(measured.stems) == [RoleTracks(role=ROLE_BASS, tracks=[1]), RoleTracks(role=ROLE_DRUMS, tracks=[2])]
    given = [RoleOverride(track=0, role=ROLE_NONE), RoleOverride(track=1, role=ROLE_LEAD)]
    by_role = await client.render_request(midi, stem=Stem(roles=[ROLE_LEAD], role_overrides=given))
    assert by_role == await client.render_request(midi, stem=Stem(tracks=[1]))


async def test_peaks_come_between_the_chunks(client: Client, a4: Make) -> None:
    _, *parts = await client.render_request(a4(), peak_count=500)
    levels = [level for part in parts for level in part.peaks.maximums]
    lows = [level for part in parts for level in part.peaks.minimums]
    assert len(levels) == len(lows) == 500
    assert "peaks" in [part.WhichOneof("event") for part in parts[:4]]
    assert max(levels[:100]) > 0.1 > max(levels[-20:])
    assert all(-1 <= low <= high <= 1 for low, high in zip(lows, levels, strict=True))
    samples = np.frombuffer(b"".join(part.chunk for part in parts)[44:], dtype="<i2") / 32768
    assert max(levels) == pytest.approx(samples.max(), abs=1e-4)
    assert min(lows) == pytest.approx(samples.min(), abs=1e-4)


async def test_a_measured_gain_can_be_used_again(client: Client, a4: Make) -> None:
    exact = Loudness(target_lufs=-20, method=LOUDNESS_METHOD_MEASURED)
    header, *chunks = await client.render(a4(), loudness=exact)
    assert header.header.loudness_lufs == pytest.approx(-20, abs=0.1)
    again, *same = await client.render(a4(), gain=header.header.gain)
    assert b"".join(part.chunk for part in same) == b"".join(part.chunk for part in chunks)
    assert (again.header.gain, again.header.HasField("loudness_lufs")) == (header.header.gain, False)


async def test_soundfonts_are_listed(client: Client) -> None:
    listed = await client.service.call(client.stub.ListSoundFonts, ListSoundFontsRequest(), timeout_s=10)
    (default,) = [soundfont for soundfont in listed.soundfonts if soundfont.is_default]
    assert (default.name, default.title) == ("FluidR3_GM", "Fluid R3 GM")
    names = [soundfont.name for soundfont in listed.soundfonts]
    assert names == sorted(names)


async def test_a_missing_soundfont(client: Client, a4: Make) -> None:
    await check_fault(
        client, SoundFontNotFound, r"There is no SoundFont Nowhere\. There are: .*FluidR3_GM", a4(), soundfont="Nowhere"
    )
    with pytest.raises(SoundFontNotFound, match="no SoundFont Nowhere") as caught:
        await client.measure(a4(), soundfont="Nowhere")
    assert "FluidR3_GM" in str(caught.value.facts["available"]).split(", ")


async def test_a_full_queue_refuses_and_a_cancelled_call_makes_room(
    client: Client, a4: Make, ten_minutes: bytes
) -> None:
    async with aclosing(client.parts(ten_minutes)) as parts:  # type: ignore[type-var]
        received = [await anext(parts) for _ in range(3)]
        assert received[0].header.byte_count > 100_000_000
        with pytest.raises(Overloaded, match="Too much work") as refused:
            await client.render(a4())
        assert refused.value.retry_after_s >= 1
        assert (await client.measure(a4())).frame_count == 4 * 44_100
    async with asyncio.timeout(1):
        while not await is_free(client, a4()):
            pass


async def test_a_cancelled_call_stops_while_it_is_measured(client: Client, a4: Make, ten_minutes: bytes) -> None:
    exact = Loudness(method=LOUDNESS_METHOD_MEASURED)
    waiting = asyncio.ensure_future(client.render(ten_minutes, loudness=exact))
    while not n_queued():
        await client.measure(a4())
    assert not await is_free(client, a4())
    waiting.cancel()
    async with asyncio.timeout(3):
        while not await is_free(client, a4()):
            pass
    assert waiting.cancelled()


def n_queued() -> float:
    """Return the number of pieces that are rendered or wait, by the metric."""
    samples = (sample for metric in WORK_QUEUED.collect() for sample in metric.samples)
    return sum(sample.value for sample in samples if sample.labels == {"worker": "render"})


async def is_free(client: Client, midi: bytes) -> bool:
    """Return whether a piece is rendered at once."""
    try:
        return len(await client.render(midi)) > 1
    except Overloaded:
        return False


async def test_stopping_the_server_ends_its_renders(ten_minutes: bytes) -> None:
    async with serve(Settings(port=0)) as server, ServiceClient(server.target, "renderer") as service:
        assert await asyncio.to_thread(check_health, server.target, "segue.renderer.v1.RendererService") == "SERVING"
        parts = Client(service).parts(ten_minutes)
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
    assert await asyncio.to_thread(check_health, server.target) == "NOT_SERVING"
    await server.stop()
