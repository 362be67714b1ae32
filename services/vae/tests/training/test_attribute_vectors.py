"""The directions of the sliders."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training only")

from score.roles import Role  # noqa: E402
from vae.conditioning.attributes import ATTRIBUTES_BY_ROLE, Attribute  # noqa: E402
from vae.models.specs import ROLE_SPECS  # noqa: E402
from vae_training.data.dataset import WindowDataset  # type: ignore[import-not-found]  # noqa: E402
from vae_training.model.attribute_vectors import (  # type: ignore[import-not-found]  # noqa: E402
    attribute_directions,
    is_monotone,
)
from vae_training.model.music_vae import MusicVae  # type: ignore[import-not-found]  # noqa: E402


def test_a_direction_leads_from_little_to_much() -> None:
    rng = np.random.default_rng(0)
    tokens = np.zeros((64, 32), np.int16)
    tokens[:, 0] = 41
    for row in range(64):
        tokens[row, rng.choice(32, row // 2, replace=False)] = rng.integers(41, 65, row // 2)
    mask, groups = np.zeros(64, bool), np.arange(64, dtype=np.int64)
    chords, n_steps = np.zeros((64, 8), np.int8), np.full(64, 32, np.int16)
    windows = WindowDataset(ROLE_SPECS["lead"], tokens, chords, n_steps, groups, mask, mask)
    model = MusicVae(ROLE_SPECS["lead"]).eval()
    directions = attribute_directions(model, windows, 64)
    assert set(directions) == set(ATTRIBUTES_BY_ROLE[Role.LEAD])
    no_chords = torch.zeros(64, 8, dtype=torch.int64)
    latents = model.posterior_mean(torch.from_numpy(tokens.astype(np.int64)), no_chords).numpy()
    along = latents @ directions[Attribute.DENSITY]
    assert along[-16:].mean() > along[:16].mean()


@pytest.mark.parametrize(("values", "expected"), [([1.0, 2.0, 3.0], True), ([1.0, 1.0], False), ([2.0, 1.0], False)])
def test_monotone_is_growing_at_every_step(values: list[float], expected: bool) -> None:
    assert is_monotone(values) is expected
