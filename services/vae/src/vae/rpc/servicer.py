"""The servicer of `VaeService`: parse, call, reply. The models run on one thread behind a bounded queue."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Sequence

from score.windows import steps_per_window
from segue.vae.v1 import vae_pb2
from segue.vae.v1.vae_pb2_grpc import VaeServiceServicer, add_VaeServiceServicer_to_server
from servicekit.faults import Cancelled
from servicekit.server import Context, Server
from servicekit.worker import Worker

from vae import generation
from vae.blending.blend import blend, blend_many
from vae.blending.blend_options import BlendOptions, Progress
from vae.blending.blend_weights import BlendWeights
from vae.blending.edited_parent import edit_parent
from vae.models.model_registry import CancellationCheck, ModelRegistry
from vae.pieces.piece import Piece
from vae.reconstruction.encoding import encode_piece
from vae.reconstruction.store import ReconstructionCache, ReconstructionStore, SamplingOptions
from vae.rpc import requests, responses
from vae.settings import Settings


class VaeServicer(VaeServiceServicer):
    """Encodes, decodes, blends and samples with the four models."""

    registry: ModelRegistry

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.reconstruction_cache = ReconstructionCache()
        # The registry spreads a call's batches over all cores: a second thread would only slow both calls down.
        self.worker = Worker("vae", n_threads=1, queue_size=settings.queue_size)

    def load(self) -> None:
        """Load the models."""
        self.registry = ModelRegistry.load(self.settings.models, self.settings.cache, self.settings.pretrained)

    def close(self) -> None:
        """Stop the worker."""
        self.worker.close()

    async def Encode(self, request: vae_pb2.EncodeRequest, context: Context) -> vae_pb2.EncodeResponse:
        """Encode a piece into latents."""
        return await self.worker.run(self._encode, request)

    async def Decode(self, request: vae_pb2.DecodeRequest, context: Context) -> vae_pb2.DecodeResponse:
        """Decode latents into a piece."""
        return await self.worker.run(self._decode, request)

    async def Interpolate(self, request: vae_pb2.InterpolateRequest, context: Context) -> vae_pb2.InterpolateResponse:
        """Interpolate between two pieces in several steps."""
        midis = [midi async for midi in self.worker.stream(self._interpolate, request)]
        return vae_pb2.InterpolateResponse(midis=midis)

    async def Blend(self, request: vae_pb2.BlendRequest, context: Context) -> AsyncIterator[vae_pb2.BlendResponse]:
        """Blend whole pieces."""
        async for response in self.worker.stream(self._blend, request):
            yield response

    async def Sample(self, request: vae_pb2.SampleRequest, context: Context) -> vae_pb2.SampleResponse:
        """Sample a piece from the prior."""
        return await self.worker.run(self._sample, request)

    def _encode(self, request: vae_pb2.EncodeRequest) -> vae_pb2.EncodeResponse:
        piece = requests.parent(request)
        return responses.encoding(piece, encode_piece(self.registry, piece))

    def _decode(self, request: vae_pb2.DecodeRequest) -> vae_pb2.DecodeResponse:
        settings = requests.piece_settings(request.settings)
        n_steps = steps_per_window(settings.meter)
        sequences = requests.latent_sequences(request.latents, lambda role: self.registry.latent_size(role, n_steps))
        temperature = requests.temperature(request, default=0.0)
        grid = generation.decode_piece(self.registry, sequences, settings, temperature, request.seed)
        midi = responses.midi_file(grid, self.registry, method="decode", seed=request.seed)
        return vae_pb2.DecodeResponse(midi=midi)

    def _sample(self, request: vae_pb2.SampleRequest) -> vae_pb2.SampleResponse:
        roles, n_windows = requests.sampled_roles(request)
        temperature = requests.temperature(request, default=self.settings.temperature)
        settings = requests.piece_settings(request.settings)
        grid = generation.sample_piece(self.registry, roles, n_windows, settings, temperature, request.seed)
        midi = responses.midi_file(grid, self.registry, method="sample", seed=request.seed)
        return vae_pb2.SampleResponse(midi=midi)

    def _interpolate(self, cancelled: threading.Event, request: vae_pb2.InterpolateRequest) -> Iterator[bytes]:
        pieces = [requests.parent(request.first), requests.parent(request.second)]
        temperature = requests.temperature(request, default=self.settings.temperature)
        weights = requests.step_weights(request.step_count)
        policy = requests.meter_policy(request.meter_policy)
        all_options = [
            BlendOptions(BlendWeights(weight), temperature, request.seed, meter_policy=policy) for weight in weights
        ]
        store = self._store(SamplingOptions(temperature, request.seed))
        steps = blend_many(self.registry, pieces, all_options, cancellation_check(cancelled), store)
        for weight, step in zip(weights, steps, strict=True):
            facts = {"method": "interpolate", "weight": weight, "seed": request.seed}
            yield responses.midi_file(step, self.registry, **facts)

    def _blend(self, cancelled: threading.Event, request: vae_pb2.BlendRequest) -> Iterator[vae_pb2.BlendResponse]:
        options = requests.blend_options(request, self.settings.temperature)
        pieces = requests.parents(request.parents)
        sole_parent = options.weights.sole_parent(len(pieces))
        if request.endpoint_mode == vae_pb2.ENDPOINT_MODE_ORIGINAL and sole_parent is not None:
            yield self._original(pieces, sole_parent, options, request)
            return
        store = self._store(options.sampling_options)
        for event in blend(self.registry, pieces, options, cancellation_check(cancelled), store):
            if isinstance(event, Progress):
                yield responses.progress(event)
            else:
                yield responses.blend_result(event, request, self.registry, options.temperature)

    def _original(
        self, pieces: Sequence[Piece], parent: int, options: BlendOptions, request: vae_pb2.BlendRequest
    ) -> vae_pb2.BlendResponse:
        """Return a parent as it was read, or its notes on the grid if sliders change them."""
        if any(slider.value for slider in options.sliders):
            edited = edit_parent(pieces, parent, options)
            return responses.blend_result(edited, request, self.registry, options.temperature)
        return responses.original(pieces[parent], parent, request, self.registry, options.temperature)

    def _store(self, options: SamplingOptions) -> ReconstructionStore:
        return ReconstructionStore(self.registry, options, self.reconstruction_cache)


def cancellation_check(cancelled: threading.Event) -> CancellationCheck:
    """Return a check that raises `Cancelled` once nobody waits for the call."""

    def check_cancelled() -> None:
        if cancelled.is_set():
            raise Cancelled("The call was cancelled.")

    return check_cancelled


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
