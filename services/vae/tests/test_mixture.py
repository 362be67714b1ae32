"""What meets at each place: rests, and whose chords a role is under."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score.encoding import OFF
from score.roles import Role
from vae.mixture import Mixture, mix
from vae.piece import Piece, of_grid
from vae.plan import Plan
from vae.specs import LATENT_SIZE

COUNT = 48


def tune(rests: npt.NDArray[np.bool_], first_pitch: int) -> Piece:
    """Make a piece of a lead with one note a window, another one in each, and some windows of rest."""
    events = np.zeros((COUNT, 32), np.int16)
    events[:, 0] = np.where(rests, OFF, first_pitch + np.arange(COUNT) % 24)
    grid = grids.from_events("4/4", {Role.LEAD: events.reshape(-1)})
    return of_grid(grids.to_score(grid), grid)


def met(weight: float, harmony_weight: float = 0.5) -> Mixture:
    """Let a lead that never rests meet one that rests in all but each fourth window."""
    rests = np.arange(COUNT) % 4 > 0
    pieces = [tune(np.zeros(COUNT, np.bool_), 40), tune(rests, 30)]
    z = np.random.default_rng(1).standard_normal((2, COUNT, LATENT_SIZE)).astype(np.float32)
    course = Plan(np.repeat(np.arange(COUNT)[:, None], 2, axis=1))
    shares, of_harmony = (
        np.repeat(np.array([[1 - share, share]], np.float32), COUNT, axis=0) for share in (weight, harmony_weight)
    )
    return mix(Role.LEAD, pieces, list(z), course, shares, of_harmony)


def test_at_equal_shares_about_half_of_the_rests_are_kept() -> None:
    kept = met(0.5).kept
    assert set(kept.tolist()) == {0.0, 1.0}
    assert (kept[::4] == 1).all()
    stretches = kept.reshape(-1, 4)[:, 1:]
    assert (stretches == stretches[:, :1]).all()
    assert 0.25 <= stretches[:, 0].mean() <= 0.75


def test_a_rest_gives_way_once_and_for_all_as_the_share_of_what_sounds_grows() -> None:
    kept = np.stack([met(weight).kept for weight in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)])
    assert (np.diff(kept, axis=0) <= 0).all()
    assert (kept[:2] == 1).all()
    assert (kept[-2:].reshape(2, -1, 4)[:, :, 1:] == 0).all()


def test_the_same_music_rests_alike_where_it_comes_back() -> None:
    kept = met(0.5).kept
    # The tunes have a period of 24 windows.
    assert np.array_equal(kept[:24], kept[24:])


@pytest.mark.parametrize(("harmony_weight", "is_led"), [(0.0, True), (1.0, True), (0.5, False), (0.99, False)])
def test_a_role_is_led_where_one_parent_alone_gives_the_chords(harmony_weight: float, is_led: bool) -> None:
    assert (met(0.5, harmony_weight).is_led == is_led).all()
