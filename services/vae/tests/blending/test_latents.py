"""Laws of the paths through latent space."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae.blending.latents import parent_divergence, slerp, slerp_mean
from vae.models.specs import LATENT_SIZE


def points(seed: int, count: int = 3) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, LATENT_SIZE)).astype(np.float32)


@given(st.integers(0, 1000))
def test_slerp_ends_exactly_where_it_should(seed: int) -> None:
    start, end = points(seed), points(seed + 1)
    assert np.array_equal(slerp(start, end, 0.0), start)
    assert np.array_equal(slerp(start, end, 1.0), end)


@given(st.integers(0, 1000), st.floats(0.0, 1.0))
def test_slerp_between_equals_stays(seed: int, weight: float) -> None:
    same = points(seed)
    assert np.array_equal(slerp(same, same, weight), same)


def test_slerp_keeps_to_the_sphere_and_halves_the_angle() -> None:
    start, end = np.zeros((1, LATENT_SIZE), np.float32), np.zeros((1, LATENT_SIZE), np.float32)
    start[0, 0] = end[0, 1] = 2.0
    middle = slerp(start, end, 0.5)
    assert np.linalg.norm(middle) == pytest.approx(2.0, abs=1e-5)
    assert middle[0, :2] == pytest.approx([np.sqrt(2.0), np.sqrt(2.0)], abs=1e-5)


def test_slerp_takes_a_weight_for_each_row() -> None:
    start, end = points(1), points(2)
    between = slerp(start, end, np.array([0.0, 0.5, 1.0], np.float32))
    assert np.array_equal(between[0], start[0])
    assert np.array_equal(between[2], end[2])
    assert np.allclose(between[1], slerp(start[1:2], end[1:2], 0.5)[0])


def test_slerp_between_opposites_is_finite() -> None:
    start = points(5)
    assert np.isfinite(slerp(start, -start, 0.5)).all()


def test_the_mean_of_two_is_slerp() -> None:
    first, second = points(1), points(2)
    shares = np.tile(np.array([0.75, 0.25], np.float32), (3, 1))
    assert np.allclose(slerp_mean([first, second], shares), slerp(first, second, 0.25), atol=1e-6)


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_the_mean_gives_a_whole_share_exactly(whole: int) -> None:
    each = [points(seed) for seed in range(3)]
    shares = np.zeros((3, 3), np.float32)
    shares[:, whole] = 1.0
    assert np.array_equal(slerp_mean(each, shares), each[whole])


def test_equal_parents_do_not_diverge() -> None:
    z = np.ones((2, 256), np.float32)
    half = np.full((2, 2), 0.5, np.float32)
    assert parent_divergence([z, z], half).tolist() == [0.0, 0.0]
    assert parent_divergence([z, -z], half).tolist() == [1.0, 1.0]
    assert parent_divergence([z, -z], np.array([[1, 0], [0, 1]], np.float32)).tolist() == [0.0, 0.0]
