"""Piano rolls of blends, to be looked at: a picture a pair, five weights below one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from score.grid import Grid
from score.quantization.note_table import END, ONSET, PITCH
from score.roles import Role
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry

from ..data.heldout import Pair

mpl.use("Agg")

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
COLOURS = {Role.LEAD: "tab:red", Role.HARMONY: "tab:blue", Role.BASS: "tab:green", Role.DRUMS: "tab:gray"}
SHOWN_BARS = 16


def draw(registry: ModelRegistry, pairs: Iterable[Pair], wishes: BlendOptions, folder: Path) -> list[Path]:
    """Write a picture of each pair and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, pair in enumerate(pairs):
        asked = (replace(wishes, weights=BlendWeights(weight)) for weight in WEIGHTS)
        grids = [run_to_end(blend(registry, pair.pieces, each)).grid for each in asked]
        path = folder / f"pair{index:02d}.png"
        _picture(grids, pair, path)
        paths.append(path)
    return paths


def _picture(grids: Sequence[Grid], pair: Pair, path: Path) -> None:
    figure, axes = plt.subplots(len(grids), 1, figsize=(16, 3 * len(grids)))
    for axis, grid, weight in zip(axes, grids, WEIGHTS, strict=True):
        _roll(axis, grid)
        axis.set_ylabel(f"w = {weight:g}")
    axes[0].set_title(f"A: {pair.names[0]} ({pair.styles[0]})      B: {pair.names[1]} ({pair.styles[1]})", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=70)
    plt.close(figure)


def _roll(axis: Any, grid: Grid) -> None:
    """Draw the first bars: drums by pitch at the bottom, as they are written."""
    for role in grid.roles:
        for note in grid.notes(role):
            axis.hlines(note[PITCH], note[ONSET], note[END], colors=COLOURS[role], linewidth=3)
    axis.set_xlim(0, SHOWN_BARS * grid.steps_per_bar)
    axis.set_ylim(20, 100)
    axis.set_xticks(range(0, SHOWN_BARS * grid.steps_per_bar + 1, grid.steps_per_bar))
    axis.grid(axis="x", alpha=0.4)
