"""The interval prior of a blended lead: its parents' intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score.roles import Role
from vae.conditioning import interval_prior
from vae.pieces.piece import Piece, from_grid


def lead(*steps: int, count: int = 256) -> Piece:
    """Return a piece of a lead of quarters that takes these steps, up and down by turns, again and again."""
    moves = np.resize(np.array([step * sign for step in steps for sign in (1, -1)]), count - 1)
    events = np.zeros(4 * count, np.int16)
    events[::4] = 40 + np.concatenate([[0], np.cumsum(moves)])
    grid = grids.from_events("4/4", {Role.LEAD: events})
    return from_grid(grids.to_score(grid), grid)


def logits(pieces: list[Piece], share: float, divergence: float = 1.0) -> npt.NDArray[np.float32]:
    shares = np.array([[1 - share, share]], np.float32)
    found = interval_prior.interval_logits(pieces, Role.LEAD, shares, np.array([divergence], np.float32))
    assert found is not None
    return found[0, 1:]


def test_intervals_are_those_of_the_piece() -> None:
    found = interval_prior.interval_histogram(lead(2, 7), Role.LEAD)
    assert found.sum() == pytest.approx(1.0)
    assert set(np.argsort(-found)[:2].tolist()) == {2, 7}
    assert interval_prior.interval_histogram(lead(2), Role.BASS).argmax() == 0


def test_each_parents_intervals_count_by_its_share() -> None:
    pieces = [lead(2), lead(7)]
    apart = [logits(pieces, share)[2] - logits(pieces, share)[7] for share in (0.1, 0.5, 0.9)]
    assert apart[0] > apart[1] > apart[2]
    assert apart[0] > 0 > apart[2]


def test_what_decoders_do_too_often_by_themselves_is_disfavored() -> None:
    found = logits([lead(1, 2, 2, 4), lead(1, 2, 3)], 0.5)
    assert found[2] > 0 > found[0]
    assert found[2] > 0 > found[12]


def test_where_parents_agree_the_prior_has_no_effect() -> None:
    pieces = [lead(2), lead(7)]
    assert not logits(pieces, 0.5, 0.0).any()
    assert np.array_equal(logits(pieces, 0.5, 0.6), logits(pieces, 0.5, 1.0))
    assert np.allclose(2 * logits(pieces, 0.5, 0.25), logits(pieces, 0.5, 0.5))
