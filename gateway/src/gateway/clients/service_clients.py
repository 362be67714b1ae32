"""The services, each call with its deadline, and what is known of their health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
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
from servicekit.faults import (
    Fault,
    Internal,
    ModelMismatch,
    NotReady,
    Overloaded,
    SoundFontMissing,
    UpstreamUnavailable,
)

from gateway.settings import Settings

Report = Callable[[float, str], None]
"""Told a long call's fraction (0 to 1) and stage as it goes on."""

Health = Literal["serving", "starting", "away"]

READ_S = 30.0
"""Deadline of a call that reads a piece: the largest takes about a second."""
BLEND_S = 900.0
"""Deadline of a blend: twenty minutes of music on a slow machine."""
STEPS_S = 300.0
"""Deadline of several pieces between two."""
GENERATE_S = 600.0
"""Deadline of one generated piece."""
RENDER_S = 900.0
"""Deadline of a rendering."""
TRANSCRIBE_S = 900.0
"""Deadline of a transcription: ten minutes of sound on a slow machine."""
PROBE_S = 2.0
"""Deadline of a health check."""

_LOADING_PATIENCE = 5
_LONGEST_WAIT_S = 4.0

T = TypeVar("T")
ResultT = TypeVar("ResultT", covariant=True)


class Event(Protocol[ResultT]):
    """A message of a stream that carries progress and, last, a result."""

    @property
    def progress(self) -> Progress: ...
    @property
    def result(self) -> ResultT: ...
    def WhichOneof(self, oneof_group: Any) -> str | None: ...  # noqa: N802  protobuf's name


class Services:
    """A link to each service. Every method raises the fault that the service raised, or that it is away."""

    def __init__(self, settings: Settings) -> None:
        targets = {
            "transposer": settings.transposer_target,
            "vae": settings.vae_target,
            "gan": settings.gan_target,
            "renderer": settings.renderer_target,
            "scraper": settings.scraper_target,
            "transcriber": settings.transcriber_target,
        }
        self._links = {name: ServiceClient(target, name) for name, target in targets.items()}
        self._transposer = TransposerServiceStub(self._links["transposer"].channel)
        self._vae = VaeServiceStub(self._links["vae"].channel)
        self._gan = GanServiceStub(self._links["gan"].channel)
        self._renderer = RendererServiceStub(self._links["renderer"].channel)
        self._transcriber = TranscriberServiceStub(self._links["transcriber"].channel)

    async def close(self) -> None:
        """End the calls under way and close the links."""
        await asyncio.gather(*(link.close() for link in self._links.values()))

    async def inspect(self, request: transposer.InspectRequest) -> transposer.InspectResponse:
        """Describe a piece."""
        return await self._links["transposer"].call(self._transposer.Inspect, request, timeout_s=READ_S)

    async def detect_key(self, midi: bytes) -> Key:
        """Find a piece's key."""
        request = transposer.DetectKeyRequest(midi=midi)
        return (await self._links["transposer"].call(self._transposer.DetectKey, request, timeout_s=READ_S)).key.key

    async def transpose(self, midi: bytes, key: Key) -> transposer.TransposeResponse:
        """Move a piece to a key by the shortest way.

        No note is folded into its instrument's range: what is blended are lines, and a line must keep its shape.
        """
        request = transposer.TransposeRequest(midi=midi, key=key, range_policy=transposer.RANGE_POLICY_MIDI)
        return await self._links["transposer"].call(self._transposer.Transpose, request, timeout_s=READ_S)

    async def blend(self, request: vae.BlendRequest, report: Report) -> vae.BlendResult:
        """Blend pieces."""
        stream = self._links["vae"].stream(self._vae.Blend, request, timeout_s=BLEND_S)
        return await _result(stream, report)

    async def encode(self, request: vae.EncodeRequest) -> vae.EncodeResponse:
        """Have a piece read by the models: its sections are told with its latents."""
        return await self._links["vae"].call(self._vae.Encode, request, timeout_s=READ_S)

    async def interpolate(self, request: vae.InterpolateRequest) -> list[bytes]:
        """Give the pieces from one to another, in order of weight."""
        return list((await self._links["vae"].call(self._vae.Interpolate, request, timeout_s=STEPS_S)).midis)

    async def generate(self, request: gan.GenerateRequest, report: Report) -> gan.GenerateResult:
        """Generate a piece."""
        stream = self._links["gan"].stream(self._gan.Generate, request, timeout_s=GENERATE_S)
        return await _result(stream, report)

    async def transcribe(
        self, header: transcriber.AudioFileHeader, parts: AsyncIterable[bytes], report: Report
    ) -> transcriber.Transcription:
        """Have a recording written down; its file's bytes come in parts of at most 1 MiB, in order."""
        requests = _Requests(header, parts)
        # A stream of requests goes through a link as one request does.
        method: Any = self._transcriber.Transcribe
        stream = self._links["transcriber"].stream(method, requests.all(), timeout_s=TRANSCRIBE_S)
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    if event.WhichOneof("event") == "transcription":
                        found: transcriber.Transcription = event.transcription
                        return found
                    report(event.progress.fraction, event.progress.stage)
        except Fault as fault:
            raise requests.broken or fault from fault
        raise requests.broken or Internal("the transcriber ended its stream without a transcription")

    async def styles(self) -> list[gan.Style]:
        """List the styles that can be asked for."""
        reply = await self._links["gan"].call(self._gan.ListStyles, gan.ListStylesRequest(), timeout_s=READ_S)
        return list(reply.styles)

    async def measure(self, request: renderer.MeasureRequest) -> renderer.AudioHeader:
        """Tell what a piece's audio will be."""
        return (await self._links["renderer"].call(self._renderer.Measure, request, timeout_s=READ_S)).header

    def render(self, request: renderer.RenderRequest) -> AsyncGenerator[renderer.RenderResponse, None]:
        """Render a piece; closing the generator ends the work."""
        return self._links["renderer"].stream(self._renderer.Render, request, timeout_s=RENDER_S)

    async def health(self) -> dict[str, Health]:
        """Ask every service how it is."""
        states = await asyncio.gather(*(self._probe(link) for link in self._links.values()))
        return dict(zip(self._links, states, strict=True))

    async def _probe(self, link: ServiceClient) -> Health:
        stub: Any = HealthStub(link.channel)
        try:
            reply = await link.call(stub.Check, HealthCheckRequest(), timeout_s=PROBE_S)
        except Fault:
            return "away"
        return "serving" if reply.status == HealthCheckResponse.SERVING else "starting"


class _Requests:
    """A recording as the transcriber is sent it.

    Where the parts break off, the stream just ends, which the transcriber refuses: gRPC would take the error for a
    cancellation of the call, and lose it.
    """

    def __init__(self, header: transcriber.AudioFileHeader, parts: AsyncIterable[bytes]) -> None:
        self._header = header
        self._parts = parts
        self.broken: Exception | None = None

    async def all(self) -> AsyncIterator[transcriber.TranscribeRequest]:
        yield transcriber.TranscribeRequest(header=self._header)
        try:
            async for part in self._parts:
                yield transcriber.TranscribeRequest(chunk=part)
        except Exception as error:
            self.broken = error


async def _result(stream: AsyncGenerator[Event[T], None], report: Report) -> T:
    """Follow a long call to its end."""
    async with aclosing(stream) as events:
        async for event in events:
            if event.WhichOneof("event") == "result":
                return event.result
            report(event.progress.fraction, event.progress.stage)
    raise Internal("a service ended its stream without a result")


async def patiently(
    call: Callable[[], Awaitable[T]], patience_s: float, tell: Callable[[Fault], None] | None = None
) -> T:
    """Make a call again while its service is away, loading or overloaded.

    Parameters
    ----------
    call : callable
        Makes the call.
    patience_s : float
        Seconds after the first failure at which no further attempt is made; five times as long for a service that
        says it is loading, for such a one is there.
    tell : callable, optional
        Told of each failure that is followed by another attempt.

    Raises
    ------
    Fault
        The last one, once the time is over; or at once, one that another attempt will not mend.
    """
    loop = asyncio.get_running_loop()
    failing_since_s: float | None = None
    wait_s = 0.25
    while True:
        try:
            return await call()
        except (UpstreamUnavailable, NotReady, Overloaded) as away:
            failing_since_s = failing_since_s or loop.time()
            limit_s = patience_s * (_LOADING_PATIENCE if isinstance(away, NotReady) else 1)
            is_for_good = isinstance(away, ModelMismatch | SoundFontMissing)
            if is_for_good or loop.time() + wait_s > failing_since_s + limit_s:
                raise
            if tell is not None:
                tell(away)
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
