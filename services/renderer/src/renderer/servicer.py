"""gRPC servicer of `RendererService`: convert the request, call the pipeline, convert the result."""

from __future__ import annotations

from collections.abc import AsyncIterator

from segue.renderer.v1 import renderer_pb2
from segue.renderer.v1.renderer_pb2 import (
    ListSoundFontsRequest,
    ListSoundFontsResponse,
    MeasureRequest,
    MeasureResponse,
    RenderRequest,
    RenderResponse,
)
from segue.renderer.v1.renderer_pb2_grpc import RendererServiceServicer, add_RendererServiceServicer_to_server
from servicekit.server import Context, Server
from servicekit.worker import Worker

from renderer import requests, responses
from renderer.pipeline import OutputOptions, RenderPipeline
from renderer.settings import Settings
from renderer.soundfonts import SoundFontLibrary


class RendererServicer(RendererServiceServicer):
    """Serves the renderer's calls; measures on a thread of its own, so that `Measure` never waits for a render."""

    def __init__(self, settings: Settings) -> None:
        self._soundfonts = SoundFontLibrary(settings.soundfonts, settings.soundfont)
        self._pipeline = RenderPipeline(self._soundfonts)
        self._render_worker = Worker("render", settings.threads, settings.queue_size)
        self._measure_worker = Worker("measure", 1, settings.queue_size)

    def load(self) -> None:
        """Load the default SoundFont."""
        self._soundfonts.load_default()

    def close(self) -> None:
        """Stop the renders under way."""
        self._render_worker.close()
        self._measure_worker.close()

    async def Measure(self, request: MeasureRequest, context: Context) -> MeasureResponse:
        """Return the header and the stems of a piece without rendering it."""
        audio_format = requests.parse_format(request.format)
        settings = requests.parse_settings(request.settings, audio_format)
        overrides = requests.parse_overrides(request.role_overrides)
        output = OutputOptions(separate_stems=request.separate_stems)
        measurement = await self._measure_worker.run(
            self._pipeline.measure, request.midi, audio_format, settings, overrides, output
        )
        return responses.to_measure_response(measurement)

    async def Render(self, request: RenderRequest, context: Context) -> AsyncIterator[RenderResponse]:
        """Stream the header, then the file's bytes and the waveform's peaks."""
        audio_format = requests.parse_format(request.format)
        settings = requests.parse_settings(request.settings, audio_format)
        requests.check_separate_stems(request, audio_format)
        output = OutputOptions(
            bit_rate_bps=requests.parse_bit_rate(request.bit_rate_bps, audio_format),
            n_peaks=requests.parse_peak_count(request.peak_count),
            separate_stems=request.separate_stems,
        )
        stem = requests.parse_stem(request.stem)
        events = self._render_worker.stream(self._pipeline.render, request.midi, audio_format, settings, stem, output)
        async for event in events:
            yield responses.to_render_response(event)

    async def ListSoundFonts(self, request: ListSoundFontsRequest, context: Context) -> ListSoundFontsResponse:
        """List the SoundFonts that a request can name."""
        return responses.to_list_response(await self._measure_worker.run(self._soundfonts.describe_all))


def serve(settings: Settings) -> Server:
    """Build the service's server; it is not started."""
    servicer = RendererServicer(settings)
    return Server(
        settings,
        renderer_pb2.DESCRIPTOR,
        lambda server: add_RendererServiceServicer_to_server(servicer, server),
        load=servicer.load,
        close=servicer.close,
    )
