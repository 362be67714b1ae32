"""Half and double time: the notation of several pieces in which their tempos are nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import log2

import numpy as np
from score.grid import Grid, GridTempo
from score.model import Score
from score.quantization.note_table import END, ONSET
from score.roles import Role

from vae.analysis.bar_notes import replace_notes

_CHANGE_COST_OCTAVES = 0.3
"""What it costs to renotate a piece, in octaves of the tempo."""

_MIN_EVEN_SHARE = 0.97
"""A piece is written in half as many steps only if this share of its onsets is on even steps."""

_MIN_BARS_TO_HALVE = 8
_MAX_BARS = 512


def tempo_factors(grids: Sequence[Grid], leader: int = 0) -> tuple[float, ...]:
    """Return a factor for each piece, 0.5, 1 or 2, by which its steps are multiplied so that all tempos are nearest.

    For example, 100 and 48 quarter notes per minute meet at 100 and 96. The leader stays as it is written, so that a
    blend near it is written as the leader itself.

    Parameters
    ----------
    grids : sequence of Grid
    leader : int
        Index of the piece with the largest share.
    """

    def cost(factors: tuple[float, ...]) -> float:
        octaves = [log2(grid.mean_bpm * factor) for grid, factor in zip(grids, factors, strict=True)]
        return max(octaves) - min(octaves) + _CHANGE_COST_OCTAVES * sum(factor != 1.0 for factor in factors)

    possible = [[1.0] if side == leader else _possible_factors(grid) for side, grid in enumerate(grids)]
    return min(product(*possible), key=cost)


def _possible_factors(grid: Grid) -> list[float]:
    factors = [1.0]
    if grid.n_bars * 2 <= _MAX_BARS:
        factors.append(2.0)
    onsets = np.concatenate([grid.notes(role)[:, ONSET] for role in grid.roles])
    if (onsets % 2 == 0).mean() >= _MIN_EVEN_SHARE and grid.n_bars >= _MIN_BARS_TO_HALVE:
        factors.append(0.5)
    return factors


def scale_steps(grid: Grid, factor: float) -> Grid:
    """Return a piece in twice (2.0) or half (0.5) as many steps at twice or half the tempo: it sounds the same."""
    if factor == 1.0:
        return grid
    n_bars = int(np.ceil(grid.n_bars * factor))
    tables = {}
    for role in grid.roles:
        notes = grid.notes(role).copy()
        notes[:, ONSET] = np.floor(notes[:, ONSET] * factor)
        ends = notes[:, ONSET] + 1 if role is Role.DRUMS else np.ceil(notes[:, END] * factor)
        notes[:, END] = np.maximum(ends, notes[:, ONSET] + 1)
        tables[role] = notes
    tempos = [GridTempo.at_bpm(int(tempo.step * factor), tempo.bpm * factor) for tempo in grid.tempos]
    return replace(
        replace_notes(grid, tables, n_bars),
        tempos=tuple({tempo.step: tempo for tempo in tempos}.values()),
        keys=tuple(key._replace(step=int(key.step * factor)) for key in grid.keys),
    )


def scale_score(score: Score, factor: float) -> Score:
    """Return a score in half, the same or double time, as `scale_steps` does for a grid: it sounds the same."""
    if factor == 1.0:
        return score
    tempos = tuple(
        tempo._replace(microseconds_per_quarter=round(tempo.microseconds_per_quarter / factor))
        for tempo in score.tempos
    )
    return replace(score, ticks_per_quarter=max(round(score.ticks_per_quarter / factor), 1), tempos=tempos)
