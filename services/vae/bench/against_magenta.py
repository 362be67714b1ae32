"""Benchmark of two pieces of 64 bars and four roles, MIDI to MIDI: Segue's blend and Magenta's TrainedModel.

    python services/vae/bench/against_magenta.py

Both read two files, blend them half-way and write a file, warm, in turns. The peer decodes each window of each role
alone with Segue's network weights: two encodings, the great circle, one decoding at a batch of one by Magenta's own
loop (`peer.stock`). It has no plan, no rules, no reconstruction of the parents and no expression; Segue decodes only
what lies between the parents, the drums and the lead's factors. `blend.py` measures the stages.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from bands import write_band  # type: ignore[import-not-found]
from peer.stock import StockModel  # type: ignore[import-not-found]
from score import grid as grids
from score import midi
from score.arrays import F32
from score.roles import ROLES, Role
from score.windows import join
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.blending.latents import slerp
from vae.expression.performance import perform
from vae.models import checkpoint
from vae.models.model_registry import ModelRegistry
from vae.models.specs import MAX_STEPS, ROLE_SPECS
from vae.pieces.piece import Piece, read_midi
from vae.reconstruction.store import ReconstructionCache, ReconstructionStore

BARS = 64
TEMPERATURE = 0.2
Files = tuple[bytes, bytes]


def blend_with_segue(registry: ModelRegistry, files: Files, cache: ReconstructionCache | None = None) -> bytes:
    """Blend as the product does.

    Parameters
    ----------
    registry : ModelRegistry
    files : tuple of bytes
        Two MIDI files.
    cache : ReconstructionCache, optional
        With the cache of an earlier run, the same pieces are blended for a second time.
    """
    pieces, options = [read_midi(file) for file in files], BlendOptions(BlendWeights(0.5), TEMPERATURE)
    store = ReconstructionStore(registry, options.sampling_options, cache)
    result = run_to_end(blend(registry, pieces, options, store=store))
    return midi.write(perform(result))


def blend_with_magenta(models: dict[Role, StockModel], files: Files) -> bytes:
    """Blend window by window."""
    first, second = (read_midi(file) for file in files)
    decoded = {}
    for role in ROLES:
        windows = []
        for index in range(first.n_windows):
            start, end = (_encode(models[role], piece, role, index) for piece in (first, second))
            chords = first.chords[index].astype(np.int64)
            windows.append(models[role].decode(slerp(start, end, 0.5), chords, TEMPERATURE))
        stacked = np.stack(windows).astype(np.int16)
        decoded[role] = stacked if ROLE_SPECS[role].n_voices > 1 else stacked[..., 0]
    return midi.write(grids.to_score(grids.from_events(first.grid.meter, join(decoded))))


def _encode(model: StockModel, piece: Piece, role: Role, window: int) -> F32:
    tokens = piece.windows[role][window].astype(np.int64).reshape(MAX_STEPS, -1)
    return np.asarray(model.encode(tokens, piece.chords[window].astype(np.int64)))


def load_peer(models_dir: Path, cache_dir: Path) -> dict[Role, StockModel]:
    """Build each role's model at a batch of one."""
    shipped = {role: checkpoint.find_shipped_model(models_dir, role) for role in ROLES}
    return {
        role: StockModel(ROLE_SPECS[role], checkpoint.ensure_checkpoint(model, cache_dir))
        for role, model in shipped.items()
    }


def measure(models_dir: Path, cache_dir: Path, n_repeats: int) -> dict[str, list[float]]:
    """Run both in turns, after a warm-up.

    Parameters
    ----------
    models_dir : Path
        Folder of the shipped models.
    cache_dir : Path
        Folder of Magenta's checkpoints.
    n_repeats : int
        Measured runs of each.

    Returns
    -------
    dict of str to list of float
        Seconds of each run.
    """
    registry, peer = ModelRegistry.load(models_dir, cache_dir), load_peer(models_dir, cache_dir)
    files = (write_band(1, BARS), write_band(2, BARS))
    runs: dict[str, Callable[[], bytes]] = {
        "segue": partial(blend_with_segue, registry, files),
        "again": partial(blend_with_segue, registry, files, ReconstructionCache()),
        "magenta": partial(blend_with_magenta, peer, files),
    }
    times_s: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(n_repeats + 1):
        for name, run in runs.items():
            start_s = time.perf_counter()
            run()
            if repeat:
                times_s[name].append(time.perf_counter() - start_s)
    return times_s


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache/vae"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    times_s = measure(options.models, options.cache, options.repeats)
    figures = {name: statistics.median(seconds) for name, seconds in times_s.items()}
    for ratio, name in (("ratio", "segue"), ("ratio_again", "again")):
        both = zip(times_s[name], times_s["magenta"], strict=True)
        figures[ratio] = statistics.median(peer_s / own_s for own_s, peer_s in both)
    print(f"Segue, two pieces of {BARS} bars, MIDI to MIDI   {figures['segue']:8.2f} s (must 1, aim .5)")
    print(f"  the same pieces again, as at another weight   {figures['again']:8.2f} s")
    print(f"Magenta's TrainedModel, window by window        {figures['magenta']:8.2f} s")
    print(f"times faster (must 5, aim 20)                   {figures['ratio']:8.1f}")
    print(f"  the same pieces again                         {figures['ratio_again']:8.1f}")
    if options.out:
        options.out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
