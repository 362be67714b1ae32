"""Division: whether the bars of a piece that is counted in other values than it is written in are 3/4 or 6/8.

Both have twelve steps, and their name alone does not tell: two bars of a waltz, counted in halves, are one bar of 6/8,
as two bars of 3/8 are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from score.arrays import F64
from score.encoding import STEPS_PER_BAR
from score.grid import Grid
from score.quantization.note_table import END, ONSET
from score.roles import PITCHED_ROLES

from vae.pieces.piece import Piece, from_grid

_HALF, _THIRDS = 6, [4, 8]


def in_own_division(piece: Piece) -> Piece:
    """Return a piece of bars of twelve steps in 3/4 or 6/8 by what it plays; others as they are.

    It is in 6/8 if longer notes begin on the half of its bars than on the thirds.
    """
    grid = piece.grid
    if STEPS_PER_BAR[grid.meter] != 2 * _HALF:
        return piece
    sounding = _sounding_from(grid)
    meter = "6/8" if sounding[_HALF] > sounding[_THIRDS].mean() else "3/4"
    if meter == grid.meter:
        return piece
    meter_map = None if grid.meter_map is None else replace(grid.meter_map, meter=meter)
    named = from_grid(piece.score, replace(grid, meter=meter, meter_map=meter_map))
    return replace(named, role_overrides=piece.role_overrides)


def _sounding_from(grid: Grid) -> F64:
    """Return for each step of the bar how long the longest notes of the pitched roles last that begin there."""
    total: F64 = np.zeros(grid.steps_per_bar)
    for role in PITCHED_ROLES:
        if role in grid.events:
            notes, longest = grid.notes(role), np.zeros(grid.n_steps)
            lengths = np.minimum(notes[:, END] - notes[:, ONSET], grid.steps_per_bar)
            np.maximum.at(longest, notes[:, ONSET], lengths)
            total += longest.reshape(-1, grid.steps_per_bar).sum(axis=0)
    return total
