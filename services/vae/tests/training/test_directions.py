"""How the sliders' directions are made."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training only")

from score.roles import Role  # noqa: E402
from vae.conditioning.attributes import ATTRIBUTES_BY_ROLE, Attribute  # noqa: E402
from vae.models.specs import ROLE_SPECS  # noqa: E402
from vae_training.data import dataset  # type: ignore[import-not-found]  # noqa: E402
from vae_training.evaluation import reconstruction_eval  # type: ignore[import-not-found]  # noqa: E402
from vae_training.model import attribute_vectors, music_vae  # type: ignore[import-not-found]  # noqa: E402


def test_a_direction_leads_from_little_to_much() -> None:
    chance = np.random.default_rng(0)
    tokens = np.zeros((64, 32), np.int16)
    tokens[:, 0] = 41
    for row in range(64):
        tokens[row, chance.choice(32, row // 2, replace=False)] = chance.integers(41, 65, row // 2)
    flags = np.zeros(64, bool)
    steps = np.full(64, 32, np.int16)
    held = dataset.Windows(
        ROLE_SPECS["lead"], tokens, np.zeros((64, 8), np.int8), steps, np.arange(64, dtype=np.int64), flags, flags
    )
    network = music_vae.MusicVae(ROLE_SPECS["lead"]).eval()
    found = attribute_vectors.directions(network, held, 64)
    assert set(found) == set(ATTRIBUTES_BY_ROLE[Role.LEAD])
    mean = reconstruction_eval.latents(
        network, torch.from_numpy(tokens.astype(np.int64)), torch.zeros(64, 8, dtype=torch.int64)
    ).numpy()
    along = mean @ found[Attribute.DENSITY]
    assert along[-16:].mean() > along[:16].mean()


@pytest.mark.parametrize(("values", "expected"), [([1.0, 2.0, 3.0], True), ([1.0, 1.0], False), ([2.0, 1.0], False)])
def test_monotone_is_growing_at_every_step(values: list[float], expected: bool) -> None:
    assert attribute_vectors.is_monotone(values) is expected
