"""Bench of the services: the time of each one for its part of a blend of two 32-bar pieces, over gRPC, as a table.

    python tests/bench/chain.py [RUNS]

Starts the product on free ports with a data folder of its own and calls the services themselves, one after the other,
as the gateway's flow does; `blend.py` times the same over HTTP. Prints the median of RUNS runs (3), and the first run
after a start, which fills the caches.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "deploy/dev")]

import midi_fixtures  # noqa: E402
from segue.renderer.v1 import renderer_pb2  # noqa: E402
from segue.renderer.v1.renderer_pb2_grpc import RendererServiceStub  # noqa: E402
from segue.transposer.v1 import transposer_pb2  # noqa: E402
from segue.transposer.v1.transposer_pb2_grpc import TransposerServiceStub  # noqa: E402
from segue.vae.v1 import vae_pb2  # noqa: E402
from segue.vae.v1.vae_pb2_grpc import VaeServiceStub  # noqa: E402
from servicekit.client import ServiceClient  # noqa: E402
from startall.testing import RunningProduct, run_product  # noqa: E402

BARS = 32
TIMEOUT_S = 300.0
FORMATS = {"WAV": renderer_pb2.AUDIO_FORMAT_WAV, "Ogg Vorbis": renderer_pb2.AUDIO_FORMAT_OGG}

T = TypeVar("T")
Times = dict[str, float]


class Chain:
    """Calls the services that a blend passes through.

    Parameters
    ----------
    transposer, vae, renderer : ServiceClient
    """

    def __init__(self, transposer: ServiceClient, vae: ServiceClient, renderer: ServiceClient) -> None:
        self._transposer, self._transposer_stub = transposer, TransposerServiceStub(transposer.channel)
        self._vae, self._vae_stub = vae, VaeServiceStub(vae.channel)
        self._renderer, self._renderer_stub = renderer, RendererServiceStub(renderer.channel)
        self._times: Times = {}

    async def run(self, first: bytes, second: bytes, seed: int) -> Times:
        """Blend two pieces, render the result, and return the seconds of each stage.

        Parameters
        ----------
        first, second : bytes
            MIDI files.
        seed : int
            Seed of the blend.
        """
        self._times = {}
        for midi in (first, second):
            await self._timed("inspect both", self._inspect(midi))
        key, _ = [await self._timed("find both keys", self._key(midi)) for midi in (first, second)]
        moved = await self._timed("transpose the second", self._transpose(second, key))
        blended = await self._timed("blend", self._blend(first, moved, key, seed))
        for name, audio_format in FORMATS.items():
            await self._render(name, blended, audio_format)
        return self._times

    async def _timed(self, stage: str, work: Awaitable[T]) -> T:
        started_s = time.perf_counter()
        result = await work
        self._times[stage] = self._times.get(stage, 0.0) + time.perf_counter() - started_s
        return result

    async def _inspect(self, midi: bytes) -> None:
        request = transposer_pb2.InspectRequest(midi=midi, include_notes=True)
        await self._transposer.call(self._transposer_stub.Inspect, request, timeout_s=TIMEOUT_S)

    async def _key(self, midi: bytes) -> Any:
        request = transposer_pb2.DetectKeyRequest(midi=midi)
        return (await self._transposer.call(self._transposer_stub.DetectKey, request, timeout_s=TIMEOUT_S)).key.key

    async def _transpose(self, midi: bytes, key: Any) -> bytes:
        request = transposer_pb2.TransposeRequest(midi=midi, key=key)
        return (await self._transposer.call(self._transposer_stub.Transpose, request, timeout_s=TIMEOUT_S)).midi

    async def _blend(self, first: bytes, second: bytes, key: Any, seed: int) -> bytes:
        parents = [vae_pb2.Parent(midi=first), vae_pb2.Parent(midi=second)]
        request = vae_pb2.BlendRequest(parents=parents, weight=0.5, key=key, seed=seed)
        responses = self._vae.stream(self._vae_stub.Blend, request, timeout_s=TIMEOUT_S)
        return [response async for response in responses][-1].result.midi

    async def _render(self, name: str, midi: bytes, audio_format: "renderer_pb2.AudioFormat.ValueType") -> None:
        request = renderer_pb2.RenderRequest(midi=midi, format=audio_format)
        started_s = time.perf_counter()
        async with aclosing(self._renderer.stream(self._renderer_stub.Render, request, timeout_s=TIMEOUT_S)) as parts:
            header = (await anext(parts)).header
            await anext(parts)
            self._times[f"render {name}, first audio"] = time.perf_counter() - started_s
            _ = [part async for part in parts]
        length_s = header.frame_count / header.sample_rate_hz
        self._times[f"render {name}, all {length_s:.0f} s of it"] = time.perf_counter() - started_s


def main() -> None:
    """Run the bench and print its table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder, run_product(Path(folder)) as product:
        first, *later = asyncio.run(measure(product, runs))
    print(f"\nA blend of two {BARS}-bar pieces of four roles, service by service, {os.cpu_count()} cores.\n")
    print(f"| stage | first, ms | then, ms (median of {runs}) |\n|---|---|---|")
    for stage, seconds in first.items():
        then_s = statistics.median(times[stage] for times in later)
        print(f"| {stage} | {1000 * seconds:.0f} | {1000 * then_s:.0f} |")


async def measure(product: RunningProduct, runs: int) -> list[Times]:
    """Run the chain once more than requested; the first run is the cold one."""
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(ServiceClient(product.target(name), name))
            for name in ("transposer", "vae", "renderer")
        ]
        chain = Chain(*clients)
        first, second = midi_fixtures.funk(BARS // 16), midi_fixtures.pop(BARS // 16)
        return [await chain.run(first, second, 0) for _ in range(runs + 1)]


if __name__ == "__main__":
    main()
