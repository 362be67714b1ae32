"""The loop inside a model's graph samples as `sample_tokens` does, whatever the batch and the other calls."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from score.chords import BEATS_PER_WINDOW, N_CHORDS
from vae.models import checkpoint
from vae.models.sampling import SamplingParams
from vae.models.specs import MODEL_SPECS
from vae.networks import token_sampling
from vae.networks.role_model import RoleModel

COUNT, STEPS = 10, 24


@pytest.fixture(scope="module", params=["lead", "harmony", "rhythm", "contour"])
def model(request: pytest.FixtureRequest, models: Path, tmp_path_factory: pytest.TempPathFactory) -> RoleModel:
    shipped = checkpoint.find_shipped_model(models, request.param)
    prefix = checkpoint.ensure_checkpoint(shipped, tmp_path_factory.mktemp("cache"))
    return RoleModel(MODEL_SPECS[request.param], prefix, batch_sizes=(4, 16))


def latents(model: RoleModel) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    rng = np.random.default_rng(4)
    z = rng.standard_normal((COUNT, model.latent_size)).astype(np.float32)
    return z, rng.integers(0, N_CHORDS, (COUNT, BEATS_PER_WINDOW))


def test_every_step_is_sampled_from_its_own_logits(model: RoleModel) -> None:
    spec, (z, chords) = model.spec, latents(model)
    sampling = SamplingParams(spec, 3, 0.8).for_windows(0, COUNT, STEPS)
    tokens = model.decode(z, chords, STEPS, sampling)
    logits = model.logits(z, chords, STEPS, sampling).reshape(COUNT, STEPS, spec.n_voices, spec.n_classes)
    assert sampling.gumbel_noise is not None
    for step in range(STEPS):
        scores = logits[:, step] + sampling.logit_bias[:, step, None]
        expected = token_sampling.sample_tokens(
            scores, sampling.gumbel_noise[:, step], sampling.temperature, spec.first_onset_token
        )
        assert np.array_equal(tokens[:, step], expected), step


def test_a_window_is_the_same_in_any_batch(model: RoleModel) -> None:
    z, chords = latents(model)
    params = SamplingParams(model.spec, 3, 0.8)
    together = model.decode(z, chords, STEPS, params.for_windows(0, COUNT, STEPS))
    apart = model.decode(z[6:9], chords[6:9], STEPS, params.for_windows(6, 3, STEPS))
    assert np.array_equal(apart, together[6:9])


def test_concurrent_calls_do_not_mix(model: RoleModel) -> None:
    z, chords = latents(model)
    samplings = [SamplingParams(model.spec, seed, 0.8).for_windows(0, COUNT, STEPS) for seed in range(6)]
    one_by_one = [model.decode(z, chords, STEPS, sampling) for sampling in samplings]
    with ThreadPoolExecutor(3) as threads:
        at_once = list(threads.map(lambda sampling: model.decode(z, chords, STEPS, sampling), samplings))
    assert all(np.array_equal(first, second) for first, second in zip(one_by_one, at_once, strict=True))
    assert len({each.tobytes() for each in one_by_one}) == len(samplings)
