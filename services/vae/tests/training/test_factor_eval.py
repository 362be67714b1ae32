"""Figures of the models of rhythm and contour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training only")

from vae.models.specs import FACTOR_SPECS, LeadFactor  # noqa: E402
from vae.pieces.lead_factors import factor_tokens  # noqa: E402
from vae_training.data.dataset import load_windows  # type: ignore[import-not-found]  # noqa: E402
from vae_training.evaluation.factor_eval import (  # type: ignore[import-not-found]  # noqa: E402
    interpolation_figures,
    onset_f1,
    path_figures,
    reconstruction_figures,
)
from vae_training.evaluation.measures.ngram_model import NgramModel  # type: ignore[import-not-found]  # noqa: E402
from vae_training.model.music_vae import MusicVae  # type: ignore[import-not-found]  # noqa: E402

FIRST, SECOND = [2, 0, 0, 0, 0, 0, 0, 0], [2, 0, 2, 0, 2, 0, 2, 0]
NGRAMS = NgramModel(np.array([FIRST, SECOND] * 20), 3)


def test_onset_f1_counts_common_onsets() -> None:
    reference = np.array([[2, 0, 2, 1], [1, 0, 0, 0]], np.int16)
    estimate = np.array([[2, 1, 0, 2], [1, 0, 0, 0]], np.int16)
    assert onset_f1(reference, estimate).tolist() == [0.5, 1.0]


def test_an_even_path_is_monotone_and_lies_between() -> None:
    steps = [FIRST, [2, 0, 2, 0, 0, 0, 0, 0], [2, 0, 2, 0, 2, 0, 0, 0], SECOND, SECOND]
    figures = path_figures(np.array(steps, np.int16)[:, None], LeadFactor.RHYTHM, NGRAMS)
    assert figures["distance_to_first"] == {"0": 0.0, "0.25": 0.125, "0.5": 0.25, "0.75": 0.375, "1": 0.375}
    assert (figures["monotone"], figures["between_at_half"], figures["strictly_between"]) == (1.0, 1.0, 1.0)
    assert figures["cost_at_half"] > 1.0


def test_a_path_that_turns_back_is_not_monotone() -> None:
    steps = [FIRST, SECOND, FIRST, SECOND, SECOND]
    figures = path_figures(np.array(steps, np.int16)[:, None], LeadFactor.RHYTHM, NGRAMS)
    assert (figures["monotone"], figures["strictly_between"]) == (0.0, 0.0)


@pytest.mark.parametrize("factor", list(LeadFactor))
def test_a_model_is_measured_beside_baselines(factor: LeadFactor, data: Path) -> None:
    torch.manual_seed(0)
    lead, model = load_windows(data, "lead"), MusicVae(FACTOR_SPECS[factor]).eval()
    figures = reconstruction_figures(model, lead, 64)
    assert figures["tokens"] < 0.6
    ngrams = NgramModel(factor_tokens(lead.tokens, factor), model.spec.n_classes)
    between = interpolation_figures(model, lead, ngrams, 20)
    assert between["nearest"]["strictly_between"] == 0.0
    assert between["crossfade"]["monotone"] == 1.0
    assert between["crossfade"]["cost_at_half"] > between["nearest"]["cost_at_half"]
