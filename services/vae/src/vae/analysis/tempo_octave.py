"""Half and double time: the notation of several pieces in which their tempos are near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from score.grid import Grid, GridTempo
from score.model import Score
from score.quantization.note_table import END, ONSET
from score.roles import Role

from vae.analysis.bar_notes import replace_notes

_MAX_RATIO = 1.5 * 1.5
"""Up to this ratio of their tempos, a tempo between two pieces is at most 1.5 times faster or slower than either."""

_MIN_EVEN_SHARE = 0.97
"""A piece is written in half as many steps only if this share of its onsets is on even steps."""

_MIN_BARS_TO_HALVE = 8
_MAX_BARS = 512


def tempo_factors(grids: Sequence[Grid], leader: int = 0) -> tuple[float, ...]:
    """Return a factor for each piece, 0.5, 1 or 2, by which its steps are multiplied so that the tempos are near.

    For example, 120 and 48 quarter notes per minute meet at 120 and 96. The leader stays as it is written, so that a
    blend near it is written as the leader itself.

    Parameters
    ----------
    grids : sequence of Grid
    leader : int
        Index of the piece with the largest share.
    """
    return tuple(
        1.0 if side == leader else _nearest_factor(grid, grids[leader].mean_bpm) for side, grid in enumerate(grids)
    )


def _nearest_factor(grid: Grid, bpm: float) -> float:
    """Return the factor that brings a piece nearest to a tempo; 1 if the tempos are near enough."""

    def ratio(factor: float) -> float:
        return max(grid.mean_bpm * factor / bpm, bpm / (grid.mean_bpm * factor))

    return 1.0 if ratio(1.0) <= _MAX_RATIO else min(_possible_factors(grid), key=ratio)


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
