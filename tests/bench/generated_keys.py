"""How often the transposer detects the key that a generated piece was requested in.

    python tests/bench/generated_keys.py --count 100

Starts the product on free ports with a data folder of its own, and calls the generator and the transposer by their
contracts. Pieces have 16 bars; all styles take turns, and the keys are random.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/dev"))

from contract import keys  # noqa: E402
from gateway.clients.service_clients import ServiceClients  # noqa: E402
from gateway.settings import Settings  # noqa: E402
from segue.gan.v1.gan_pb2 import GenerateRequest  # noqa: E402
from startall.testing import RunningProduct, run_product  # noqa: E402

N_BARS = 16


def build_requests(style_ids: Sequence[str], count: int) -> list[GenerateRequest]:
    """Return requests for pieces in random keys, style after style."""
    random = np.random.default_rng(1)
    return [
        GenerateRequest(
            style_id=style_ids[seed % len(style_ids)],
            key=keys.to_proto(int(random.integers(12)), is_minor=bool(random.integers(2))),
            bar_count=N_BARS,
            seed=seed,
        )
        for seed in range(count)
    ]


async def share_of_matches(product: RunningProduct, count: int) -> float:
    """Return the share of generated pieces whose detected key is the requested one, 0 to 1."""
    targets = {f"{name}_target": product.target(name) for name in ("gan", "transposer")}
    services = ServiceClients(Settings.model_validate(targets))
    try:
        requests = build_requests([style.style_id for style in await services.styles()], count)
        matches = [await is_detected(services, request) for request in requests]
    finally:
        await services.close()
    return float(np.mean(matches))


async def is_detected(services: ServiceClients, request: GenerateRequest) -> bool:
    """Generate a piece, and return whether the transposer detects the requested key."""
    piece = await services.generate(request, lambda _fraction, _stage: None)
    return await services.detect_key(piece.midi, {}) == request.key


def main() -> None:
    """Parse the command line and print the share."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder, run_product(Path(folder)) as product:
        share = asyncio.run(share_of_matches(product, count))
    print(f"{count} generated pieces, detected in the requested key: {100 * share:.1f} %")


if __name__ == "__main__":
    main()
