"""The baselines of reconstruction."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="training only")

from score.chords import BEATS_PER_WINDOW
from vae.models.specs import ROLE_SPECS
from vae_training.data.dataset import WindowDataset  # type: ignore[import-not-found]
from vae_training.evaluation.reconstruction_eval import (  # type: ignore[import-not-found]
    baseline_accuracy,
)


def test_baselines_count_the_most_common_token_and_repetitions() -> None:
    tokens = np.array([[50, 0, 0, 1], [50, 50, 0, 0]], np.int16)
    mask = np.zeros(2, bool)
    chords = np.zeros((2, BEATS_PER_WINDOW), np.int8)
    windows = WindowDataset(ROLE_SPECS["lead"], tokens, chords, np.full(2, 4, np.int16), np.arange(2), mask, mask)
    assert baseline_accuracy(windows) == {"most_common_token": 0.5, "repeat_last_token": 0.5}
