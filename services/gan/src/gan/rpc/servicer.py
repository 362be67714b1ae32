"""The contract of ``segue.gan.v1``: parse, call, reply."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator

from segue.gan.v1 import gan_pb2
from segue.gan.v1.gan_pb2_grpc import GanServiceServicer, add_GanServiceServicer_to_server
from servicekit.faults import NotReady
from servicekit.server import Context, Server
from servicekit.worker import Worker

from gan.composer import Progress, compose
from gan.model import GanModel, load_model
from gan.planning.generation_request import GenerationRequest, resolve
from gan.rpc import requests, responses
from gan.settings import Settings
from gan.writing import midi_writer


class GanServicer(GanServiceServicer):
    """Generates pieces, as many at once as there are threads.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker = Worker("generate", n_threads=settings.threads, queue_size=settings.queue_size)
        self._models: GanModel | None = None

    def load(self) -> None:
        """Load the models, and compose once so that the first request is as fast as the next."""
        self._models = load_model(self._settings.models)
        for _ in generate(threading.Event(), self.models, GenerationRequest(seed=0, bars=8)):
            pass

    def close(self) -> None:
        """Stop the worker."""
        self._worker.close()

    @property
    def models(self) -> GanModel:
        """The loaded models."""
        if self._models is None:
            raise NotReady("The models are being loaded.")
        return self._models

    async def ListStyles(self, request: gan_pb2.ListStylesRequest, context: Context) -> gan_pb2.ListStylesResponse:
        """List the styles of the loaded model."""
        return gan_pb2.ListStylesResponse(styles=[responses.style(style) for style in self.models.styles])

    async def Generate(
        self, request: gan_pb2.GenerateRequest, context: Context
    ) -> AsyncIterator[gan_pb2.GenerateResponse]:
        """Generate one piece, telling how far it has come."""
        async for message in self._worker.stream(generate, self.models, requests.wish(request)):
            yield message


def generate(
    cancelled: threading.Event, models: GanModel, wish: GenerationRequest
) -> Iterator[gan_pb2.GenerateResponse]:
    """Compose what is wished for; yields the messages of `Generate`."""
    brief = resolve(wish, models.styles)
    for event in compose(brief, models, cancelled):
        if isinstance(event, Progress):
            yield responses.progress(event)
        else:
            data = midi_writer.write_midi(event, brief, models.digests)
            yield responses.result(event, brief, data, models.digests)


def serve(settings: Settings) -> Server:
    """Make the service, not yet started."""
    servicer = GanServicer(settings)
    return Server(
        settings,
        gan_pb2.DESCRIPTOR,
        lambda server: add_GanServiceServicer_to_server(servicer, server),
        load=servicer.load,
        close=servicer.close,
    )
