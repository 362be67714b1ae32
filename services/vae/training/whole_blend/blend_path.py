"""How evenly a blend goes from one parent to the other, by three measures of the package `smg-metrics`.

That package is one of those that benchmarks and evaluations compare with (`locks/bench.txt`).
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from score import grid as grids
from score import midi
from score.arrays import F64
from score.grid import Grid

from .blenders import Blender
from .pair_figures import FigureTable
from .pairs import WholePair

N_WEIGHTS = 9
_MIN_DIFFERENCE = 0.02
"""Parents that differ by less have no way between them by a measure."""

PATH_MEASURES = ("note F1", "chroma", "groove")

Compare = Callable[[Path, Path], Mapping[str, float]]
"""Returns the similarity of two MIDI files by each of `PATH_MEASURES`."""


def load_comparison() -> Compare:
    """Return the function that compares two files.

    Raises
    ------
    ModuleNotFoundError
        If `smg-metrics` is not installed.
    """
    note_f1 = importlib.import_module("smg_metrics.note_f1")
    similarity = importlib.import_module("smg_metrics.similarity")

    def compare(first: Path, second: Path) -> dict[str, float]:
        bars = similarity.compute_all(first, second)
        notes = note_f1.compute_all(first, second)
        return {"note F1": float(notes.note_f1), "chroma": float(bars.sim_chr), "groove": float(bars.sim_grv)}

    return compare


def relative_positions(similarity_to_ends: F64) -> F64 | None:
    """Return how far each blend is from the first end to the second one: 0 at the first, 1 at the last.

    Parameters
    ----------
    similarity_to_ends : ndarray, shape (n, 2), float64
        The similarity of each blend to the first and to the last one.

    Returns
    -------
    ndarray, shape (n,), float64, or None
        None if the ends are too similar.
    """
    towards = similarity_to_ends[:, 1] - similarity_to_ends[:, 0]
    span = float(towards[-1] - towards[0])
    return None if span < _MIN_DIFFERENCE else np.asarray((towards - towards[0]) / span)


def step_figures(positions: F64) -> tuple[float, float]:
    """Return the largest step over the mean step, and Spearman's rank correlation with the weight.

    Examples
    --------
    >>> step_figures(np.array([0.0, 0.25, 1.0]))
    (1.5, 1.0)
    """
    steps = np.abs(np.diff(positions))
    rank_correlation = spearmanr(np.arange(len(positions)), positions).statistic
    return float(steps.max() / steps.mean()), round(float(rank_correlation), 9)


def write_for_comparison(grid: Grid) -> bytes:
    """Write a grid as MIDI with all notes a tick late.

    `smg-metrics` rounds the time of an onset down to a 48th of a bar. Times in seconds have rounding errors, which
    depend on the tempo: without the tick, an onset on a beat would as often count as one before it.
    """
    score = grids.to_score(grid)
    tracks = [
        replace(track, notes=tuple(note._replace(onset_ticks=note.onset_ticks + 1) for note in track.notes))
        for track in score.tracks
    ]
    return midi.write(replace(score, tracks=tuple(tracks)))


def measure_path(pair: WholePair, blender: Blender, seed: int, compare: Compare, table: FigureTable) -> None:
    """Add the figures of a pair's way in eight steps.

    Parameters
    ----------
    pair : WholePair
    blender : Blender
    seed : int
    compare : callable
        From `load_comparison`.
    table : FigureTable
        Is added to.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for index, weight in enumerate(np.linspace(0, 1, N_WEIGHTS).tolist()):
            paths.append(Path(folder) / f"{index}.mid")
            paths[-1].write_bytes(write_for_comparison(blender.blend(pair, weight, seed)))
        by_end = [[compare(path, end) for end in (paths[0], paths[-1])] for path in paths]
    for name in PATH_MEASURES:
        similarity = np.array([[to_end[name] for to_end in to_ends] for to_ends in by_end])
        positions = relative_positions(similarity)
        if positions is not None:
            largest_step, rank_correlation = step_figures(positions)
            table.add(f"{name}, largest step", largest_step)
            table.add(f"{name}, Spearman", rank_correlation)
