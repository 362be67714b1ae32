"""Batches: what is decoded in one, and that nothing depends on it."""

from __future__ import annotations

import numpy as np
import pytest
from score.roles import Role
from vae.models.model_registry import N_THREADS, Bank, Order, batches
from vae.models.sampling import Draw
from vae.models.specs import BATCH_SIZES, BEATS, CHORD_CLASSES, LATENT_SIZE, ROLE_SPECS


@pytest.mark.parametrize("places", [[1] * 5, [1] * 20, [2] * 33, [1] * 64 + [2] * 32, [3] * 100, [1, 8] * 40])
def test_batches_cover_all_windows_in_order_and_none_is_too_large(places: list[int]) -> None:
    found = batches(places)
    assert [window for each in found for window in range(each.start, each.stop)] == list(range(len(places)))
    sizes = [sum(places[each]) for each in found]
    assert max(sizes) <= BATCH_SIZES[-1]
    assert len(found) >= min(N_THREADS, sum(places) // BATCH_SIZES[0])


def test_nothing_needs_no_batch() -> None:
    assert batches([]) == []


def test_orders_come_out_together_as_they_would_alone(bank: Bank) -> None:
    chance = np.random.default_rng(2)
    orders = []
    for count, n_latents in ((9, 1), (30, 2), (3, 3)):
        points = chance.standard_normal((count, n_latents, LATENT_SIZE)).astype(np.float32)
        shares = chance.dirichlet(np.ones(n_latents), count).astype(np.float32)
        told = chance.integers(0, CHORD_CLASSES, (count, BEATS)).astype(np.int8)
        draw = Draw(ROLE_SPECS["lead"], 4, 0.9, keys=[(count, window) for window in range(count)])
        orders.append(Order(points, shares, told, draw))
    together = bank.decode_all(Role.LEAD, orders, 32)
    alone = [bank.decode_all(Role.LEAD, [order], 32)[0] for order in orders]
    assert [cut.shape for cut in together] == [(9, 32), (30, 32), (3, 32)]
    assert all(np.array_equal(first, second) for first, second in zip(together, alone, strict=True))


def test_a_latent_that_has_nothing_to_say_changes_nothing(bank: Bank) -> None:
    chance = np.random.default_rng(2)
    points = chance.standard_normal((6, 2, LATENT_SIZE)).astype(np.float32)
    told, draw = np.zeros((6, BEATS), np.int8), Draw(ROLE_SPECS["drums"], 4, 0.9)
    shares = np.tile(np.array([[1.0, 0.0]], np.float32), (6, 1))
    both = bank.decode_all(Role.DRUMS, [Order(points, shares, told, draw)], 32)[0]
    assert np.array_equal(both, bank.decode(Role.DRUMS, points[:, 0], told, 32, draw))


def test_windows_of_several_places_need_no_further_batch() -> None:
    assert len(batches([1] * 8 + [2] * 15)) == min(N_THREADS, 5)
