"""Windows between two windows: the blends of held-out pairs, and what the issue of the blend asks of them.

Weights go from 0 (A) to 1 (B) by tenths. Two sources of blends: a role's model alone, on single windows of 4/4 of
random pairs, nothing ruled out or mended (`kept_off` holds them to the product's bounds); and the blend of the data
itself, which takes each step from A or from B by chance (the baseline of MusicVAE's figure 3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from score.chords import BEATS_PER_WINDOW
from score.roles import Role
from vae.blending import distance_floor
from vae.blending.latents import contract_toward_mean, flatten_weights, slerp
from vae.models.batching import DecodeRequest
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import MAX_STEPS, RoleSpec
from vae.pieces import window_distance
from vae.reconstruction.quality import MAX_RECONSTRUCTION_DISTANCE

from ..data.dataset import Windows
from .measures import diversity, ngram_model
from .measures.ngram_model import LanguageModel

Events = npt.NDArray[np.int16]
Chords = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]

WEIGHTS = tuple(round(0.1 * tenth, 1) for tenth in range(11))
_INNER = slice(1, -1)
_EARLIEST_BEATS = (0, 4, 2, 6, 1, 5, 3, 7)
"""Beats in the order in which they take B's chords: spread over the window at every weight."""


@dataclass(frozen=True)
class Paths:
    """Pairs of windows and their blends.

    Attributes
    ----------
    spec : RoleSpec
    first, second : ndarray, shape (pairs, steps) or (pairs, steps, voices), int16
        A and B as they are in the music.
    blends : ndarray, shape (11, pairs, steps[, voices]), int16
        At `WEIGHTS`.
    """

    spec: RoleSpec
    first: Events
    second: Events
    blends: Events


def pair_up(held_out: Windows, count: int, seed: int) -> tuple[Windows, Windows]:
    """Draw pairs of windows of 4/4 from different works."""
    whole = held_out.take(held_out.steps == MAX_STEPS)
    rng = np.random.default_rng(seed)
    first = rng.choice(len(whole), min(count, len(whole)), replace=False)
    second = rng.integers(0, len(whole), len(first))
    for _ in range(100):
        same = whole.group[first] == whole.group[second]
        if not same.any():
            break
        second[same] = rng.integers(0, len(whole), int(same.sum()))
    return whole.take(first), whole.take(second)


def decoded(
    registry: ModelRegistry,
    role: Role,
    first: Windows,
    second: Windows,
    draw: SamplingParams,
    approach: float,
    weight_exponent: float,
) -> Paths:
    """Blend pairs by a role's model alone: encode by the mean, draw together, decode as one.

    Where the model is told chords, a share of beats as large as the weight has B's.

    Parameters
    ----------
    registry : ModelRegistry
    role : Role
    first, second : Windows
    draw : SamplingParams
    approach, weight_exponent : float
        See `RoleSpec`; 1 and 1 are the great circle alone.
    """
    ends = [registry.encode(role, each.tokens, each.chords) for each in (first, second)]
    blends = []
    for weight in WEIGHTS:
        shares = flatten_weights(
            np.tile(np.array([1.0 - weight, weight], np.float32), (len(first), 1)), weight_exponent
        )
        points = contract_toward_mean(ends, slerp(ends[0], ends[1], shares[:, 1]), approach)
        told = crossed_chords(first.chords, second.chords, weight)
        blends.append(registry.decode(role, [DecodeRequest(points, shares, told, draw)], MAX_STEPS)[0])
    return Paths(first.spec, first.tokens, second.tokens, np.stack(blends))


def kept_off(paths: Paths) -> Paths:
    """Hold blends to what the product holds them to: see `vae.blending.distance_floor`."""
    role, ends = Role(paths.spec.role), [paths.first, paths.second]
    given = [paths.blends[0], paths.blends[-1]]
    far = [window_distance.distance(*each, paths.spec) for each in zip(ends, given, strict=True)]
    least = np.minimum(np.stack(far, axis=1), MAX_RECONSTRUCTION_DISTANCE)
    inner = [distance_floor.enforce_min_distance(cut, ends, given, least, role) for cut in paths.blends[_INNER]]
    return replace(paths, blends=np.stack([given[0], *inner, given[1]]))


def crossed_chords(first: Chords, second: Chords, weight: float) -> Chords:
    """Take a share of beats from the second: shape (n, BEATS_PER_WINDOW)."""
    taken = np.zeros(BEATS_PER_WINDOW, bool)
    taken[list(_EARLIEST_BEATS[: round(weight * BEATS_PER_WINDOW)])] = True
    return np.where(taken, second, first)


def crossed(first: Windows, second: Windows, seed: int) -> Paths:
    """Blend the data itself: each step is B's with a chance of the weight; what is B's stays so at larger weights."""
    chance = np.random.default_rng(seed).random((len(first), MAX_STEPS, *(1,) * (first.tokens.ndim - 2)))
    blends = [np.where(chance < weight, second.tokens, first.tokens) for weight in WEIGHTS]
    return Paths(first.spec, first.tokens, second.tokens, np.stack(blends))


def figures(paths: Paths, model: LanguageModel) -> dict[str, Any]:
    """Measure blends: cost, path, variety, and how near they come to their parents."""
    return cost_figures(paths, model) | path_figures(paths) | variety_figures(paths)


def cost_figures(paths: Paths, model: LanguageModel) -> dict[str, Any]:
    """Return what blends cost a language model, relative to their ends, by weight.

    `cost_of_data` is nats a token of the parents as they are; `cost_to_ends` relates to the blends at weights 0 and 1
    and `cost_to_data` to the parents, each mixed by the weight: music near a plain parent should be plain.
    """
    costs = np.array([model.cost(ngram_model.sequences(cut)).mean() for cut in paths.blends])
    own = np.array([model.cost(ngram_model.sequences(cut)).mean() for cut in (paths.first, paths.second)])
    shares = np.stack([1.0 - np.asarray(WEIGHTS), np.asarray(WEIGHTS)], axis=1)
    to_ends = costs / (shares @ costs[[0, -1]])
    return {
        "cost_of_data": round(float(own.mean()), 4),
        "cost_to_ends": by_weight(to_ends),
        "cost_to_data": by_weight(costs / (shares @ own)),
        "cost_worst": round(_farthest_from_one(to_ends[_INNER]), 4),
    }


def _farthest_from_one(ratios: Floats) -> float:
    return float(ratios[np.abs(ratios - 1.0).argmax()])


def path_figures(paths: Paths) -> dict[str, Any]:
    """Return how evenly blends go from A to B, by `likeness.distance`.

    Returns
    -------
    dict
        `hamming_to_a`, by weight; `spearman` of the weight with distance to A less distance to B, the mean over pairs,
        and `spearman_pooled` over all blends at once; `largest_step`, the largest of the ten mean steps over their
        mean, and `largest_step_of_a_pair`, the median over pairs of the same of single pairs; `nearer_than_own`, the
        share of blends between that are nearer to a parent than the model's reconstruction of it.
    """
    to_a = np.array([window_distance.distance(paths.first, cut, paths.spec) for cut in paths.blends])
    to_b = np.array([window_distance.distance(paths.second, cut, paths.spec) for cut in paths.blends])
    lead = (to_a - to_b).T
    steps = np.array([window_distance.distance(*each, paths.spec) for each in pairwise(paths.blends)])
    mean_step = steps.mean(axis=0)
    moving = mean_step > 0
    ratios = steps.max(axis=0)[moving] / mean_step[moving]
    nearer = (to_a[_INNER] < to_a[0] - 1e-9) | (to_b[_INNER] < to_b[-1] - 1e-9)
    weights = np.asarray(WEIGHTS)
    return {
        "hamming_to_a": by_weight(np.array([window_distance.hamming(paths.first, cut).mean() for cut in paths.blends])),
        "spearman": round(float(np.mean([diversity.spearman(weights, row) for row in lead])), 4),
        "spearman_pooled": round(diversity.spearman(np.tile(weights, len(lead)), lead.ravel()), 4),
        "largest_step": round(float(steps.mean(axis=1).max() / max(steps.mean(), 1e-9)), 3),
        "largest_step_of_a_pair": round(float(np.median(ratios)), 3) if len(ratios) else 0.0,
        "nearer_than_own": round(float(nearer.mean()), 4),
    }


def variety_figures(paths: Paths) -> dict[str, Any]:
    """Return the distinct 4-grams of blends over the mean of their parents': of all between, and the farthest off."""
    parents = (diversity.distinct_ngrams(paths.first) + diversity.distinct_ngrams(paths.second)) / 2.0
    found = np.array([diversity.distinct_ngrams(cut).mean() for cut in paths.blends]) / parents.mean()
    return {
        "distinct_4grams": by_weight(found),
        "distinct_4grams_worst": round(_farthest_from_one(found[_INNER]), 4),
    }


def by_weight(values: npt.ArrayLike) -> dict[str, float]:
    """Label one number a weight."""
    return {f"{weight:g}": round(float(value), 4) for weight, value in zip(WEIGHTS, np.ravel(values), strict=True)}
