"""One meter for a blend."""

from __future__ import annotations

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid
from score.roles import Role
from servicekit.faults import InvalidInput
from vae.alignment.meter import MeterPolicy, unify_meter
from vae.pieces.piece import Piece, from_grid


def piece(meter: str) -> Piece:
    steps = 4 * (16 if meter == "4/4" else 12)
    lead = np.zeros(steps, np.int16)
    lead[::4] = 41
    grid: Grid = grids.from_events(meter, {Role.LEAD: lead})
    return from_grid(grids.to_score(grid), grid)


@pytest.mark.parametrize(("share", "meter"), [(0.2, "4/4"), (0.5, "4/4"), (0.8, "3/4"), (1.0, "3/4")])
def test_the_larger_share_determines_the_meter(share: float, meter: str) -> None:
    unified = unify_meter([piece("4/4"), piece("3/4")], np.array([1 - share, share]), MeterPolicy.CONVERT)
    assert [each.grid.meter for each in unified] == [meter, meter]
    assert [notice.reason for each in unified for notice in each.grid.notices] == ["METER_CONVERTED"]


def test_one_meter_is_left_as_it_is() -> None:
    pieces = [piece("3/4"), piece("3/4")]
    unified = unify_meter(pieces, np.array([0.5, 0.5]), MeterPolicy.REFUSE)
    assert unified[0] is pieces[0]
    assert unified[1] is pieces[1]


def test_other_meters_are_refused_on_request() -> None:
    with pytest.raises(InvalidInput, match="in 4/4 and 3/4"):
        unify_meter([piece("4/4"), piece("3/4")], np.array([0.5, 0.5]), MeterPolicy.REFUSE)


def test_bars_of_the_same_length_are_not_refused() -> None:
    unified = unify_meter([piece("6/8"), piece("3/4")], np.array([0.5, 0.5]), MeterPolicy.REFUSE)
    assert [each.grid.meter for each in unified] == ["6/8", "6/8"]
