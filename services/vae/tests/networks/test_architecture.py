"""The loop inside a model's graph: it draws as `draw` does, whatever the batch and whoever else decodes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from vae.models import checkpoint
from vae.models.sampling import Draw
from vae.models.specs import BEATS, CHORD_CLASSES, LATENT_SIZE, ROLE_SPECS
from vae.networks import architecture
from vae.networks.role_model import RoleModel

COUNT, STEPS = 10, 24


@pytest.fixture(scope="module", params=["lead", "harmony"])
def model(request: pytest.FixtureRequest, models: Path, tmp_path_factory: pytest.TempPathFactory) -> RoleModel:
    shipped = checkpoint.find(models, request.param)
    prefix = checkpoint.prepare(shipped, tmp_path_factory.mktemp("cache"))
    return RoleModel(ROLE_SPECS[request.param], prefix, batch_sizes=(4, 16))


def latents() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    chance = np.random.default_rng(4)
    z = chance.standard_normal((COUNT, LATENT_SIZE)).astype(np.float32)
    return z, chance.integers(0, CHORD_CLASSES, (COUNT, BEATS))


def test_every_step_is_drawn_from_its_own_logits(model: RoleModel) -> None:
    spec, (z, chords) = model.spec, latents()
    lots = Draw(spec, 3, 0.8).windows(0, COUNT, STEPS)
    tokens = model.decode(z, chords, STEPS, lots)
    logits = model.logits(z, chords, STEPS, lots).reshape(COUNT, STEPS, spec.voices, spec.classes)
    assert lots.noise is not None
    for step in range(STEPS):
        scores = logits[:, step] + lots.bias[:, step, None]
        expected = architecture.draw(scores, lots.noise[:, step], lots.temperature, spec.first_sound)
        assert np.array_equal(tokens[:, step], expected), step


def test_a_window_is_the_same_in_any_batch(model: RoleModel) -> None:
    z, chords = latents()
    draw = Draw(model.spec, 3, 0.8)
    together = model.decode(z, chords, STEPS, draw.windows(0, COUNT, STEPS))
    apart = model.decode(z[6:9], chords[6:9], STEPS, draw.windows(6, 3, STEPS))
    assert np.array_equal(apart, together[6:9])


def test_calls_at_once_do_not_hear_one_another(model: RoleModel) -> None:
    z, chords = latents()
    draws = [Draw(model.spec, seed, 0.8).windows(0, COUNT, STEPS) for seed in range(6)]
    one_by_one = [model.decode(z, chords, STEPS, lots) for lots in draws]
    with ThreadPoolExecutor(3) as threads:
        at_once = list(threads.map(lambda lots: model.decode(z, chords, STEPS, lots), draws))
    assert all(np.array_equal(first, second) for first, second in zip(one_by_one, at_once, strict=True))
    assert len({each.tobytes() for each in one_by_one}) == len(draws)
