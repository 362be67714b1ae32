"""One meter for a blend."""

from __future__ import annotations

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid
from score.model import Meter, Note, Score, Track
from score.roles import Role
from servicekit.faults import InvalidInput, IrregularMeter
from vae.alignment.meter import MeterPolicy, unify_meter
from vae.pieces.piece import Piece, from_grid


def odd_piece(numerator: int, denominator: int) -> Piece:
    """A lead of quarters, 20 quarters long."""
    track = Track("Lead", notes=tuple(Note(480 * at, 480, 60 + at % 5, 80) for at in range(20)))
    score = Score(meters=(Meter(0, numerator, denominator),), tracks=(track,))
    return from_grid(score, grids.from_score(score))


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


@pytest.mark.parametrize("policy", [MeterPolicy.CONVERT_REGULAR, MeterPolicy.REFUSE])
@pytest.mark.parametrize("side", [0, 1])
def test_irregular_meters_are_refused_unless_their_conversion_is_requested(policy: MeterPolicy, side: int) -> None:
    pieces = [piece("4/4"), odd_piece(5, 4)][:: 1 - 2 * side]
    with pytest.raises(
        IrregularMeter, match="Bars of 5/4 do not fit a blend: choose pieces in 2/4, 3/4, 4/4"
    ) as raised:
        unify_meter(pieces, np.array([0.5, 0.5]), policy)
    assert raised.value.facts == {"meters": "5/4"}


def test_irregular_meters_are_converted_on_request_with_their_rhythm() -> None:
    unified = unify_meter([odd_piece(5, 4), odd_piece(7, 8)], np.array([0.5, 0.5]), MeterPolicy.CONVERT)
    for each in unified:
        assert each.grid.meter == "4/4"
        assert each.grid.notes(Role.LEAD)[:, 0].tolist() == list(range(0, 80, 4))
        assert "IRREGULAR_METER" in {notice.reason for notice in each.grid.notices}


@pytest.mark.parametrize("meter", [(2, 4), (2, 2), (9, 8), (12, 8), (3, 8), (6, 4)])
def test_meters_whose_bars_or_beats_fit_are_not_irregular(meter: tuple[int, int]) -> None:
    unified = unify_meter([odd_piece(*meter)] * 2, np.array([0.5, 0.5]), MeterPolicy.REFUSE)
    assert unified[0].grid.notes(Role.LEAD)[:, 0].tolist() == list(range(0, 80, 4))
