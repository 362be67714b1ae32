"""What meets at each place: rests, and whose chords a role is under."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score.encoding import OFF
from score.roles import Role
from vae.alignment.window_alignment import Alignment
from vae.blending.interpolation import RoleInterpolation, interpolate_role
from vae.models.specs import LATENT_SIZE
from vae.pieces.piece import Piece, from_grid

COUNT = 48
ALWAYS = np.ones((COUNT, 2), np.bool_)
BY_WINDOWS = np.repeat(np.arange(COUNT) % 4 == 0, 2).reshape(COUNT, 2)
"""All but each fourth window rests."""


def tune(plays: npt.NDArray[np.bool_], first_pitch: int) -> Piece:
    """Return a piece of a lead with one note in each bar that plays, other ones in each window."""
    events = np.full((COUNT, 2, 16), OFF, np.int16)
    events[:, :, 0] = np.where(plays, first_pitch + np.arange(COUNT)[:, None] % 24, OFF)
    events[:, :, 1:] = 0
    grid = grids.from_events("4/4", {Role.LEAD: events.reshape(-1)})
    return from_grid(grids.to_score(grid), grid)


def interpolated(
    weight: float, harmony_weight: float = 0.5, plays: npt.NDArray[np.bool_] = BY_WINDOWS
) -> RoleInterpolation:
    """Return the interpolation of a lead that never rests with one that does."""
    pieces = [tune(ALWAYS, 40), tune(plays, 30)]
    z = np.random.default_rng(1).standard_normal((2, COUNT, LATENT_SIZE)).astype(np.float32)
    alignment = Alignment(np.repeat(np.arange(COUNT)[:, None], 2, axis=1))

    def shares_of(role: Role | None) -> npt.NDArray[np.float32]:
        share = harmony_weight if role is Role.HARMONY else weight
        return np.repeat(np.array([[1 - share, share]], np.float32), COUNT, axis=0)

    return interpolate_role(Role.LEAD, pieces, list(z), alignment, shares_of)


def test_at_equal_shares_about_half_of_the_rests_stay() -> None:
    rests = interpolated(0.5).rest_mask
    assert not rests[::4].any()
    stretches = rests.reshape(-1, 4, 2)[:, 1:].reshape(-1, 6)
    assert (stretches == stretches[:, :1]).all()
    assert 0.25 <= stretches[:, 0].mean() <= 0.75


def test_a_bar_rests_in_a_window_in_which_both_parents_sound() -> None:
    second_bar = np.stack([np.ones(COUNT, np.bool_), np.zeros(COUNT, np.bool_)], axis=1)
    rests = interpolated(0.5, plays=second_bar).rest_mask
    assert not rests[:, 0].any()
    assert 0.25 <= rests[:, 1].mean() <= 0.75


def test_a_rest_that_begins_within_a_window_stays_or_goes_as_one() -> None:
    plays = (np.arange(2 * COUNT) % 8 < 5).reshape(COUNT, 2)
    rests = interpolated(0.5, plays=plays).rest_mask.reshape(-1, 8)
    assert not rests[:, :5].any()
    assert (rests[:, 5:] == rests[:, 5:6]).all()
    assert set(rests[:, 5].tolist()) == {False, True}


def test_a_larger_share_never_silences_what_a_smaller_one_let_sound() -> None:
    rests = np.stack([interpolated(weight).rest_mask for weight in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)])
    assert (np.diff(rests.astype(int), axis=0) >= 0).all()
    assert not rests[0].any()
    assert rests[-1].reshape(-1, 4, 2)[:, 1:].all()


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_at_the_ends_only_that_parents_rests_are_silent(weight: float) -> None:
    interpolation = interpolated(weight)
    assert not interpolation.rest_mask.any()
    assert np.array_equal(interpolation.is_sounding, ALWAYS[:, 0] if weight == 0.0 else BY_WINDOWS[:, 0])


def test_the_same_music_rests_alike_where_it_comes_back() -> None:
    rests = interpolated(0.5).rest_mask
    # The tunes have a period of 24 windows.
    assert np.array_equal(rests[:24], rests[24:])


@pytest.mark.parametrize(
    ("harmony_weight", "has_fixed_harmony"), [(0.0, True), (1.0, True), (0.5, False), (0.99, False)]
)
def test_harmony_is_fixed_where_one_parent_alone_gives_the_chords(
    harmony_weight: float, has_fixed_harmony: bool
) -> None:
    assert (interpolated(0.5, harmony_weight).has_fixed_harmony == has_fixed_harmony).all()
