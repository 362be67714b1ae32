"""A gateway that listens on a port, with fakes of all services behind the gRPC contracts.

The fakes implement the contracts, and let a test hold a call, make it fail, and see whether it was cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from gateway.__main__ import config
from gateway.settings import Settings
from gateway.workflows import batch_queue, workflow
from pydantic_settings import SettingsConfigDict
from segue.common.v1 import common_pb2 as common
from segue.gan.v1 import gan_pb2 as gan
from segue.gan.v1.gan_pb2_grpc import GanServiceServicer, add_GanServiceServicer_to_server
from segue.renderer.v1 import renderer_pb2 as renderer
from segue.renderer.v1.renderer_pb2_grpc import RendererServiceServicer, add_RendererServiceServicer_to_server
from segue.scraper.v1 import scraper_pb2 as scraper
from segue.scraper.v1.scraper_pb2_grpc import ScraperServiceServicer, add_ScraperServiceServicer_to_server
from segue.transcriber.v1 import transcriber_pb2 as transcriber
from segue.transcriber.v1 import transcriber_pb2_grpc as transcriber_grpc
from segue.transposer.v1 import transposer_pb2 as transposer
from segue.transposer.v1.transposer_pb2_grpc import TransposerServiceServicer, add_TransposerServiceServicer_to_server
from segue.vae.v1 import vae_pb2 as vae
from segue.vae.v1.vae_pb2_grpc import VaeServiceServicer, add_VaeServiceServicer_to_server
from servicekit import logs
from servicekit.faults import AudioUnreadable, MidiUnreadable, NoNotes, NoPitchedNotes, UnknownStyle
from servicekit.server import Server
from servicekit.settings import ServerSettings

workflow.LISTEN_S = 0.01
batch_queue.POLL_INTERVAL_S = 0.05

MIDI = b"MThd" + bytes(range(60))
FLAC = b"fLaC" + bytes(range(256)) * 20_000
"""Five megabytes with the first bytes of a FLAC file."""
SILENCE, DRUMS, MODULATING, PLAYED = b"fLaC silence", b"MThd drums only", b"MThd modulating", b"MThd played freely"
FOUND = transposer.InspectResponse(grid=transposer.GRID_SOURCE_FOUND, gridded_midi=b"MThd found beats", tempo_bpm=87.0)
C_MAJOR = common.Key(tonic=0, mode=common.MODE_MAJOR)
G_MAJOR = common.Key(tonic=7, mode=common.MODE_MAJOR)
STRETCHES = [
    transposer.LocalKey(first_bar=0, bar_count=4, onset_s=0, end_s=8, key=C_MAJOR, confidence=0.75),
    transposer.LocalKey(first_bar=4, bar_count=4, onset_s=8, end_s=16, key=G_MAJOR, confidence=0.5),
]
MOOD = gan.Mood(valence=-0.25, energy=0.5)
SECTIONS = [vae.Section(label=label, start_bar=bar, bar_count=2) for label, bar in (("A", 0), ("B", 2), ("A", 4))]
register_transcriber = transcriber_grpc.add_TranscriberServiceServicer_to_server
WAV_BYTES, CHUNK_BYTES = 300_000, 50_000


class FakeSettings(ServerSettings):
    """A service on a free port."""

    model_config = SettingsConfigDict(env_prefix="FAKE_")


class Gate:
    """Holds calls until the test opens it; open at first."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.opened.set()
        self.reached = asyncio.Event()
        self.cancelled = asyncio.Event()

    def shut(self) -> None:
        self.opened.clear()
        self.reached.clear()

    async def passage(self) -> None:
        self.reached.set()
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


class FakeTransposer(TransposerServiceServicer):
    """Accepts what begins like MIDI, detects C major, and appends range policy and tonic to what it transposes."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.inspected: list[transposer.InspectRequest] = []

    async def Inspect(self, request: transposer.InspectRequest, context: Any) -> transposer.InspectResponse:
        self.inspected.append(request)
        await self.gate.passage()
        _check(request.midi)
        roles = {override.track: override.role for override in request.roles}
        track = transposer.TrackInfo(
            track=1,
            name="Piano",
            program=4,
            is_drum=roles.get(1) == common.ROLE_DRUMS,
            note_count=1,
            role=roles.get(1, common.ROLE_HARMONY),
            role_confidence=1.0 if roles else 0.75,
            notes=[transposer.Note(onset_s=0.5, duration_s=0.25, pitch=60, velocity=90)] * request.include_notes,
        )
        reply = transposer.InspectResponse(
            bar_count=8,
            duration_s=16.0,
            tempo_bpm=120.0,
            meter="4/4",
            key=_found(C_MAJOR),
            tracks=[transposer.TrackInfo(track=0, name="Conductor", role=common.ROLE_NONE), track],
            notices=[common.Notice(reason="QUANTISED", message="Two notes were moved to the grid.")],
            bar_onsets_s=[2.0 * bar for bar in range(8)] if request.include_notes else [],
        )
        if request.midi == MODULATING:
            reply.key.runner_up.CopyFrom(G_MAJOR)
            reply.key.runner_up_confidence = 0.25
            reply.local_keys.extend(STRETCHES if request.include_local_keys else [])
        if request.midi == DRUMS:
            reply.ClearField("key")
        if request.grid == transposer.GRID_SOURCE_FOUND or (request.midi == PLAYED and not request.grid):
            reply.MergeFrom(FOUND)
        return reply

    async def DetectKey(self, request: transposer.DetectKeyRequest, context: Any) -> transposer.DetectKeyResponse:
        _check(request.midi)
        if request.midi == DRUMS:
            raise NoPitchedNotes("All notes are drums.")
        return transposer.DetectKeyResponse(key=_found(C_MAJOR))

    async def Transpose(self, request: transposer.TransposeRequest, context: Any) -> transposer.TransposeResponse:
        if request.midi == DRUMS:
            raise NoPitchedNotes("All notes are drums.")
        policy, key = request.range_policy, request.key
        return transposer.TransposeResponse(midi=request.midi + bytes([policy, key.tonic]), to_key=key)

    def Normalise(self, request_iterator: Any, context: Any) -> Any: ...


class FakeVae(VaeServiceServicer):
    """Returns a blend that depends on the bytes of the request."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.requests: list[vae.BlendRequest] = []
        self.encoded: list[vae.EncodeRequest] = []
        self.interpolate_requests: list[vae.InterpolateRequest] = []
        self.faults: list[Exception] = []
        self.result = vae.BlendResult()

    async def Encode(self, request: vae.EncodeRequest, context: Any) -> vae.EncodeResponse:
        self.encoded.append(request)
        return vae.EncodeResponse(sections=SECTIONS)

    async def Interpolate(self, request: vae.InterpolateRequest, context: Any) -> vae.InterpolateResponse:
        self.interpolate_requests.append(request)
        return vae.InterpolateResponse(midis=[MIDI + bytes([place]) for place in range(request.step_count)])

    async def Decode(self, request: Any, context: Any) -> Any: ...
    async def Sample(self, request: Any, context: Any) -> Any: ...

    async def Blend(self, request: vae.BlendRequest, context: Any) -> AsyncIterator[vae.BlendResponse]:
        self.requests.append(request)
        if self.faults:
            raise self.faults.pop(0)
        yield vae.BlendResponse(progress=common.Progress(fraction=0.5, stage="decode"))
        await self.gate.passage()
        digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
        result = vae.BlendResult(midi=b"MThd" + digest, bar_count=8, model_digests={"lead": "aa"}, sections=SECTIONS)
        result.MergeFrom(self.result)
        yield vae.BlendResponse(result=result)


class FakeGan(GanServiceServicer):
    """Returns a piece that depends on the seed, in the requested style."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.requests: list[gan.GenerateRequest] = []
        pitched = [common.ROLE_LEAD, common.ROLE_HARMONY, common.ROLE_BASS]
        self.styles = [
            gan.Style(style_id="jazz", name="Jazz", meters=["4/4"], roles=[*pitched, common.ROLE_DRUMS]),
            gan.Style(style_id="folk", name="Folk", meters=["3/4", "4/4"], roles=pitched),
        ]

    async def ListStyles(self, request: gan.ListStylesRequest, context: Any) -> gan.ListStylesResponse:
        return gan.ListStylesResponse(styles=self.styles)

    async def Generate(self, request: gan.GenerateRequest, context: Any) -> AsyncIterator[gan.GenerateResponse]:
        self.requests.append(request)
        if request.style_id not in {"", *(style.style_id for style in self.styles)}:
            raise UnknownStyle("There is no such style.")
        yield gan.GenerateResponse(progress=common.Progress(fraction=0.5, stage="draw"))
        await self.gate.passage()
        result = gan.GenerateResult(midi=b"MThd gan" + request.seed.to_bytes(8), mood=MOOD, density=0.125)
        result.style_id, result.meter = request.style_id or "jazz", request.meter or "4/4"
        result.tempo_bpm, result.bar_count = request.tempo_bpm or 96.0, request.bar_count or 24
        result.key.CopyFrom(request.key if request.HasField("key") else C_MAJOR)
        yield gan.GenerateResponse(result=result)


class FakeRenderer(RendererServiceServicer):
    """Sends as many bytes as it announces, in chunks that a test can hold."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.requests: list[renderer.RenderRequest] = []
        self.soundfont = "fake"
        self.n_channels = 2
        self.stems: list[renderer.RoleTracks] = []

    async def Measure(self, request: renderer.MeasureRequest, context: Any) -> renderer.MeasureResponse:
        return renderer.MeasureResponse(header=_header(self.soundfont, self.n_channels), stems=self.stems)

    async def ListSoundFonts(self, request: Any, context: Any) -> renderer.ListSoundFontsResponse:
        fonts = [renderer.SoundFont(name="fake", is_default=True, title="Fake bank"), renderer.SoundFont(name="thin")]
        return renderer.ListSoundFontsResponse(soundfonts=fonts)

    async def Render(self, request: renderer.RenderRequest, context: Any) -> AsyncIterator[renderer.RenderResponse]:
        self.requests.append(request)
        yield renderer.RenderResponse(header=_header(self.soundfont, self.n_channels))
        peaks = [place / request.peak_count for place in range(request.peak_count)]
        yield renderer.RenderResponse(peaks=renderer.Peaks(minimums=[-peak for peak in peaks], maximums=peaks))
        wav = wav_of(request.midi)
        for start in range(0, WAV_BYTES, CHUNK_BYTES):
            if start == 2 * CHUNK_BYTES:
                await self.gate.passage()
            yield renderer.RenderResponse(chunk=wav[start : start + CHUNK_BYTES])


class FakeTranscriber(transcriber_grpc.TranscriberServiceServicer):
    """Returns a transcription that depends on the bytes of the recording, and finds no notes in silence."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.headers: list[transcriber.AudioFileHeader] = []
        self.recordings: list[bytes] = []

    async def Transcribe(self, request_iterator: Any, context: Any) -> AsyncIterator[transcriber.TranscribeResponse]:
        requests = [request async for request in request_iterator]
        self.headers += [request.header for request in requests if request.HasField("header")]
        assert all(len(request.chunk) <= 1024 * 1024 for request in requests)
        audio = b"".join(request.chunk for request in requests)
        if len(audio) != self.headers[-1].byte_count:
            raise AudioUnreadable("The file broke off.")
        yield transcriber.TranscribeResponse(progress=common.Progress(fraction=0.5, stage="listen"))
        await self.gate.passage()
        if audio == SILENCE:
            raise NoNotes("No note is heard in this recording.")
        self.recordings.append(audio)
        transcription = transcriber.Transcription(midi=b"MThd heard" + hashlib.sha256(audio).digest(), duration_s=12.0)
        transcription.confidence, transcription.tempo_confidence = 0.75, 0.5
        transcription.meter_confidence, transcription.start_s = 0.25, 0.125
        transcription.notices.add(reason="DRUMS_LEFT_OUT", message="Drums are not transcribed.")
        yield transcriber.TranscribeResponse(transcription=transcription)


class FakeServices:
    """The fake services, and gateways that use them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.transposer = FakeTransposer()
        self.vae = FakeVae()
        self.gan = FakeGan()
        self.renderer = FakeRenderer()
        self.transcriber = FakeTranscriber()
        unused = ScraperServiceServicer()  # type: ignore[abstract]  # the gateway calls none of its methods
        self._servers = {
            "transposer": _serve(transposer, lambda s: add_TransposerServiceServicer_to_server(self.transposer, s)),
            "vae": _serve(vae, lambda s: add_VaeServiceServicer_to_server(self.vae, s)),
            "gan": _serve(gan, lambda s: add_GanServiceServicer_to_server(self.gan, s)),
            "renderer": _serve(renderer, lambda s: add_RendererServiceServicer_to_server(self.renderer, s)),
            "scraper": _serve(scraper, lambda s: add_ScraperServiceServicer_to_server(unused, s)),
            "transcriber": _serve(transcriber, lambda s: register_transcriber(self.transcriber, s)),
        }

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[FakeServices]:
        """Serve until the context ends."""
        async with contextlib.AsyncExitStack() as stack:
            for server in self._servers.values():
                await stack.enter_async_context(server)
            yield self

    async def stop(self, name: str) -> None:
        """Stop a service, as if it had crashed."""
        await self._servers[name].stop()

    def settings(self, **changes: Any) -> Settings:
        """Return the settings of a gateway that uses these services."""
        targets = {f"{name}_target": server.target for name, server in self._servers.items()}
        quiet = {"patience_s": 0.5, "gallery": self.data / "no-gallery", "web_dist": self.data / "no-web"}
        return Settings(data=self.data / "var", **{**targets, **quiet, **changes})

    @contextlib.asynccontextmanager
    async def gateway(self, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
        """Run a gateway on a free port, and yield a client of it."""
        server = uvicorn.Server(config(self.settings(port=0, grace_s=1, **changes)))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            assert not serving.done(), serving.exception()
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                yield client
        finally:
            server.should_exit = True
            await serving

    @staticmethod
    async def upload(client: httpx.AsyncClient, *pieces: bytes) -> list[str]:
        """Upload pieces, and return their ids."""
        files = [("files", (f"Piece {n}.mid", data, "audio/midi")) for n, data in enumerate(pieces)]
        answer = await client.post("/upload", files=files)
        assert answer.status_code == 201, answer.text
        return [file["file_id"] for file in answer.json()["files"]]

    @staticmethod
    async def upload_recording(client: httpx.AsyncClient, audio: bytes = FLAC) -> dict[str, Any]:
        """Upload a recording, and return its file."""
        answer = await client.post("/upload", files=[("files", ("My song.flac", audio, "audio/flac"))])
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["files"][0])

    @staticmethod
    async def wait_for_end(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
        """Wait for the last event of a job, and return its data."""
        last: dict[str, Any] = {}
        async with client.stream("GET", f"/jobs/{job_id}/events") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    last = json.loads(line.removeprefix("data: "))
        return last

    async def blend(self, client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
        """Blend two pieces, and return the finished job."""
        ids = await self.upload(client, MIDI, MIDI + b"2")
        answer = await client.post("/generate/vae", json={"file_ids": ids, **fields})
        assert answer.status_code == 202, answer.text
        return await self.wait_for_end(client, answer.json()["job_id"])


@pytest.fixture(autouse=True)
def production_logs() -> Iterator[None]:
    """Log as in production: structlog's default tracebacks take seconds, and go to standard output."""
    root = logging.getLogger()
    before, handlers, level = structlog.get_config(), root.handlers, root.level
    logs.configure("gateway", "WARNING")
    yield
    structlog.configure(**before)
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture
async def fakes(tmp_path: Path) -> AsyncIterator[FakeServices]:
    """The fake services, serving."""
    async with FakeServices(tmp_path).serving() as playing:
        yield playing


@pytest.fixture
async def client(fakes: FakeServices) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that uses the fake services."""
    async with fakes.gateway() as opened:
        yield opened


def wav_of(midi: bytes) -> bytes:
    """Return the audio that the fake renderer makes of a piece."""
    return (b"RIFF" + hashlib.sha256(midi).digest() * (WAV_BYTES // 32 + 1))[:WAV_BYTES]


def _serve(contract: Any, register: Any) -> Server:
    return Server(FakeSettings(grace_s=0.0), contract.DESCRIPTOR, register)


def _header(soundfont: str, n_channels: int) -> renderer.AudioHeader:
    n_frames = (WAV_BYTES - 44) // (2 * n_channels)
    layout: dict[str, Any] = {"sample_rate_hz": 44100, "channel_count": n_channels, "frame_count": n_frames}
    return renderer.AudioHeader(**layout, byte_count=WAV_BYTES, soundfont=soundfont)


def _found(key: common.Key) -> transposer.DetectedKey:
    return transposer.DetectedKey(key=key, confidence=0.9, runner_up=key, mode_name="")


def _check(midi: bytes) -> None:
    if not midi.startswith(b"MThd"):
        raise MidiUnreadable("The file does not begin like MIDI.")
