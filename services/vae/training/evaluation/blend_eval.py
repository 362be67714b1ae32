"""Blends of whole held-out pieces by the product, and their metrics."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from score import windows as score_windows
from score.encoding import BARS_PER_WINDOW
from score.grid import Grid
from score.quantization.note_table import PITCH
from score.roles import PITCHED_ROLES, Role
from vae.blending.blend import blend, reconstruct, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.generation import key_pitch_classes
from vae.models.model_registry import ModelRegistry
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.piece import Piece

from ..data.heldout import Key, PiecePair
from .blend_failures import FailureCounts, PairBlend
from .measures import consistency

MOVED_WEIGHT = 0.9
_FALLBACK_COUNTS = re.compile(r"the (\w+) in (\d+) of (\d+) places")


def blend_pairs(
    registry: ModelRegistry,
    pairs: Iterable[PiecePair],
    weights: Sequence[float],
    options: BlendOptions,
    failures: FailureCounts,
) -> list[PairBlend]:
    """Blend each pair at one weight.

    Parameters
    ----------
    registry : ModelRegistry
    pairs : iterable of PiecePair
    weights : sequence of float
        Used in turns.
    options : BlendOptions
        Of every blend, but for the weights.
    failures : FailureCounts
        Counts are added to it.

    Returns
    -------
    list of PairBlend
        Without the blends that raised an exception.
    """
    blends = []
    for index, pair in enumerate(pairs):
        weight = weights[index % len(weights)]
        try:
            weighted = replace(options, weights=BlendWeights(weight))
            result = run_to_end(blend(registry, pair.pieces, weighted))
        except Exception:
            failures.raised.append(f"{pair.names}: {traceback.format_exc(limit=-2)}")
            continue
        blends.append(PairBlend.build(pair, weighted, result))
        failures.add(blends[-1])
    return blends


def fallback_share(blends: Iterable[PairBlend]) -> dict[str, float]:
    """Return the share of decoded windows that are a parent's own by the fallback, by role, as the notices tell."""
    n_own: dict[str, int] = {}
    n_windows: dict[str, int] = {}
    for each in blends:
        for role in each.grid.roles:
            n_windows[role.value] = n_windows.get(role.value, 0) + each.grid.n_bars // BARS_PER_WINDOW
        for notice in each.result.notices:
            if notice.reason == "PARENT_KEPT" and (found := _FALLBACK_COUNTS.search(notice.message)):
                n_own[found[1]] = n_own.get(found[1], 0) + int(found[2])
    return {role: round(n_own.get(role, 0) / total, 4) for role, total in n_windows.items() if total}


def self_similarity(blends: Sequence[PairBlend]) -> dict[str, Any]:
    """Compare the framewise self-similarity of blends with their parents', of the lead and of all pitched roles."""
    return {
        name: {feature: _compare_overlaps(blends, roles, index) for index, feature in enumerate(("pitch", "duration"))}
        for name, roles in (("lead", (Role.LEAD,)), ("pitched", PITCHED_ROLES))
    }


def _compare_overlaps(blends: Sequence[PairBlend], roles: Sequence[Role], feature: int) -> dict[str, float] | None:
    own: list[float] = []
    real: list[float] = []
    for each in blends:
        own += _frame_overlaps(each.grid, roles)[feature]
        for parent in each.parents:
            real += _frame_overlaps(parent.grid, roles)[feature]
    compared = consistency.compare_overlaps(own, real)
    return None if compared is None else {name: round(value, 4) for name, value in compared._asdict().items()}


def _frame_overlaps(grid: Grid, roles: Sequence[Role]) -> tuple[list[float], list[float]]:
    pitches: list[float] = []
    durations: list[float] = []
    for role in roles:
        if role in grid.events:
            role_pitches, role_durations = consistency.frame_overlaps(grid.notes(role), grid.steps_per_bar)
            pitches += role_pitches
            durations += role_durations
    return pitches, durations


def out_of_key_percent(blends: Iterable[PairBlend]) -> dict[str, float]:
    """Return the percentage of notes outside of the pair's scale: of blends, of parents, and the difference."""
    of_blends, of_parents = [], []
    for each in blends:
        shares = [_out_of_key_share(piece.grid, each.pair.key) for piece in each.parents]
        share, parent_shares = _out_of_key_share(each.grid, each.pair.key), [of for of in shares if of is not None]
        if share is not None and parent_shares:
            of_blends.append(share)
            of_parents.append(float(np.mean(parent_shares)))
    if not of_blends:
        return {}
    percent, parent_percent = 100.0 * float(np.mean(of_blends)), 100.0 * float(np.mean(of_parents))
    return {
        "blends": round(percent, 2),
        "parents": round(parent_percent, 2),
        "points_more": round(percent - parent_percent, 2),
    }


def _out_of_key_share(grid: Grid, key: Key | None) -> float | None:
    by_role = [grid.notes(role)[:, PITCH] for role in PITCHED_ROLES if role in grid.events]
    if key is None or not by_role:
        return None
    pitches = np.concatenate(by_role)
    return float((~key_pitch_classes(*key)[pitches % 12]).mean()) if len(pitches) else None


def change_of_other_roles(
    registry: ModelRegistry, pairs: Iterable[PiecePair], options: BlendOptions
) -> dict[str, float]:
    """Measure how much the other roles change when one role's weight moves from .5 to `MOVED_WEIGHT`.

    Parameters
    ----------
    registry : ModelRegistry
    pairs : iterable of PiecePair
    options : BlendOptions
        Of every blend, but for the weights.

    Returns
    -------
    dict of str to float
        By moved role: 1 - F1 of the other roles' notes, mean over roles and pairs.
    """
    changes: dict[str, list[float]] = {}
    for pair in pairs:
        unmoved = run_to_end(blend(registry, pair.pieces, replace(options, weights=BlendWeights(0.5)))).grid
        for role in unmoved.roles:
            weights = BlendWeights(0.5, role_weights={role: MOVED_WEIGHT})
            moved = run_to_end(blend(registry, pair.pieces, replace(options, weights=weights))).grid
            others = [1.0 - _grid_note_f1(unmoved, moved, other) for other in unmoved.roles if other is not role]
            changes.setdefault(role.value, []).extend(others)
    return {role: round(float(np.mean(values)), 4) for role, values in changes.items() if values}


def _grid_note_f1(reference: Grid, estimate: Grid, role: Role) -> float:
    first, second = ({tuple(note[:3]) for note in grid.notes(role).tolist()} for grid in (reference, estimate))
    return 2.0 * len(first & second) / (len(first) + len(second)) if first or second else 1.0


def reconstruction_accuracy(
    registry: ModelRegistry, pieces: Iterable[Piece], options: BlendOptions
) -> dict[str, dict[str, float]]:
    """Measure how well the product reconstructs whole pieces.

    Parameters
    ----------
    registry : ModelRegistry
    pieces : iterable of Piece
    options : BlendOptions

    Returns
    -------
    dict
        By role: ``tokens``, the share of tokens, and ``note_f1``, over the windows in which the role sounds.
    """
    tokens: dict[Role, list[float]] = {}
    note_f1: dict[Role, list[float]] = {}
    for piece in pieces:
        reconstructed = score_windows.split(reconstruct(registry, piece, options).grid)
        for role, own in piece.windows.items():
            is_sounding, decoded = piece.sounding_windows(role), reconstructed[role]
            if is_sounding.any():
                f1 = window_distance.note_f1(own, decoded, ROLE_SPECS[role.value])
                tokens.setdefault(role, []).extend(1.0 - window_distance.hamming(own, decoded)[is_sounding])
                note_f1.setdefault(role, []).extend(f1[is_sounding])
    return {
        role.value: {
            "tokens": round(float(np.mean(tokens[role])), 4),
            "note_f1": round(float(np.mean(note_f1[role])), 4),
        }
        for role in tokens
    }


def check_invariants(registry: ModelRegistry, pair: PiecePair, options: BlendOptions) -> dict[str, bool]:
    """Check two invariants: a piece blended with itself is its reconstruction; equal requests give equal notes.

    Parameters
    ----------
    registry : ModelRegistry
    pair : PiecePair
    options : BlendOptions
        Of every blend, but for the weights.
    """
    first = pair.pieces[0]
    half = replace(options, weights=BlendWeights(0.5))
    reconstruction = reconstruct(registry, first, half).grid
    with_itself = run_to_end(blend(registry, [first, first], half)).grid
    once, again = (run_to_end(blend(registry, pair.pieces, half)).grid for _ in range(2))
    return {
        "blend_of_a_and_a_is_reconstruction": reconstruction == with_itself,
        "same_seed_same_notes": once == again,
    }
