"""gRPC clients of all services; each call has a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Literal, Protocol, TypeVar

from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from segue.common.v1.common_pb2 import Key, Progress
from segue.gan.v1 import gan_pb2 as gan
from segue.gan.v1.gan_pb2_grpc import GanServiceStub
from segue.renderer.v1 import renderer_pb2 as renderer
from segue.renderer.v1.renderer_pb2_grpc import RendererServiceStub
from segue.transcriber.v1 import transcriber_pb2 as transcriber
from segue.transcriber.v1.transcriber_pb2_grpc import TranscriberServiceStub
from segue.transposer.v1 import transposer_pb2 as transposer
from segue.transposer.v1.transposer_pb2_grpc import TransposerServiceStub
from segue.vae.v1 import vae_pb2 as vae
from segue.vae.v1.vae_pb2_grpc import VaeServiceStub
from servicekit.client import ServiceClient
from servicekit.faults import Fault, Internal

from gateway.clients.grpc_requests import build_role_overrides
from gateway.settings import Settings

ProgressCallback = Callable[[float, str], None]
"""Called with the fraction (0 to 1) and the stage of a long call."""

Health = Literal["serving", "starting", "away"]

READ_S = 30.0
"""Deadline of a call that reads a piece; the largest takes about a second."""
BLEND_S = 900.0
"""Deadline of a blend: twenty minutes of music on a slow machine."""
INTERPOLATE_S = 300.0
"""Deadline of several pieces between two."""
GENERATE_S = 600.0
"""Deadline of one generated piece."""
RENDER_S = 900.0
"""Deadline of a rendering."""
TRANSCRIBE_S = 900.0
"""Deadline of a transcription: a recording of ten minutes on a slow machine."""
PROBE_S = 2.0
"""Deadline of a health check."""

T = TypeVar("T")
ResultT = TypeVar("ResultT", covariant=True)


class StreamEvent(Protocol[ResultT]):
    """A message of a stream that reports progress and ends with a result."""

    @property
    def progress(self) -> Progress: ...
    @property
    def result(self) -> ResultT: ...
    def WhichOneof(self, oneof_group: Any) -> str | None: ...  # noqa: N802  protobuf's name


class ServiceClients:
    """A client of each service. Every method raises the fault that the service raised, or `UpstreamUnavailable`."""

    def __init__(self, settings: Settings) -> None:
        targets = {
            "transposer": settings.transposer_target,
            "vae": settings.vae_target,
            "gan": settings.gan_target,
            "renderer": settings.renderer_target,
            "scraper": settings.scraper_target,
            "transcriber": settings.transcriber_target,
        }
        self._clients = {name: ServiceClient(target, name) for name, target in targets.items()}
        self._transposer = TransposerServiceStub(self._clients["transposer"].channel)
        self._vae = VaeServiceStub(self._clients["vae"].channel)
        self._gan = GanServiceStub(self._clients["gan"].channel)
        self._renderer = RendererServiceStub(self._clients["renderer"].channel)
        self._transcriber = TranscriberServiceStub(self._clients["transcriber"].channel)

    async def close(self) -> None:
        """End the running calls, and close the channels."""
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    async def inspect(self, request: transposer.InspectRequest) -> transposer.InspectResponse:
        """Return the description of a piece."""
        return await self._clients["transposer"].call(self._transposer.Inspect, request, timeout_s=READ_S)

    async def detect_key(self, midi: bytes, roles: Mapping[str, str]) -> Key:
        """Return the key of a piece; the roles are those that a user has set, by track number."""
        request = transposer.DetectKeyRequest(midi=midi, roles=build_role_overrides(roles))
        return (await self._clients["transposer"].call(self._transposer.DetectKey, request, timeout_s=READ_S)).key.key

    async def transpose(self, midi: bytes, key: Key, roles: Mapping[str, str]) -> transposer.TransposeResponse:
        """Return a piece transposed to a key by the smallest interval.

        No note is folded into the range of its instrument: a blend needs melodic lines that keep their shape.

        Parameters
        ----------
        midi : bytes
            The piece.
        key : Key
            The target.
        roles : mapping of str to str
            The roles that a user has set, by track number: drums stay.
        """
        request = transposer.TransposeRequest(
            midi=midi, key=key, range_policy=transposer.RANGE_POLICY_MIDI, roles=build_role_overrides(roles)
        )
        return await self._clients["transposer"].call(self._transposer.Transpose, request, timeout_s=READ_S)

    async def transpose_by(self, midi: bytes, semitones: int, roles: Mapping[str, str]) -> transposer.TransposeResponse:
        """Return a piece transposed by an interval, as `transpose` does.

        Parameters
        ----------
        midi : bytes
            The piece.
        semitones : int
            The interval.
        roles : mapping of str to str
            The roles that a user has set, by track number: drums stay.
        """
        request = transposer.TransposeRequest(
            midi=midi,
            semitones=semitones,
            range_policy=transposer.RANGE_POLICY_MIDI,
            roles=build_role_overrides(roles),
        )
        return await self._clients["transposer"].call(self._transposer.Transpose, request, timeout_s=READ_S)

    async def blend(self, request: vae.BlendRequest, report: ProgressCallback) -> vae.BlendResult:
        """Return a blend of pieces."""
        stream = self._clients["vae"].stream(self._vae.Blend, request, timeout_s=BLEND_S)
        return await _last_result(stream, report)

    async def encode(self, request: vae.EncodeRequest) -> vae.EncodeResponse:
        """Return the sections and latents of a piece."""
        return await self._clients["vae"].call(self._vae.Encode, request, timeout_s=READ_S)

    async def interpolate(self, request: vae.InterpolateRequest) -> list[bytes]:
        """Return the pieces between two, in order of weight, as MIDI files."""
        response = await self._clients["vae"].call(self._vae.Interpolate, request, timeout_s=INTERPOLATE_S)
        return list(response.midis)

    async def generate(self, request: gan.GenerateRequest, report: ProgressCallback) -> gan.GenerateResult:
        """Return a generated piece."""
        stream = self._clients["gan"].stream(self._gan.Generate, request, timeout_s=GENERATE_S)
        return await _last_result(stream, report)

    async def transcribe(
        self, header: transcriber.AudioFileHeader, chunks: AsyncIterable[bytes], report: ProgressCallback
    ) -> transcriber.Transcription:
        """Return the transcription of a recording.

        Parameters
        ----------
        header : AudioFileHeader
            Name and size of the file.
        chunks : async iterable of bytes
            Its bytes in order, at most 1 MiB each.
        report : callable
            Called with the progress.
        """
        upload = _UploadStream(header, chunks)
        # The client takes a stream of requests as it takes one request.
        method: Any = self._transcriber.Transcribe
        stream = self._clients["transcriber"].stream(method, upload.requests(), timeout_s=TRANSCRIBE_S)
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    if event.WhichOneof("event") == "transcription":
                        found: transcriber.Transcription = event.transcription
                        return found
                    report(event.progress.fraction, event.progress.stage)
        except Fault as fault:
            raise upload.error or fault from fault
        raise upload.error or Internal("the transcriber ended its stream without a transcription")

    async def styles(self) -> list[gan.Style]:
        """Return all styles that can be generated."""
        response = await self._clients["gan"].call(self._gan.ListStyles, gan.ListStylesRequest(), timeout_s=READ_S)
        return list(response.styles)

    async def soundfonts(self) -> list[renderer.SoundFont]:
        """Return the installed SoundFonts."""
        request = renderer.ListSoundFontsRequest()
        response = await self._clients["renderer"].call(self._renderer.ListSoundFonts, request, timeout_s=READ_S)
        return list(response.soundfonts)

    async def measure(self, request: renderer.MeasureRequest) -> renderer.MeasureResponse:
        """Return the header of the audio that a rendering would give, and the stems of the piece."""
        return await self._clients["renderer"].call(self._renderer.Measure, request, timeout_s=READ_S)

    def render(self, request: renderer.RenderRequest) -> AsyncGenerator[renderer.RenderResponse, None]:
        """Render a piece; closing the generator cancels the call."""
        return self._clients["renderer"].stream(self._renderer.Render, request, timeout_s=RENDER_S)

    async def health(self) -> dict[str, Health]:
        """Return the health of each service now."""
        states = await asyncio.gather(*(self._probe(client) for client in self._clients.values()))
        return dict(zip(self._clients, states, strict=True))

    async def _probe(self, client: ServiceClient) -> Health:
        stub: Any = HealthStub(client.channel)
        try:
            response = await client.call(stub.Check, HealthCheckRequest(), timeout_s=PROBE_S)
        except Fault:
            return "away"
        return "serving" if response.status == HealthCheckResponse.SERVING else "starting"


class _UploadStream:
    """The requests that send a recording to the transcriber.

    If reading the chunks fails, the stream just ends, and the transcriber refuses the incomplete file: gRPC would take
    an error for a cancellation of the call, and lose it.
    """

    def __init__(self, header: transcriber.AudioFileHeader, chunks: AsyncIterable[bytes]) -> None:
        self._header = header
        self._chunks = chunks
        self.error: Exception | None = None

    async def requests(self) -> AsyncIterator[transcriber.TranscribeRequest]:
        yield transcriber.TranscribeRequest(header=self._header)
        try:
            async for chunk in self._chunks:
                yield transcriber.TranscribeRequest(chunk=chunk)
        except Exception as error:
            self.error = error


async def _last_result(stream: AsyncGenerator[StreamEvent[T], None], report: ProgressCallback) -> T:
    """Report the progress of a stream, and return its result."""
    async with aclosing(stream) as events:
        async for event in events:
            if event.WhichOneof("event") == "result":
                return event.result
            report(event.progress.fraction, event.progress.stage)
    raise Internal("a service ended its stream without a result")
