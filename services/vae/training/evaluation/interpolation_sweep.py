"""Weight sweeps of the product: blends of two windows at every weight from 0 to 1, as by moving a slider.

A window of each of two held-out pieces in one key, with all their roles, is blended at every weight of
`interpolation_eval`. Only roles that the product interpolates by a model have a path of windows: the drums. Unlike
`interpolation_eval`, which has the models alone, this includes their fallback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from score import grid as grids
from score import windows as score_windows
from score.arrays import I16
from score.roles import Role
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry
from vae.models.specs import MAX_STEPS, ROLE_SPECS
from vae.pieces.piece import Piece, from_grid
from vae.pieces.window_events import silent_windows

from ..data.heldout import PiecePair
from .interpolation_eval import WEIGHTS, InterpolationPaths

SWEPT_ROLES = (Role.DRUMS,)
"""The roles that the product decodes between the parents' latents."""


@dataclass(frozen=True)
class RoleSweep:
    """One role of two windows, and its blends.

    Attributes
    ----------
    first, second : ndarray, shape (n_steps,) or (n_steps, n_voices), int16
    blends : ndarray, shape (n_weights, n_steps) or (n_weights, n_steps, n_voices), int16
    """

    first: I16
    second: I16
    blends: I16


def sweep_pairs(
    registry: ModelRegistry, pairs: Iterable[PiecePair], options: BlendOptions, seed: int
) -> dict[Role, InterpolationPaths]:
    """Blend a window of each pair at every weight.

    Parameters
    ----------
    registry : ModelRegistry
    pairs : iterable of PiecePair
        Of which `are_comparable` is true.
    options : BlendOptions
        Of every blend, but for the weights.
    seed : int
        Of the choice of windows.

    Returns
    -------
    dict of Role to InterpolationPaths
        For each role, those of the pairs whose windows both have it.
    """
    rng = np.random.default_rng(seed)
    sweeps: dict[Role, list[RoleSweep]] = {}
    for pair in pairs:
        parents = tuple(sample_excerpt(piece, rng) for piece in pair.pieces)
        grids_by_weight = [
            run_to_end(blend(registry, parents, replace(options, weights=BlendWeights(weight)))).grid
            for weight in WEIGHTS
        ]
        blends = [score_windows.split(grid) for grid in grids_by_weight]
        for role in set(SWEPT_ROLES) & set(parents[0].windows) & set(parents[1].windows):
            first, second = (parent.windows[role][0] for parent in parents)
            silence = silent_windows(role, 1, len(first))[0]  # a blend lacks a role that does not sound in it
            role_blends = np.stack([each[role][0] if role in each else silence for each in blends])
            sweeps.setdefault(role, []).append(RoleSweep(first, second, role_blends))
    return {role: _stack(role, of) for role, of in sweeps.items()}


def are_comparable(pair: PiecePair) -> bool:
    """Return whether two pieces both have windows of 4/4, and a role in common that is swept."""
    first, second = pair.pieces
    is_four_four = all(score_windows.steps_per_window(piece.grid.meter) == MAX_STEPS for piece in pair.pieces)
    return is_four_four and bool(set(SWEPT_ROLES) & set(first.windows) & set(second.windows))


def sample_excerpt(piece: Piece, rng: np.random.Generator) -> Piece:
    """Return one window of a piece, chosen at random among those in which most roles sound, with these roles only."""
    is_sounding = {role: piece.sounding_windows(role) for role in piece.windows}
    n_roles = np.sum(list(is_sounding.values()), axis=0)
    window = int(rng.choice(np.flatnonzero(n_roles == n_roles.max())))
    events = {role: piece.windows[role][window : window + 1] for role in is_sounding if is_sounding[role][window]}
    grid = grids.from_events(piece.grid.meter, score_windows.join(events))
    return from_grid(grids.to_score(grid), grid)


def _stack(role: Role, sweeps: list[RoleSweep]) -> InterpolationPaths:
    first, second = np.stack([each.first for each in sweeps]), np.stack([each.second for each in sweeps])
    return InterpolationPaths(ROLE_SPECS[role.value], first, second, np.stack([each.blends for each in sweeps], axis=1))
