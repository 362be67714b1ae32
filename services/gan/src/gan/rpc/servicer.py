"""The gRPC service ``segue.gan.v1.GanService``."""

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
from gan.writing.midi_writer import write_midi


class GanServicer(GanServiceServicer):
    """Generates pieces, as many at once as there are threads.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker = Worker("generate", n_threads=settings.threads, queue_size=settings.queue_size)
        self._model: GanModel | None = None

    def load(self) -> None:
        """Load the model, and generate a piece so that the kernels are compiled before the first request."""
        self._model = load_model(self._settings.models)
        for _ in generate(threading.Event(), self.model, GenerationRequest(seed=0, n_bars=8)):
            pass

    def close(self) -> None:
        """Stop the worker."""
        self._worker.close()

    @property
    def model(self) -> GanModel:
        """The loaded model."""
        if self._model is None:
            raise NotReady("The models are being loaded.")
        return self._model

    async def ListStyles(self, request: gan_pb2.ListStylesRequest, context: Context) -> gan_pb2.ListStylesResponse:
        """List the styles of the loaded model."""
        return gan_pb2.ListStylesResponse(styles=[responses.to_style(style) for style in self.model.styles])

    async def Generate(
        self, request: gan_pb2.GenerateRequest, context: Context
    ) -> AsyncIterator[gan_pb2.GenerateResponse]:
        """Generate a piece, streaming progress."""
        async for message in self._worker.stream(generate, self.model, requests.to_generation_request(request)):
            yield message


def generate(
    cancelled: threading.Event, model: GanModel, request: GenerationRequest
) -> Iterator[gan_pb2.GenerateResponse]:
    """Generate a piece: yield the messages of the RPC `Generate`.

    Parameters
    ----------
    cancelled : threading.Event
        Set from another thread to stop.
    model : GanModel
    request : GenerationRequest
    """
    resolved = resolve(request, model.styles)
    for item in compose(resolved, model, cancelled):
        if isinstance(item, Progress):
            yield responses.to_progress(item)
        else:
            midi = write_midi(item, resolved, model.digests)
            yield responses.to_result(item, resolved, midi, model.digests)


def serve(settings: Settings) -> Server:
    """Return the service, not yet started."""
    servicer = GanServicer(settings)
    return Server(
        settings,
        gan_pb2.DESCRIPTOR,
        lambda server: add_GanServiceServicer_to_server(servicer, server),
        load=servicer.load,
        close=servicer.close,
    )
