"""How often the transposer hears the key that a generated piece was asked for.

    python tests/bench/made_keys.py --count 100

Pieces of 16 bars of every style in turn, keys drawn at random; in process, as the services compute.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

import numpy as np
from gan.model import GanModel, load_model
from gan.planning.generation_request import GenerationRequest
from gan.rpc.servicer import generate
from score import midi
from transposer.key_detection.detector import detect_key


def is_heard(models: GanModel, wish: GenerationRequest) -> bool:
    """Generate a piece and tell whether it is heard in the key asked for."""
    *_, last = generate(threading.Event(), models, wish)
    key = detect_key(midi.parse(last.result.midi)).key
    return (key.tonic, key.is_minor) == (wish.tonic, wish.is_minor)


def main() -> None:
    """Parse the command line and print the share."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    models = load_model(options.models)
    random = np.random.default_rng(1)
    wishes = [
        GenerationRequest(
            seed,
            models.styles[seed % len(models.styles)].style_id,
            tonic=int(random.integers(12)),
            is_minor=bool(random.integers(2)),
            n_bars=16,
        )
        for seed in range(options.count)
    ]
    share = float(np.mean([is_heard(models, wish) for wish in wishes]))
    print(f"{options.count} generated pieces, heard in the key asked for: {100 * share:.1f} %")


if __name__ == "__main__":
    main()
