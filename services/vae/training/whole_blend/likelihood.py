"""The cost of a blend's lead under a 5-gram model of training music, relative to its parents' leads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from score import windows
from score.arrays import I64
from score.encoding import FIRST_PITCH_EVENT, N_PITCHED_CLASSES
from score.grid import Grid
from score.roles import Role

from ..evaluation.measures.ngram_model import NgramModel
from .key_estimation import estimate_key
from .pairs import WholePair, iter_by_style, list_pieces, read_piece

_MAX_WINDOWS_PER_PIECE = 24

CostModels = dict[int, NgramModel]
"""A model of lead windows by their length in steps: 32 or 24."""


def lead_windows(grid: Grid, tonic: int) -> I64:
    """Return the sounding two-bar windows of a lead, transposed to the tonic C the shorter way: shape (n, n_steps)."""
    events = windows.split(grid)[Role.LEAD].astype(np.int64)
    shift = -((tonic + 6) % 12 - 6)
    moved = np.clip(events + shift, FIRST_PITCH_EVENT, N_PITCHED_CLASSES - 1)
    events = np.where(events >= FIRST_PITCH_EVENT, moved, events)
    return np.asarray(events[(events >= FIRST_PITCH_EVENT).any(axis=1)])


def fit_models(folders: Sequence[Path], n_pieces: int, seed: int, excluded_groups: Collection[str] = ()) -> CostModels:
    """Fit the models to pieces that are not held out.

    Parameters
    ----------
    folders : sequence of Path
        Corpora with an `index.csv`.
    n_pieces : int
        Number of pieces; 0 returns no model.
    seed : int
    excluded_groups : collection of str, optional
        Works to leave out: those of the pairs, if they are not held out.
    """
    pieces = [piece for piece in list_pieces(folders, held_out=False) if piece.group not in excluded_groups]
    by_length: dict[int, list[I64]] = defaultdict(list)
    n_read = 0
    for piece in iter_by_style(pieces, seed) if n_pieces else ():
        read = read_piece(piece)
        if read is not None:
            found = lead_windows(read[1], estimate_key(read[0]).tonic)
            by_length[found.shape[1]].append(found[:_MAX_WINDOWS_PER_PIECE])
            n_read += 1
        if n_read >= n_pieces:
            break
    return {length: NgramModel(np.concatenate(parts), N_PITCHED_CLASSES) for length, parts in by_length.items()}


def relative_cost(models: CostModels, pair: WholePair, blend: Grid) -> float | None:
    """Return the mean cost of a blend's lead over the mean of its parents; None if one of them has no lead.

    Parameters
    ----------
    models : dict of int to NgramModel
        From `fit_models`.
    pair : WholePair
    blend : Grid
        In the key of the first piece.
    """
    tonic = pair.keys[0].tonic
    grids = [grid for grid in (*pair.parents(blend.meter), blend) if Role.LEAD in grid.events]
    found = [lead_windows(grid, tonic) for grid in grids]
    costs = [float(models[each.shape[1]].cost_nats(each).mean()) for each in found if each.shape[1] in models]
    return costs[2] / ((costs[0] + costs[1]) / 2) if len(costs) == 3 else None
