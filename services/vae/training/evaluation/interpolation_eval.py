"""Interpolations between pairs of held-out windows by a role's model alone, and their metrics.

Weights go from 0 (the first window) to 1 (the second) in steps of .1. Two sources of interpolations are compared: the
model's, on single windows of 4/4 of random pairs, without pitch masks and fallbacks (`apply_distance_floor` adds the
product's distance floor); and the data's own, which takes each step at random from either window: the baseline of
figure 3 of MusicVAE (Roberts et al., ICML 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from score.arrays import F64, I8, I16
from score.chords import BEATS_PER_WINDOW
from score.roles import Role
from vae.blending import distance_floor
from vae.blending.latents import contract_toward_mean, flatten_weights, slerp
from vae.models.batching import DecodeRequest
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import MAX_STEPS, RoleSpec
from vae.pieces.window_distance import distance, hamming
from vae.reconstruction.quality import MAX_RECONSTRUCTION_DISTANCE

from ..data.dataset import WindowDataset
from .measures.diversity import count_distinct_ngrams
from .measures.ngram_model import NgramModel, flatten_windows
from .measures.rank_correlation import spearman

WEIGHTS = tuple(round(0.1 * tenth, 1) for tenth in range(11))
_INNER = slice(1, -1)
"""The weights without 0 and 1."""

_CHORD_CROSSOVER_BEATS = (0, 4, 2, 6, 1, 5, 3, 7)
"""Beats in the order in which they take the second window's chords: spread over the window at every weight."""

_MAX_RESAMPLINGS = 100
_ROUNDING = 1e-9


@dataclass(frozen=True)
class InterpolationPaths:
    """Pairs of windows and the interpolations between them.

    Attributes
    ----------
    spec : RoleSpec
    first, second : ndarray, shape (n_pairs, n_steps) or (n_pairs, n_steps, n_voices), int16
        The windows as they are in the music.
    blends : ndarray, shape (n_weights, n_pairs, n_steps) or (n_weights, n_pairs, n_steps, n_voices), int16
        One interpolation for each of `WEIGHTS`.
    """

    spec: RoleSpec
    first: I16
    second: I16
    blends: I16


def sample_pairs(held_out: WindowDataset, n_pairs: int, seed: int) -> tuple[WindowDataset, WindowDataset]:
    """Sample pairs of windows of 4/4 from different works.

    Parameters
    ----------
    held_out : WindowDataset
    n_pairs : int
        Fewer are returned if there are fewer windows.
    seed : int

    Returns
    -------
    tuple of WindowDataset
        The first and the second window of each pair.
    """
    windows = held_out.take(held_out.n_steps == MAX_STEPS)
    rng = np.random.default_rng(seed)
    first = rng.choice(len(windows), min(n_pairs, len(windows)), replace=False)
    second = rng.integers(0, len(windows), len(first))
    for _ in range(_MAX_RESAMPLINGS):
        is_same_work = windows.groups[first] == windows.groups[second]
        if not is_same_work.any():
            break
        second[is_same_work] = rng.integers(0, len(windows), int(is_same_work.sum()))
    return windows.take(first), windows.take(second)


def interpolate(
    registry: ModelRegistry,
    first: WindowDataset,
    second: WindowDataset,
    sampling: SamplingParams,
    contraction: float,
    weight_exponent: float,
) -> InterpolationPaths:
    """Interpolate pairs with a role's model: encode to posterior means, contract, decode with flattened weights.

    Parameters
    ----------
    registry : ModelRegistry
    first, second : WindowDataset
        Of the role of `sampling`. If its model is conditioned on chords, a share of the beats as large as the weight
        has the second window's.
    sampling : SamplingParams
    contraction, weight_exponent : float
        See `RoleSpec`; 1 and 1 are plain slerp.
    """
    role = Role(sampling.spec.role)
    endpoints = [registry.encode(role, each.tokens, each.chords) for each in (first, second)]
    blends = []
    for weight in WEIGHTS:
        shares = np.tile(np.array([1.0 - weight, weight], np.float32), (len(first), 1))
        shares = flatten_weights(shares, weight_exponent)
        latents = contract_toward_mean(endpoints, slerp(endpoints[0], endpoints[1], shares[:, 1]), contraction)
        request = DecodeRequest(latents, shares, crossover_chords(first.chords, second.chords, weight), sampling)
        blends.append(registry.decode(role, [request], MAX_STEPS)[0])
    return InterpolationPaths(first.spec, first.tokens, second.tokens, np.stack(blends))


def apply_distance_floor(paths: InterpolationPaths) -> InterpolationPaths:
    """Apply the product's distance floor, see `vae.blending.distance_floor`."""
    role, own = Role(paths.spec.role), [paths.first, paths.second]
    endpoints = [paths.blends[0], paths.blends[-1]]
    distances = [distance(*each, paths.spec) for each in zip(own, endpoints, strict=True)]
    floors = np.minimum(np.stack(distances, axis=1), MAX_RECONSTRUCTION_DISTANCE)
    inner = [
        distance_floor.enforce_min_distance(windows, own, endpoints, floors, role) for windows in paths.blends[_INNER]
    ]
    return replace(paths, blends=np.stack([endpoints[0], *inner, endpoints[1]]))


def crossover_chords(first: I8, second: I8, weight: float) -> I8:
    """Take the chords of some beats from the first windows, of the others from the second.

    Parameters
    ----------
    first, second : ndarray, shape (n, BEATS_PER_WINDOW), int8
    weight : float
        Share of beats from the second windows, 0 to 1.

    Returns
    -------
    ndarray, shape (n, BEATS_PER_WINDOW), int8
    """
    is_second = np.zeros(BEATS_PER_WINDOW, bool)
    is_second[list(_CHORD_CROSSOVER_BEATS[: round(weight * BEATS_PER_WINDOW)])] = True
    return np.where(is_second, second, first)


def interpolate_data(first: WindowDataset, second: WindowDataset, seed: int) -> InterpolationPaths:
    """Interpolate the tokens themselves: each step is the second window's with a probability of the weight.

    Parameters
    ----------
    first, second : WindowDataset
    seed : int

    Returns
    -------
    InterpolationPaths
        A step that is the second window's remains so at larger weights.
    """
    rng = np.random.default_rng(seed)
    thresholds = rng.random((len(first), MAX_STEPS, *(1,) * (first.tokens.ndim - 2)))
    blends = [np.where(thresholds < weight, second.tokens, first.tokens) for weight in WEIGHTS]
    return InterpolationPaths(first.spec, first.tokens, second.tokens, np.stack(blends))


def interpolation_metrics(paths: InterpolationPaths, model: NgramModel) -> dict[str, Any]:
    """Compute all metrics: language model cost, path, and diversity."""
    return cost_metrics(paths, model) | path_metrics(paths) | diversity_metrics(paths)


def cost_metrics(paths: InterpolationPaths, model: NgramModel) -> dict[str, Any]:
    """Compute what interpolations cost a language model.

    Returns
    -------
    dict
        ``cost_of_data``, nats per token of the windows as they are; ``cost_to_ends`` and ``cost_to_data``, by weight,
        the cost over that of the interpolations at weights 0 and 1 and of the windows, each averaged by the weight, as
        music near a simple window should be simple; ``cost_worst``, the ratio to the ends that is farthest from 1.
    """
    costs = np.array([model.cost_nats(flatten_windows(windows)).mean() for windows in paths.blends])
    own = np.array([model.cost_nats(flatten_windows(windows)).mean() for windows in (paths.first, paths.second)])
    shares = np.stack([1.0 - np.asarray(WEIGHTS), np.asarray(WEIGHTS)], axis=1)
    to_ends = costs / (shares @ costs[[0, -1]])
    return {
        "cost_of_data": round(float(own.mean()), 4),
        "cost_to_ends": label_by_weight(to_ends),
        "cost_to_data": label_by_weight(costs / (shares @ own)),
        "cost_worst": round(_worst_ratio(to_ends[_INNER]), 4),
    }


def _worst_ratio(ratios: F64) -> float:
    """Return the ratio that is farthest from 1."""
    return float(ratios[np.abs(ratios - 1.0).argmax()])


def path_metrics(paths: InterpolationPaths) -> dict[str, Any]:
    """Compute how evenly interpolations move from the first to the second window.

    Distances are those of `vae.pieces.window_distance.distance`.

    Returns
    -------
    dict
        ``hamming_to_a``, the Hamming distance to the first window by weight; ``spearman``, the mean over pairs of the
        rank correlation of the weight with the difference of the distances to both windows, and ``spearman_pooled``
        that of all interpolations together; ``largest_step``, the largest of the ten mean steps over their mean, and
        ``largest_step_of_a_pair``, the median over pairs of the same; ``nearer_than_own``, the share of inner
        interpolations that are nearer to a window than its reconstruction is.
    """
    to_first = np.array([distance(paths.first, windows, paths.spec) for windows in paths.blends])
    to_second = np.array([distance(paths.second, windows, paths.spec) for windows in paths.blends])
    differences = (to_first - to_second).T
    steps = np.array([distance(*each, paths.spec) for each in pairwise(paths.blends)])
    mean_step = steps.mean(axis=0)
    is_moving = mean_step > 0
    ratios = steps.max(axis=0)[is_moving] / mean_step[is_moving]
    is_nearer = (to_first[_INNER] < to_first[0] - _ROUNDING) | (to_second[_INNER] < to_second[-1] - _ROUNDING)
    weights = np.asarray(WEIGHTS)
    return {
        "hamming_to_a": label_by_weight([hamming(paths.first, windows).mean() for windows in paths.blends]),
        "spearman": round(float(np.mean([spearman(weights, row) for row in differences])), 4),
        "spearman_pooled": round(spearman(np.tile(weights, len(differences)), differences.ravel()), 4),
        "largest_step": round(float(steps.mean(axis=1).max() / max(steps.mean(), _ROUNDING)), 3),
        "largest_step_of_a_pair": round(float(np.median(ratios)), 3) if len(ratios) else 0.0,
        "nearer_than_own": round(float(is_nearer.mean()), 4),
    }


def diversity_metrics(paths: InterpolationPaths) -> dict[str, Any]:
    """Return the distinct 4-grams of interpolations over the mean of both windows': by weight, and the worst ratio."""
    own = (count_distinct_ngrams(paths.first) + count_distinct_ngrams(paths.second)) / 2.0
    ratios = np.array([count_distinct_ngrams(windows).mean() for windows in paths.blends]) / own.mean()
    return {
        "distinct_4grams": label_by_weight(ratios),
        "distinct_4grams_worst": round(_worst_ratio(ratios[_INNER]), 4),
    }


def label_by_weight(values: npt.ArrayLike) -> dict[str, float]:
    """Return values, one for each of `WEIGHTS`, by the text of their weight, rounded."""
    return {f"{weight:g}": round(float(value), 4) for weight, value in zip(WEIGHTS, np.ravel(values), strict=True)}
