"""Blends of single windows by the product's own path: what a slider from A to B gives, step by step.

A window of each of two held-out pieces in one key, all their roles, is blended at every weight of `interpolation_eval`.
Unlike `interpolation_eval`, which has the models alone, this includes harmony conditioning, pitch masks and fallbacks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from score import grid as grids
from score import windows
from score.roles import Role
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.models.model_registry import ModelRegistry
from vae.models.specs import MAX_STEPS, ROLE_SPECS
from vae.pieces.piece import Piece, from_grid
from vae.pieces.window_events import silent_windows

from ..data.heldout import Pair
from .interpolation_eval import WEIGHTS, Paths

Events = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Slide:
    """One role of two windows, and its blends: shapes (steps[, voices]) and (11, steps[, voices])."""

    first: Events
    second: Events
    blends: Events


def slid(registry: ModelRegistry, pairs: Iterable[Pair], wishes: BlendOptions, seed: int) -> dict[Role, Paths]:
    """Blend a window of each pair at every weight, and return the paths of the roles that both windows have."""
    rng = np.random.default_rng(seed)
    found: dict[Role, list[Slide]] = {}
    for pair in pairs:
        ends = tuple(excerpt(piece, rng) for piece in pair.pieces)
        blended = [
            run_to_end(blend(registry, ends, replace(wishes, weights=BlendWeights(weight)))).grid for weight in WEIGHTS
        ]
        cuts = [windows.split(grid) for grid in blended]
        for role in set(ends[0].windows) & set(ends[1].windows):
            first, second = (end.windows[role][0] for end in ends)
            silent = silent_windows(role, 1, len(first))[0]  # a blend has no part for a role in which nothing sounds
            slide = Slide(first, second, np.stack([cut[role][0] if role in cut else silent for cut in cuts]))
            found.setdefault(role, []).append(slide)
    return {role: _paths(role, slides) for role, slides in found.items()}


def slides(pair: Pair) -> bool:
    """Tell whether two pieces are both in fours and have two roles in common, or all that one of them has."""
    first, second = pair.pieces
    shared, fewest = set(first.windows) & set(second.windows), min(len(first.windows), len(second.windows))
    both_in_fours = all(windows.steps_per_window(piece.grid.meter) == MAX_STEPS for piece in pair.pieces)
    return both_in_fours and len(shared) >= min(2, fewest)


def excerpt(piece: Piece, rng: np.random.Generator) -> Piece:
    """Take two bars out of a piece, of those in which most roles sound, by chance; only the roles that sound."""
    heard = {role: piece.sounding_windows(role) for role in piece.windows}
    counts = np.sum(list(heard.values()), axis=0)
    window = int(rng.choice(np.flatnonzero(counts == counts.max())))
    events = {role: piece.windows[role][window : window + 1] for role in heard if heard[role][window]}
    grid = grids.from_events(piece.grid.meter, windows.join(events))
    return from_grid(grids.to_score(grid), grid)


def _paths(role: Role, slides: list[Slide]) -> Paths:
    first, second = np.stack([slide.first for slide in slides]), np.stack([slide.second for slide in slides])
    return Paths(ROLE_SPECS[role.value], first, second, np.stack([slide.blends for slide in slides], axis=1))
