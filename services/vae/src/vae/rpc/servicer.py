"""The contract's calls: parse, call, reply. The models run on one thread behind a bounded queue."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator

from score import windows
from segue.vae.v1 import vae_pb2
from segue.vae.v1.vae_pb2_grpc import VaeServiceServicer, add_VaeServiceServicer_to_server
from servicekit.faults import Cancelled
from servicekit.server import Context, Server
from servicekit.worker import Worker

from vae import generation
from vae.blending.blend import Stage, Wishes, blend, encode, way
from vae.blending.blend_weights import Weights
from vae.conditioning.attributes import Vectors
from vae.models.model_registry import Bank, Interrupt
from vae.reconstruction.store import Album, Manner, Portraits
from vae.rpc import requests, responses
from vae.settings import Settings


class VaeServicer(VaeServiceServicer):
    """Encodes, decodes, blends and samples with the four models."""

    bank: Bank

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.album = Album()
        # The bank spreads a call's batches over all cores by itself: a second thread would only slow both down.
        self.worker = Worker("vae", n_threads=1, queue_size=settings.queue_size)

    def load(self) -> None:
        """Load the models."""
        self.bank = Bank.load(self.settings.models, self.settings.cache, self.settings.published)

    def close(self) -> None:
        """Stop the work."""
        self.worker.close()

    async def Encode(self, request: vae_pb2.EncodeRequest, context: Context) -> vae_pb2.EncodeResponse:
        """Turn a piece into latents."""
        return await self.worker.run(self._encode, request)

    async def Decode(self, request: vae_pb2.DecodeRequest, context: Context) -> vae_pb2.DecodeResponse:
        """Turn latents into a piece."""
        return await self.worker.run(self._decode, request)

    async def Interpolate(self, request: vae_pb2.InterpolateRequest, context: Context) -> vae_pb2.InterpolateResponse:
        """Give several pieces between two."""
        return vae_pb2.InterpolateResponse(midis=[midi async for midi in self.worker.stream(self._between, request)])

    async def Blend(self, request: vae_pb2.BlendRequest, context: Context) -> AsyncIterator[vae_pb2.BlendResponse]:
        """Blend whole pieces."""
        async for response in self.worker.stream(self._blend, request):
            yield response

    async def Sample(self, request: vae_pb2.SampleRequest, context: Context) -> vae_pb2.SampleResponse:
        """Draw new windows."""
        return await self.worker.run(self._sample, request)

    def _encode(self, request: vae_pb2.EncodeRequest) -> vae_pb2.EncodeResponse:
        piece = requests.parent(request)
        return responses.encoded(piece, encode(self.bank, piece))

    def _decode(self, request: vae_pb2.DecodeRequest) -> vae_pb2.DecodeResponse:
        setting = requests.setting(request.frame)
        steps = windows.steps_per_window(setting.meter)
        latents = requests.latents(request.latents, lambda role: self.bank.latent_size(role, steps))
        temperature = requests.temperature_of(request, 0.0)
        grid = generation.decode(self.bank, latents, setting, temperature, request.seed)
        return vae_pb2.DecodeResponse(midi=responses.file(grid, self.bank, method="decode", seed=request.seed))

    def _sample(self, request: vae_pb2.SampleRequest) -> vae_pb2.SampleResponse:
        roles, count = requests.sampled(request)
        temperature = requests.temperature_of(request, self.settings.temperature)
        setting = requests.setting(request.frame)
        grid = generation.sample(self.bank, roles, count, setting, temperature, request.seed)
        return vae_pb2.SampleResponse(midi=responses.file(grid, self.bank, method="sample", seed=request.seed))

    def _between(self, cancelled: threading.Event, request: vae_pb2.InterpolateRequest) -> Iterator[bytes]:
        pieces = [requests.parent(getattr(request, "from")), requests.parent(request.to)]
        temperature = requests.temperature_of(request, self.settings.temperature)
        portraits = Portraits(self.bank, Manner(temperature, request.seed), self.album)
        weights = requests.step_weights(request.step_count)
        stops = [Wishes(Weights(weight), temperature, request.seed) for weight in weights]
        steps = way(self.bank, pieces, stops, interruption(cancelled), portraits)
        for weight, step in zip(weights, steps, strict=True):
            facts = {"method": "interpolate", "weight": weight, "seed": request.seed}
            yield responses.file(step.grid, self.bank, step.timing, **facts)

    def _vectors(self, request: vae_pb2.BlendRequest) -> Vectors | None:
        """Read the directions of the sliders, if any is moved; models without them serve all other requests."""
        return Vectors.load(self.settings.models, self.bank.digests) if request.sliders else None

    def _blend(self, cancelled: threading.Event, request: vae_pb2.BlendRequest) -> Iterator[vae_pb2.BlendResponse]:
        wishes = requests.wishes(request, self.settings.temperature, self._vectors(request))
        pieces = requests.parents(request.parents)
        only = wishes.weights.only_parent(len(pieces))
        if request.ends == vae_pb2.ENDS_ORIGINAL and only is not None:
            yield responses.original(pieces[only], request, self.bank, wishes.temperature)
            return
        portraits = Portraits(self.bank, wishes.manner, self.album)
        for event in blend(self.bank, pieces, wishes, interruption(cancelled), portraits):
            if isinstance(event, Stage):
                yield responses.progress(event)
            else:
                yield responses.blended(event, request, self.bank, wishes.temperature)


def interruption(cancelled: threading.Event) -> Interrupt:
    """Make what stops work between batches once nobody waits for it."""

    def interrupt() -> None:
        if cancelled.is_set():
            raise Cancelled("The call was cancelled.")

    return interrupt


def serve(settings: Settings) -> Server:
    """Build the server; its models load after its port is open."""
    servicer = VaeServicer(settings)
    return Server(
        settings,
        vae_pb2.DESCRIPTOR,
        lambda server: add_VaeServiceServicer_to_server(servicer, server),
        load=servicer.load,
        close=servicer.close,
    )
