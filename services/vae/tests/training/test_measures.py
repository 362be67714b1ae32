"""The measures of the evaluation, on sequences and notes whose measures are known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from score.grid import Grid
from score.roles import Role
from vae_training.evaluation.measures import consistency  # type: ignore[import-not-found]
from vae_training.evaluation.measures.diversity import count_distinct_ngrams  # type: ignore[import-not-found]
from vae_training.evaluation.measures.ngram_model import NgramModel  # type: ignore[import-not-found]
from vae_training.evaluation.measures.rank_correlation import spearman  # type: ignore[import-not-found]


def test_a_token_s_probability_is_witten_and_bell_s() -> None:
    # Of 0, 0, 1: three tokens of two kinds, so p(0) = (2 + 2 / 2) / (3 + 2). After 0 come 0 and 1, once each.
    model = NgramModel(np.array([[0, 0, 1]]), n_classes=2, order=2)
    np.testing.assert_allclose(model.probabilities(np.array([[0, 0, 1]])), [[0.8, 0.55, 0.45]])
    np.testing.assert_allclose(model.cost_nats(np.array([[0, 0, 1]])), [-math.log(0.8 * 0.55 * 0.45) / 3.0])


def test_probabilities_after_any_context_sum_to_one() -> None:
    rng = np.random.default_rng(1)
    model = NgramModel(rng.integers(0, 5, (40, 12)), n_classes=5)
    contexts = np.repeat(rng.integers(0, 5, (20, 6)), 5, axis=0)
    ends = np.tile(np.arange(5), 20)[:, None]
    last = model.probabilities(np.concatenate([contexts, ends], axis=1))[:, -1]
    np.testing.assert_allclose(last.reshape(20, 5).sum(axis=1), 1.0)


def test_spearman_shares_the_ranks_of_equals() -> None:
    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 5.0])) == pytest.approx(math.sqrt(0.75))
    assert spearman(np.array([1.0, 2.0]), np.array([7.0, 7.0])) == 0.0


def test_distinct_ngrams_of_a_repeated_step_are_one() -> None:
    windows = np.array([[1, 1, 1, 1, 1, 1], [1, 2, 1, 2, 1, 2]], np.int16)
    assert count_distinct_ngrams(windows).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("first", "second", "area"),
    [
        ((0.0, 1.0), (0.0, 1.0), 1.0),
        ((0.0, 1.0), (2.0, 1.0), 0.3173105),
        ((2.0, 1.0), (0.0, 1.0), 0.3173105),
        ((0.0, 1.0), (0.0, 2.0), 0.67733),
        ((60.0, 3.0), (64.0, 1.5), 0.34267),
    ],
)
def test_overlap_is_the_area_under_both_densities(
    first: tuple[float, float], second: tuple[float, float], area: float
) -> None:
    assert consistency.overlap(consistency.Gaussian(*first), consistency.Gaussian(*second)) == pytest.approx(
        area, abs=1e-4
    )


def test_consistency_compares_means_and_variances() -> None:
    assert consistency.compare_overlaps([0.5, 0.7], [0.4, 0.8]) == pytest.approx((1.0, 0.25))
    assert consistency.compare_overlaps([], [0.5]) is None


def test_the_frames_of_a_piece_that_repeats_overlap_completely(lead_grid: Callable[..., Grid]) -> None:
    grid = lead_grid(*[[40, 42, 44, 45]] * 8)
    assert consistency.frame_overlaps(grid.notes(Role.LEAD), 16) == ([1.0, 1.0], [1.0, 1.0])


def test_frames_are_four_bars_and_hop_two(lead_grid: Callable[..., Grid]) -> None:
    # An octave up from bar 5 on: bars 1 to 4 and 3 to 6 share half, 5 to 8 the other half.
    grid = lead_grid(*[[40, 42, 44, 45]] * 4, *[[52, 54, 56, 57]] * 4)
    pitches, durations = consistency.frame_overlaps(grid.notes(Role.LEAD), 16)
    assert len(pitches) == 2
    assert pitches[0] == pytest.approx(pitches[1])
    assert 0.1 < pitches[0] < 0.6
    assert durations == [1.0, 1.0]
