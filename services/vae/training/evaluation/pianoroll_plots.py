"""Piano rolls of blends as images: one image for each pair, with a row for each weight."""

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

from ..data.heldout import PiecePair

mpl.use("Agg")

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
COLORS = {Role.LEAD: "tab:red", Role.HARMONY: "tab:blue", Role.BASS: "tab:green", Role.DRUMS: "tab:gray"}
N_BARS = 16
PITCH_LIMITS = (20, 100)


def plot_pairs(registry: ModelRegistry, pairs: Iterable[PiecePair], options: BlendOptions, folder: Path) -> list[Path]:
    """Blend pairs and write an image of each.

    Parameters
    ----------
    registry : ModelRegistry
    pairs : iterable of PiecePair
    options : BlendOptions
        Of every blend, but for the weights.
    folder : Path
        Created if absent.

    Returns
    -------
    list of Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, pair in enumerate(pairs):
        by_weight = (replace(options, weights=BlendWeights(weight)) for weight in WEIGHTS)
        grids = [run_to_end(blend(registry, pair.pieces, each)).grid for each in by_weight]
        path = folder / f"pair{index:02d}.png"
        _plot_pair(grids, pair, path)
        paths.append(path)
    return paths


def _plot_pair(grids: Sequence[Grid], pair: PiecePair, path: Path) -> None:
    figure, axes = plt.subplots(len(grids), 1, figsize=(16, 3 * len(grids)))
    for axis, grid, weight in zip(axes, grids, WEIGHTS, strict=True):
        _plot_grid(axis, grid)
        axis.set_ylabel(f"w = {weight:g}")
    axes[0].set_title(f"A: {pair.names[0]} ({pair.styles[0]})      B: {pair.names[1]} ({pair.styles[1]})", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=70)
    plt.close(figure)


def _plot_grid(axis: Any, grid: Grid) -> None:
    """Plot the first bars of a grid; drums are at the pitches of their sounds, at the bottom."""
    for role in grid.roles:
        for note in grid.notes(role):
            axis.hlines(note[PITCH], note[ONSET], note[END], colors=COLORS[role], linewidth=3)
    axis.set_xlim(0, N_BARS * grid.steps_per_bar)
    axis.set_ylim(*PITCH_LIMITS)
    axis.set_xticks(range(0, N_BARS * grid.steps_per_bar + 1, grid.steps_per_bar))
    axis.grid(axis="x", alpha=0.4)
