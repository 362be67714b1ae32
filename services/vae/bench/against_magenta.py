"""Two pieces of 64 bars and four roles, MIDI to MIDI: Segue's blend beside Magenta's TrainedModel window by window.

    python services/vae/bench/against_magenta.py

Both read two files, blend them half-way and write a file, warm, in turns, with the same weights. The peer takes each
window of each role alone: two encodings, the great circle, one decoding at Magenta's batch of one, drawn by Magenta's
own loop (`peer.stock`); it plans, mends and dresses nothing, and decodes no parent by itself.
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
import numpy.typing as npt
from peer.stock import StockModel  # type: ignore[import-not-found]
from score import grid as grids
from score import midi, windows
from score.roles import ROLES, Role
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.blending.latents import slerp
from vae.expression.microtiming import apply_timing
from vae.models import checkpoint
from vae.models.model_registry import ModelRegistry
from vae.models.specs import ROLE_SPECS
from vae.pieces.piece import Piece, read_midi
from vae.reconstruction.store import ReconstructionCache, ReconstructionStore

BARS = 64
TEMPERATURE = 0.2
SCALE = (60, 62, 64, 65, 67, 69, 71)
Files = tuple[bytes, bytes]


def band(seed: int) -> bytes:
    """Return a piece of four roles whose windows all differ."""
    rng = np.random.default_rng(seed)
    lead = np.zeros(BARS * 16, np.int16)
    lead[::2] = rng.choice(SCALE, BARS * 8) - 19
    chords = np.zeros((BARS * 16, 4), np.int16)
    chords[::16] = rng.choice((48, 53, 55), BARS)[:, None] - 19 + np.array([24, 19, 16, 12])
    beat = np.tile(np.array([5, 0, 4, 0, 6, 0, 4, 0], np.int16), BARS * 2)
    beat[::16] |= rng.choice((0, 128), BARS).astype(np.int16)
    events = {Role.LEAD: lead, Role.HARMONY: chords, Role.BASS: np.where(lead > 0, lead - 24, 0), Role.DRUMS: beat}
    return midi.write(grids.to_score(grids.from_events("4/4", events)))


def by_segue(registry: ModelRegistry, files: Files, reconstruction_cache: ReconstructionCache | None = None) -> bytes:
    """Blend by the product's path; with an reconstruction_cache, as one that has blended the same pieces before."""
    pieces, wishes = [read_midi(file) for file in files], BlendOptions(BlendWeights(0.5), TEMPERATURE)
    blended = run_to_end(
        blend(
            registry, pieces, wishes, store=ReconstructionStore(registry, wishes.sampling_options, reconstruction_cache)
        )
    )
    return midi.write(apply_timing(grids.to_score(blended.grid), blended.grid, blended.timing))


def by_magenta(models: dict[Role, StockModel], files: Files) -> bytes:
    """Blend window by window."""
    first, second = (read_midi(file) for file in files)
    decoded = {}
    for role in ROLES:
        spec, cuts = ROLE_SPECS[role.value], []
        for at in range(first.n_windows):
            start, end = (_encoded(models[role], piece, role, at) for piece in (first, second))
            cuts.append(models[role].decode(slerp(start, end, 0.5), first.chords[at].astype(np.int64), TEMPERATURE))
        joined = np.stack(cuts).astype(np.int16)
        decoded[role] = joined if spec.n_voices > 1 else joined[..., 0]
    return midi.write(grids.to_score(grids.from_events(first.grid.meter, windows.join(decoded))))


def _encoded(model: StockModel, piece: Piece, role: Role, at: int) -> npt.NDArray[np.float32]:
    tokens = piece.windows[role][at].astype(np.int64).reshape(32, -1)
    return np.asarray(model.encode(tokens, piece.chords[at].astype(np.int64)))


def single(models: Path, cache: Path) -> dict[Role, StockModel]:
    """Build each role's model at a batch of one."""
    return {
        role: StockModel(
            ROLE_SPECS[role.value],
            checkpoint.ensure_checkpoint(checkpoint.find_shipped_model(models, role.value), cache),
        )
        for role in ROLES
    }


def timed(models: Path, cache: Path, repeats: int) -> dict[str, list[float]]:
    """Run both in turns, once more than asked: the first time is the warm-up."""
    registry, peer, files = ModelRegistry.load(models, cache), single(models, cache), (band(1), band(2))
    runs: dict[str, Callable[[], bytes]] = {
        "segue": partial(by_segue, registry, files),
        "again": partial(by_segue, registry, files, ReconstructionCache()),
        "magenta": partial(by_magenta, peer, files),
    }
    times_s: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(repeats + 1):
        for name, run in runs.items():
            began_s = time.perf_counter()
            run()
            if repeat:
                times_s[name].append(time.perf_counter() - began_s)
    return times_s


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache/vae"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    times_s = timed(options.models, options.cache, options.repeats)
    figures = {name: statistics.median(seconds) for name, seconds in times_s.items()}
    for ratio, name in (("ratio", "segue"), ("ratio_again", "again")):
        both = zip(times_s[name], times_s["magenta"], strict=True)
        figures[ratio] = statistics.median(peer_s / own_s for own_s, peer_s in both)
    print(f"Segue, two pieces of {BARS} bars, MIDI to MIDI   {figures['segue']:8.2f} s (must 3, aim 1)")
    print(f"  the same pieces again, as at another weight   {figures['again']:8.2f} s")
    print(f"Magenta's TrainedModel, window by window        {figures['magenta']:8.2f} s")
    print(f"times faster (must 5, aim 20)                   {figures['ratio']:8.1f}")
    print(f"  the same pieces again                         {figures['ratio_again']:8.1f}")
    if options.out:
        options.out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
