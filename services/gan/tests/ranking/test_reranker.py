"""The reranker: trees as they were fitted, over passages of sixteen bars."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gan.composer import select_candidate
from gan.model import GanModel
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS, NO_SOURCE
from gan.planning import structure
from gan.planning.generation_request import GenerationRequest, resolve
from gan.ranking.reranker import Reranker, split_passages
from score.arrays import I16
from score.roles import ROLES, Role


def with_limit(models: GanModel, notes: float, value: float = -1.0) -> Reranker:
    """Score by notes per bar: beyond the limit the log odds change by the value."""
    trees = replace(
        models.reranker.trees, threshold=np.array([[notes, 0.0, 0.0]]), log_odds=np.array([[0.0, 0.0, value]])
    )
    return replace(models.reranker, trees=trees)


@pytest.fixture
def reranker(models: GanModel) -> Reranker:
    return with_limit(models, 2)


def tune(bars: int, every: int) -> dict[Role, I16]:
    events = np.zeros(16 * bars, np.int16)
    events[::every] = 41
    return {Role.LEAD: events}


def test_trees_test_the_feature_that_they_name(reranker: Reranker) -> None:
    assert reranker.score(tune(16, 8), "4/4", is_minor=False) == 0.5
    assert reranker.score(tune(16, 4), "4/4", is_minor=False) == -0.5
    assert reranker.score({Role.DRUMS: np.ones(64, np.int16)}, "4/4", is_minor=False) == 0.5


def test_each_passage_of_a_long_piece_counts(reranker: Reranker) -> None:
    dense_end = {Role.LEAD: np.concatenate([tune(16, 8)[Role.LEAD], tune(16, 4)[Role.LEAD]])}
    assert reranker.score(dense_end, "4/4", is_minor=False) == 0.0
    assert split_passages(8) == [(0, 8)]
    assert split_passages(18) == [(0, 16)]
    assert split_passages(24) == [(0, 16), (8, 24)]
    assert split_passages(64) == [(0, 16), (16, 32), (32, 48), (48, 64)]


def test_the_candidate_with_the_best_score_is_selected(models: GanModel) -> None:
    request = resolve(GenerationRequest(seed=3, style_id="funk", n_bars=8), models.styles)
    candidates = np.zeros((2, 128, N_CHANNELS), np.int64)
    for candidate, every in zip(candidates, (8, 4), strict=True):
        candidate[::every, CHANNEL_ROLES.index(Role.LEAD)] = np.tile((41, 45, 48, 43), 4 * 8 // every)
    none = np.full((8, 4), NO_SOURCE)
    plan = structure.Structure(np.arange(4), none, none, none[:, :2])
    for value, notes in ((-200.0, 16), (200.0, 32)):
        reranker = with_limit(models, 3, value)
        reranking = GanModel((models.generator, models.critic), models.styles, models.training_index, reranker, {})
        chosen = select_candidate(candidates, np.zeros(2, np.float32), plan, request, reranking)
        assert (chosen.events[Role.LEAD] > 1).sum() == pytest.approx(notes, abs=4)


def test_a_saved_reranker_scores_the_same(tmp_path: Path, reranker: Reranker) -> None:
    path = tmp_path / "realism.npz"
    reranker.save(path)
    assert Reranker.from_bytes(path.read_bytes()).score(tune(16, 4), "4/4", is_minor=False) == -0.5
    with np.load(path) as arrays:
        trees = {"column", "limit", "lacks_left", "left", "right", "value", "base"}
        classifiers = {f"{role.value}_{name}" for role in ROLES for name in ("weights", "rarity", "base")}
        assert set(arrays.files) == {"names", "scale", *trees, *classifiers}
