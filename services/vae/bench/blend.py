"""Benchmark of a blend of two pieces of 64 bars and four roles, MIDI to MIDI, warm: all of it, and its stages.

    python services/vae/bench/blend.py

Warm means that the models are loaded and have been used; the pieces are new to every run. The last line is the same
request again with another weight, as by a slider: what the models know of the parents is cached. `against_magenta.py`
measures the same beside Magenta's `TrainedModel`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bands import write_band  # type: ignore[import-not-found]
from score import midi
from vae.blending.blend import blend
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.blending.blend_weights import BlendWeights
from vae.expression.performance import perform
from vae.models.model_registry import ModelRegistry
from vae.phrases.assembly import assemble_phrases
from vae.phrases.composition import compose
from vae.phrases.context import build_phrase_context
from vae.pieces.piece import Piece, read_midi
from vae.reconstruction.store import ReconstructionCache, ReconstructionStore

TEMPERATURE = 0.2
REQUIRED_S, DESIRED_S = 1.0, 0.5
READ, PLAN, DECODE, COMPOSE, WRITE = "read both files", "plan", "decode", "compose", "write the file"
WHOLE, AGAIN = "the whole blend", "the same pieces again, at another weight"
STAGES = (READ, PLAN, DECODE, COMPOSE, WRITE, WHOLE, AGAIN)
Files = tuple[bytes, bytes]
Times = defaultdict[str, list[float]]


@contextmanager
def measured(times_s: Times, stage: str) -> Iterator[None]:
    """Measure the time of a stage.

    Parameters
    ----------
    times_s : dict of str to list of float
        Is added to.
    stage : str
    """
    start_s = time.perf_counter()
    yield
    times_s[stage].append(time.perf_counter() - start_s)


def run_once(registry: ModelRegistry, files: Files, times_s: Times) -> None:
    """Time a blend and its stages, and the same blend again.

    Parameters
    ----------
    registry : ModelRegistry
    files : tuple of bytes
    times_s : dict of str to list of float
        Is added to.
    """
    cache = ReconstructionCache()
    with measured(times_s, WHOLE):
        pieces = blend_once(registry, files, BlendOptions(BlendWeights(0.5), TEMPERATURE), cache, times_s)
    with measured(times_s, AGAIN):
        blend_once(registry, files, BlendOptions(BlendWeights(0.6), TEMPERATURE), cache, defaultdict(list))
    # The blend composes after its last progress report: what decoding takes is the rest of that time.
    context = build_phrase_context(pieces, BlendOptions(BlendWeights(0.5), TEMPERATURE))
    with measured(times_s, COMPOSE):
        assemble_phrases(context, compose(context.plan), ())
    times_s[DECODE][-1] -= times_s[COMPOSE][-1]


def blend_once(
    registry: ModelRegistry, files: Files, options: BlendOptions, cache: ReconstructionCache, times_s: Times
) -> list[Piece]:
    """Blend two files as the service does, timing its stages; return the pieces.

    Parameters
    ----------
    registry : ModelRegistry
    files : tuple of bytes
    options : BlendOptions
    cache : ReconstructionCache
    times_s : dict of str to list of float
        Is added to.
    """
    with measured(times_s, READ):
        pieces = [read_midi(data) for data in files]
    events = blend(registry, pieces, options, store=ReconstructionStore(registry, options.sampling_options, cache))
    next(events)
    with measured(times_s, PLAN):
        event = next(events)
    with measured(times_s, DECODE):
        *_, result = (event, *events)
    assert isinstance(result, BlendResult)
    with measured(times_s, WRITE):
        midi.write(perform(result))
    return pieces


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache/vae"))
    parser.add_argument("--bars", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    registry = ModelRegistry.load(options.models, options.cache)
    times_s: Times = defaultdict(list)
    run_once(registry, (write_band(1, options.bars), write_band(2, options.bars)), defaultdict(list))
    for repeat in range(options.repeats):
        run_once(
            registry, (write_band(2 * repeat + 3, options.bars), write_band(2 * repeat + 4, options.bars)), times_s
        )
    print(f"two pieces of {options.bars} bars and four roles, MIDI to MIDI, warm: median of {options.repeats}, slowest")
    for stage in STAGES:
        median_s, slowest_s = statistics.median(times_s[stage]), max(times_s[stage])
        target = f"   (must {REQUIRED_S:g} s, aim {DESIRED_S:g} s)" if stage == WHOLE else ""
        print(f"{stage:45s} {1e3 * median_s:9.1f} ms {1e3 * slowest_s:9.1f} ms{target}")


if __name__ == "__main__":
    main()
