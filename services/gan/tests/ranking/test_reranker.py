"""The trees that say how real a piece sounds: read as they were taught, over stretches of sixteen bars."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gan.composer import select_candidate
from gan.model import GanModel
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS
from gan.planning import structure
from gan.planning.generation_request import GenerationRequest, resolve
from gan.ranking.reranker import Reranker, split_passages
from score.arrays import I16
from score.roles import Role
from servicekit.faults import ModelMismatch, NotReady


def with_limit(models: GanModel, notes: float, value: float = -1.0) -> Reranker:
    """Judge by notes a bar: beyond the limit, log odds change by the value."""
    trees = replace(models.realism.trees, limit=np.array([[notes, 0.0, 0.0]]), value=np.array([[0.0, 0.0, value]]))
    return replace(models.realism, trees=trees)


@pytest.fixture
def judge(models: GanModel) -> Reranker:
    return with_limit(models, 2)


def tune(bars: int, every: int) -> dict[Role, I16]:
    events = np.zeros(16 * bars, np.int16)
    events[::every] = 41
    return {Role.LEAD: events}


def test_trees_go_by_the_measurement_that_they_ask_for(judge: Reranker) -> None:
    assert judge.score(tune(16, 8), "4/4", is_minor=False) == 0.5
    assert judge.score(tune(16, 4), "4/4", is_minor=False) == -0.5
    assert judge.score({Role.DRUMS: np.ones(64, np.int16)}, "4/4", is_minor=False) == 0.5


def test_each_stretch_of_a_long_piece_is_heard(judge: Reranker) -> None:
    dense_end = {Role.LEAD: np.concatenate([tune(16, 8)[Role.LEAD], tune(16, 4)[Role.LEAD]])}
    assert judge.score(dense_end, "4/4", is_minor=False) == 0.0
    assert split_passages(8) == [(0, 8)]
    assert split_passages(18) == [(0, 16)]
    assert split_passages(24) == [(0, 16), (8, 24)]
    assert split_passages(64) == [(0, 16), (16, 32), (32, 48), (48, 64)]


def test_a_candidate_that_sounds_real_is_taken(models: GanModel) -> None:
    brief = resolve(GenerationRequest(seed=3, style_id="funk", bars=8), models.styles)
    drafts = np.zeros((2, 128, N_CHANNELS), np.int64)
    for draft, every in zip(drafts, (8, 4), strict=True):
        draft[::every, CHANNEL_ROLES.index(Role.LEAD)] = np.tile((41, 45, 48, 43), 4 * 8 // every)
    nothing = np.full((8, 4), structure.NO_SOURCE)
    form = structure.Structure(np.arange(4), nothing, nothing, nothing[:, :2])
    for value, notes in ((-200.0, 16), (200.0, 32)):
        judge = with_limit(models, 3, value)
        judged = GanModel((models.generator, models.critic), models.styles, models.learnt, judge, {})
        chosen = select_candidate(drafts, np.zeros(2, np.float32), form, brief, judged)
        assert (chosen.events[Role.LEAD] > 1).sum() == pytest.approx(notes, abs=4)


def test_trees_come_back_from_their_file_or_are_refused(tmp_path: Path, judge: Reranker) -> None:
    path = tmp_path / "realism.npz"
    with pytest.raises(NotReady, match=r"realism\.npz is missing"):
        Reranker.load(path, "0")
    judge.save(path)
    with pytest.raises(ModelMismatch, match="not the file"):
        Reranker.load(path, "0")
    again = Reranker.load(path, hashlib.sha256(path.read_bytes()).hexdigest())
    assert again.score(tune(16, 4), "4/4", is_minor=False) == -0.5
