"""The metrics of interpolations, on paths whose metrics are known."""

from __future__ import annotations

import numpy as np
import pytest
from vae.models.specs import ROLE_SPECS
from vae_training.evaluation.interpolation_eval import (  # type: ignore[import-not-found]
    WEIGHTS,
    InterpolationPaths,
    cost_metrics,
    crossover_chords,
    path_metrics,
)
from vae_training.evaluation.measures.ngram_model import NgramModel  # type: ignore[import-not-found]

LEAD = ROLE_SPECS["lead"]


def test_an_even_path_is_monotone_and_has_no_jump() -> None:
    first, second = np.full((3, 10), 20, np.int16), np.full((3, 10), 30, np.int16)
    blends = np.stack([np.where(np.arange(10) < round(10 * weight), second, first) for weight in WEIGHTS])
    metrics = path_metrics(InterpolationPaths(LEAD, first, second, blends))
    assert (metrics["spearman"], metrics["largest_step"], metrics["nearer_than_own"]) == (1.0, 1.0, 0.0)
    assert metrics["hamming_to_a"]["0.3"] == 0.3


def test_a_path_of_one_jump_has_one_large_step() -> None:
    first, second = np.full((1, 10), 20, np.int16), np.full((1, 10), 30, np.int16)
    blends = np.stack([second if weight > 0.5 else first for weight in WEIGHTS])
    metrics = path_metrics(InterpolationPaths(LEAD, first, second, blends))
    assert metrics["largest_step"] == metrics["largest_step_of_a_pair"] == 10.0
    assert 0.8 < metrics["spearman"] < 0.9


def test_a_blend_nearer_to_its_parent_than_the_reconstruction_is_counted() -> None:
    first, second = np.full((1, 10), 20, np.int16), np.full((1, 10), 30, np.int16)
    worse = np.where(np.arange(10) < 5, 40, first).astype(np.int16)
    blends = np.stack([worse if weight == 0.0 else first if weight < 0.35 else second for weight in WEIGHTS])
    # At .1, .2 and .3 of the nine inner weights the blend is the first window itself, which the end is not.
    metrics = path_metrics(InterpolationPaths(LEAD, first, second, blends))
    assert metrics["nearer_than_own"] == pytest.approx(3 / 9, abs=1e-4)


def test_costs_relate_to_the_ends_by_their_shares() -> None:
    # The second's tokens are rare, the first's common: a path that jumps in the middle costs what its nearer end does.
    model = NgramModel(np.array([[20] * 30, [20] * 30, [30] * 3 + [20] * 27]), n_classes=90)
    first, second = np.full((1, 10), 20, np.int16), np.full((1, 10), 30, np.int16)
    blends = np.stack([second if weight > 0.5 else first for weight in WEIGHTS])
    metrics = cost_metrics(InterpolationPaths(LEAD, first, second, blends), model)
    low, high = (float(model.cost_nats(window)[0]) for window in (first, second))
    assert metrics["cost_to_ends"]["0"] == metrics["cost_to_ends"]["1"] == 1.0
    assert metrics["cost_to_ends"]["0.2"] == pytest.approx(low / (0.8 * low + 0.2 * high), abs=1e-4)
    assert metrics["cost_to_data"] == metrics["cost_to_ends"]


def test_chords_cross_over_beat_by_beat() -> None:
    first, second = np.full((1, 8), 1, np.int8), np.full((1, 8), 2, np.int8)
    n_second = [int((crossover_chords(first, second, weight) == 2).sum()) for weight in (0.0, 0.25, 0.5, 1.0)]
    assert n_second == [0, 2, 4, 8]
