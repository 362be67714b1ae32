"""Batches: what is decoded in one, and that nothing depends on it."""

from __future__ import annotations

import numpy as np
import pytest
from score.chords import BEATS_PER_WINDOW, N_CHORDS
from score.roles import Role
from vae.models.batching import N_THREADS, DecodeRequest, split_batches
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import BATCH_SIZES, LATENT_SIZE, ROLE_SPECS


@pytest.mark.parametrize(
    "latents_per_window", [[1] * 5, [1] * 20, [2] * 33, [1] * 64 + [2] * 32, [3] * 100, [1, 8] * 40]
)
def test_batches_cover_all_windows_in_order_and_none_is_too_large(latents_per_window: list[int]) -> None:
    batches = split_batches(latents_per_window)
    assert [window for each in batches for window in range(each.start, each.stop)] == list(
        range(len(latents_per_window))
    )
    sizes = [sum(latents_per_window[each]) for each in batches]
    assert max(sizes) <= BATCH_SIZES[-1]
    assert len(batches) >= min(N_THREADS, sum(latents_per_window) // BATCH_SIZES[0])


def test_nothing_needs_no_batch() -> None:
    assert split_batches([]) == []


def test_requests_decoded_together_give_what_they_give_alone(registry: ModelRegistry) -> None:
    rng = np.random.default_rng(2)
    requests = []
    for count, n_latents in ((9, 1), (30, 2), (3, 3)):
        latents = rng.standard_normal((count, n_latents, LATENT_SIZE)).astype(np.float32)
        weights = rng.dirichlet(np.ones(n_latents), count).astype(np.float32)
        chords = rng.integers(0, N_CHORDS, (count, BEATS_PER_WINDOW)).astype(np.int8)
        sampling = SamplingParams(ROLE_SPECS["lead"], 4, 0.9, window_keys=[(count, window) for window in range(count)])
        requests.append(DecodeRequest(latents, weights, chords, sampling))
    together = registry.decode(Role.LEAD, requests, 32)
    alone = [registry.decode(Role.LEAD, [request], 32)[0] for request in requests]
    assert [cut.shape for cut in together] == [(9, 32), (30, 32), (3, 32)]
    assert all(np.array_equal(first, second) for first, second in zip(together, alone, strict=True))


def test_a_latent_without_weight_changes_nothing(registry: ModelRegistry) -> None:
    rng = np.random.default_rng(2)
    latents = rng.standard_normal((6, 2, LATENT_SIZE)).astype(np.float32)
    chords, sampling = np.zeros((6, BEATS_PER_WINDOW), np.int8), SamplingParams(ROLE_SPECS["drums"], 4, 0.9)
    weights = np.tile(np.array([[1.0, 0.0]], np.float32), (6, 1))
    requests = [
        DecodeRequest(latents, weights, chords, sampling),
        DecodeRequest.of_single_latents(latents[:, 0], chords, sampling),
    ]
    both, single = (registry.decode(Role.DRUMS, [request], 32)[0] for request in requests)
    assert np.array_equal(both, single)


def test_windows_of_several_latents_need_no_further_batch() -> None:
    assert len(split_batches([1] * 8 + [2] * 15)) == min(N_THREADS, 5)
