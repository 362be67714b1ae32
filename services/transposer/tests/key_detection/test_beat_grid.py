"""Beats and bars under a piece's meters, and bars cut out of a piece."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from score.model import Meter, Score
from transposer.key_detection.beat_grid import build_beat_grid
from transposer.key_detection.pitched_notes import extract_pitched_notes, slice_bars

Make = Callable[..., Score]


@pytest.mark.parametrize(
    ("meter", "beats_per_bar", "edges"),
    [
        ((4, 4), 4, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ((6, 8), 2, [0, 1.5, 3, 4.5, 6, 7.5, 8]),
        ((3, 4), 3, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ((2, 2), 2, [0, 2, 4, 6, 8]),
    ],
)
def test_beats_follow_the_meter(meter: tuple[int, int], beats_per_bar: int, edges: list[float]) -> None:
    grid = build_beat_grid((Meter(0, *meter),), 480, 8.0)
    assert grid.beat_edges_quarters.tolist() == edges
    assert grid.first_beats.tolist() == list(range(0, len(edges) - 1, beats_per_bar))


def test_a_change_of_meter_begins_a_bar() -> None:
    grid = build_beat_grid((Meter(0, 4, 4), Meter(960, 3, 4)), 480, 8.0)
    assert grid.bar_edges_quarters.tolist() == [0, 2, 5, 8]


def test_meters_of_too_many_bars_are_ignored() -> None:
    assert build_beat_grid((Meter(0, 1, 64),), 480, 400.0).n_bars == 6400
    assert build_beat_grid((Meter(0, 1, 64),), 480, 16_000.0).n_bars == 4000
    changing = tuple(Meter(480 * at, 2 + at % 2, 4) for at in range(600))
    assert build_beat_grid(changing, 480, 600.0).n_bars == 300


def test_bars_are_cut_out(cadence: Make) -> None:
    second = slice_bars(extract_pitched_notes(cadence(60)), 1, 2)
    assert second.beat_grid.beat_edges_quarters.tolist() == [0, 1, 2, 3, 4]
    assert sorted(set(second.pitches.tolist())) == [36, 43, 60, 64, 67, 71, 74]
