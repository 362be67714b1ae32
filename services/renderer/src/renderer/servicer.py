"""`RendererService`: parse, call, reply."""

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

from renderer import responses
from renderer.pipeline import Studio
from renderer.settings import Settings
from renderer.soundfonts import SoundFonts


class RendererServicer(RendererServiceServicer):
    """Answers the renderer's calls; renders on threads of its own, measures on another, so that it never waits."""

    def __init__(self, settings: Settings) -> None:
        self._soundfonts = SoundFonts(settings.soundfonts, settings.soundfont)
        self._studio = Studio(self._soundfonts)
        self._rendering = Worker("render", settings.threads, settings.queue_size)
        self._measuring = Worker("measure", 1, settings.queue_size)

    def load(self) -> None:
        """Load the default SoundFont."""
        self._soundfonts.load_default()

    def close(self) -> None:
        """Stop what is rendered."""
        self._rendering.close()
        self._measuring.close()

    async def Measure(self, request: MeasureRequest, context: Context) -> MeasureResponse:
        """As the contract says."""
        file_format = responses.parse_format(request.format)
        sound = responses.parse_sound(request.settings, file_format)
        overrides = responses.parse_overrides(request.role_overrides)
        measured = await self._measuring.run(self._studio.measure, request.midi, file_format, sound, overrides)
        return responses.to_measurement(measured)

    async def Render(self, request: RenderRequest, context: Context) -> AsyncIterator[RenderResponse]:
        """As the contract says."""
        file_format = responses.parse_format(request.format)
        sound = responses.parse_sound(request.settings, file_format)
        stem, peak_count = responses.parse_stem(request.stem), responses.parse_peak_count(request.peak_count)
        rendered = self._rendering.stream(self._studio.render, request.midi, file_format, sound, stem, peak_count)
        async for part in rendered:
            yield responses.to_part(part)

    async def ListSoundFonts(self, request: ListSoundFontsRequest, context: Context) -> ListSoundFontsResponse:
        """As the contract says."""
        return responses.to_list(await self._measuring.run(self._soundfonts.listed))


def serve(settings: Settings) -> Server:
    """Make the service's server."""
    servicer = RendererServicer(settings)
    return Server(
        settings,
        renderer_pb2.DESCRIPTOR,
        lambda server: add_RendererServiceServicer_to_server(servicer, server),
        load=servicer.load,
        close=servicer.close,
    )
