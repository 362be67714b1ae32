"""Training of the reranker: cross-validated accuracy, scale, and the conversion of trees."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from gan.measures.ngrams import NoteNgrams
from gan.ranking.reranker import Reranker
from gan_training.ranking import train_reranker  # type: ignore[import-not-found]
from score.roles import Role

NAMES = ("a", "b", "c")

Fitted = tuple[Reranker, dict[str, float]]


def measured(random: np.random.Generator, count: int, shift: float, ngram: int) -> train_reranker.MeasuredPieces:
    """Return pieces that their first feature, and one of their n-grams, give away."""
    table = random.normal(0, 1, (count, len(NAMES)))
    table[:, 0] += shift
    table[::7, 1] = np.nan
    ngrams: list[Mapping[Role, NoteNgrams]] = []
    for _ in range(count):
        ids = random.integers(10, 30, (12, 1))
        ids[: random.integers(0, 4)] = ngram
        ngrams.append({Role.LEAD: NoteNgrams(ids, np.arange(12)), Role.BASS: NoteNgrams(ids[:0], np.arange(0))})
    return train_reranker.MeasuredPieces(table, ngrams)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    random = np.random.default_rng(1)
    real, generated = measured(random, 400, 1.0, 1), measured(random, 400, -1.0, 2)
    fitted: Fitted = train_reranker.fit_reranker(NAMES, real, generated, range(400), n_siblings=4)
    return fitted


def test_both_distinguish_pieces_that_they_were_not_fitted_to(fitted: Fitted) -> None:
    reranker, accuracy = fitted
    assert set(accuracy) == {"trees", "ngrams"}
    assert all(0.75 < share < 1 for share in accuracy.values())
    random = np.random.default_rng(2)
    fresh = [measured(random, 200, shift, ngram) for shift, ngram in ((1.0, 1), (-1.0, 2))]
    for scores in (
        [reranker.score_table(one.table) for one in fresh],
        [reranker.score_extracted(one.ngrams) for one in fresh],
    ):
        assert scores[0].mean() > 0 > scores[1].mean()


def test_scores_of_siblings_have_a_deviation_of_about_one(fitted: Fitted) -> None:
    reranker, _ = fitted
    random = np.random.default_rng(3)
    fresh = measured(random, 400, -1.0, 2)
    both = reranker.score_table(fresh.table) + reranker.score_extracted(fresh.ngrams)
    assert both.reshape(-1, 4).std(1).mean() == pytest.approx(1, abs=0.2)


def test_converted_trees_score_like_fitted_ones() -> None:
    random = np.random.default_rng(4)
    table = random.normal(0, 1, (300, 4))
    table[random.random(table.shape) < 0.2] = np.nan
    trees = train_reranker.untrained_trees().fit(table, np.nan_to_num(table[:, 0] * table[:, 1]) > 0)
    other = random.normal(0, 1, (100, 4))
    other[::3, 1] = np.nan
    assert np.allclose(train_reranker.convert_trees(trees).score(other), trees.decision_function(other))
