"""Benchmark of the stages of a 32-bar blend, in milliseconds: the median of several runs, and the slowest.

python services/vae/bench/blend.py
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from score import grid as grids
from score import midi
from score.roles import Role
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry
from vae.pieces.piece import read_midi
from vae.reconstruction.encoding import encode_piece

BARS = 32
SCALE = (60, 62, 64, 65, 67, 69, 71)

times_s: defaultdict[str, list[float]] = defaultdict(list)


@contextmanager
def measured(stage: str) -> Iterator[None]:
    """Measure the time of a stage."""
    start_s = time.perf_counter()
    yield
    times_s[stage].append(time.perf_counter() - start_s)


def write_band(seed: int) -> bytes:
    """Return a piece of four roles."""
    rng = np.random.default_rng(seed)
    lead = np.zeros(BARS * 16, np.int16)
    lead[::2] = rng.choice(SCALE, BARS * 8) - 19
    chords = np.zeros((BARS * 16, 4), np.int16)
    chords[::16] = rng.choice((48, 53, 55), BARS)[:, None] - 19 + np.array([24, 19, 16, 12])
    beat = np.tile(np.array([5, 0, 4, 0, 6, 0, 4, 0], np.int16), BARS * 2)
    events = {Role.LEAD: lead, Role.HARMONY: chords, Role.BASS: np.where(lead > 0, lead - 24, 0), Role.DRUMS: beat}
    return midi.write(grids.to_score(grids.from_events("4/4", events)))


def run_once(registry: ModelRegistry, files: tuple[bytes, bytes]) -> None:
    """Time every stage of one blend."""
    with measured("parse two pieces into windows"):
        pieces = [read_midi(file) for file in files]
    with measured("encode one piece"):
        encode_piece(registry, pieces[0])
    with measured("blend: align, encode, interpolate, decode, join"):
        result = run_to_end(blend(registry, pieces, BlendOptions(BlendWeights())))
    with measured("write the file"):
        midi.write(grids.to_score(result.grid))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache/vae"))
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    with measured("load the models"):
        registry = ModelRegistry.load(options.models, options.cache)
    files = write_band(1), write_band(2)
    for _ in range(options.repeats):
        run_once(registry, files)
    for stage, seconds in times_s.items():
        print(f"{stage:50s} {1e3 * statistics.median(seconds):9.1f} ms   slowest {1e3 * max(seconds):9.1f} ms")


if __name__ == "__main__":
    main()
