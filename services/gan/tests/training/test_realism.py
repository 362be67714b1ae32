"""How trees and readers are taught for the service: read as they were grown, and to scale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from gan.measures.ngrams import NoteNgrams
from gan_training.ranking import train_reranker  # type: ignore[import-not-found]
from score.roles import Role

NAMES = ("a", "b", "c")


def heard(random: np.random.Generator, count: int, shift: float, word: int) -> train_reranker.Heard:
    """Make pieces whose first measurement, and one of whose words, say what they are."""
    table = random.normal(0, 1, (count, len(NAMES)))
    table[:, 0] += shift
    table[::7, 1] = np.nan
    texts: list[Mapping[Role, NoteNgrams]] = []
    for _ in range(count):
        words = random.integers(10, 30, (12, 1))
        words[: random.integers(0, 4)] = word
        texts.append({Role.LEAD: NoteNgrams(words, np.arange(12)), Role.BASS: NoteNgrams(words[:0], np.arange(0))})
    return train_reranker.Heard(table, texts)


@pytest.fixture(scope="module")
def taught() -> tuple[train_reranker.Reranker, dict[str, float], train_reranker.Heard, train_reranker.Heard]:
    random = np.random.default_rng(1)
    real, made = heard(random, 400, 1.0, 1), heard(random, 400, -1.0, 2)
    return (*train_reranker.teach(NAMES, real, made, range(400), siblings=4), real, made)


def test_both_tell_pieces_that_they_were_not_taught_by(
    taught: tuple[train_reranker.Reranker, dict[str, float], train_reranker.Heard, train_reranker.Heard],
) -> None:
    judge, right, *_ = taught
    assert set(right) == {"trees", "readers"}
    assert all(0.75 < share < 1 for share in right.values())
    random = np.random.default_rng(2)
    fresh = [heard(random, 200, shift, word) for shift, word in ((1.0, 1), (-1.0, 2))]
    for scores in (
        [judge.score_table(one.table) for one in fresh],
        [judge.score_extracted(one.texts) for one in fresh],
    ):
        assert scores[0].mean() > 0 > scores[1].mean()


def test_what_is_liked_differs_by_about_one_within_siblings(
    taught: tuple[train_reranker.Reranker, dict[str, float], train_reranker.Heard, train_reranker.Heard],
) -> None:
    judge, *_ = taught
    random = np.random.default_rng(3)
    fresh = heard(random, 400, -1.0, 2)
    both = judge.score_table(fresh.table) + judge.score_extracted(fresh.texts)
    assert both.reshape(-1, 4).std(1).mean() == pytest.approx(1, abs=0.2)


def test_trees_in_arrays_say_what_grown_trees_say() -> None:
    random = np.random.default_rng(4)
    table = random.normal(0, 1, (300, 4))
    table[random.random(table.shape) < 0.2] = np.nan
    grown = train_reranker.classifier().fit(table, np.nan_to_num(table[:, 0] * table[:, 1]) > 0)
    other = random.normal(0, 1, (100, 4))
    other[::3, 1] = np.nan
    assert np.allclose(train_reranker.to_trees(grown).score(other), grown.decision_function(other))
