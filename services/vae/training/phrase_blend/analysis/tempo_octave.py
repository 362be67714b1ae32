"""Half and double time: the notation of two pieces in which their tempos are nearest."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import log2

import numpy as np
from score.grid import Grid, GridTempo
from score.quantization.note_table import END, ONSET
from score.roles import Role

from .bar_notes import replace_notes

_CHANGE_COST_OCTAVES = 0.3
"""What it costs to renotate a piece, in octaves of the tempo."""

_MIN_EVEN_SHARE = 0.97
"""A piece is written in half as many steps only if this share of its onsets is on even steps."""

_MIN_BARS_TO_HALVE = 8
_MAX_BARS = 512


def match_tempos(first: Grid, second: Grid) -> tuple[Grid, Grid]:
    """Return both pieces in half, the same or double time, so that their tempos are nearest.

    For example, 208 and 48 quarter notes per minute meet at 104 and 96.
    """

    def cost(factors: tuple[float, float]) -> float:
        distance = abs(log2(first.mean_bpm * factors[0] / (second.mean_bpm * factors[1])))
        return distance + _CHANGE_COST_OCTAVES * sum(factor != 1.0 for factor in factors)

    best = min(product(_possible_factors(first), _possible_factors(second)), key=cost)
    return scale_steps(first, best[0]), scale_steps(second, best[1])


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
