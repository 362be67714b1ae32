"""`RendererService`: parse, call, reply."""

from __future__ import annotations

from collections.abc import AsyncIterator

from segue.renderer.v1 import renderer_pb2
from segue.renderer.v1.renderer_pb2 import MeasureRequest, MeasureResponse, RenderRequest, RenderResponse
from segue.renderer.v1.renderer_pb2_grpc import RendererServiceServicer, add_RendererServiceServicer_to_server
from servicekit.server import Context, Server
from servicekit.worker import Worker

from renderer import replies
from renderer.settings import Settings
from renderer.soundfonts import SoundFonts
from renderer.studio import DEFAULT_SAMPLE_RATE_HZ, Studio


class RendererServicer(RendererServiceServicer):
    """Answers the renderer's calls; renders on threads of its own, measures on another, so that it never waits."""

    def __init__(self, settings: Settings) -> None:
        self._soundfonts = SoundFonts(settings.soundfonts, settings.soundfont, settings.soundfonts_kept)
        self._studio = Studio(self._soundfonts)
        self._rendering = Worker("render", settings.threads, settings.queue_size)
        self._measuring = Worker("measure", 1, settings.queue_size)

    def load(self) -> None:
        """Load the default SoundFont."""
        self._soundfonts.load_default(DEFAULT_SAMPLE_RATE_HZ)

    def close(self) -> None:
        """Stop what is rendered, and free the SoundFonts."""
        self._rendering.close()
        self._measuring.close()
        self._soundfonts.close()

    async def Measure(self, request: MeasureRequest, context: Context) -> MeasureResponse:
        """As the contract says."""
        sound = replies.parse_sound(request.settings)
        header = await self._measuring.run(self._studio.measure, request.midi, sound)
        return MeasureResponse(header=replies.to_header(header))

    async def Render(self, request: RenderRequest, context: Context) -> AsyncIterator[RenderResponse]:
        """As the contract says."""
        sound = replies.parse_sound(request.settings)
        file_format = replies.parse_format(request.format)
        async for part in self._rendering.stream(self._studio.render, request.midi, file_format, sound):
            yield replies.to_part(part)


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
