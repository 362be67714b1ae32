"""The figures of sliders."""

from __future__ import annotations

import numpy as np
import pytest
from score import grid as grids
from score.roles import Role
from vae.attributes.apply import SliderContext
from vae.attributes.attribute import Attribute
from vae_training.evaluation.slider_linearity import (  # type: ignore[import-not-found]
    POSITIONS,
    SliderFigures,
    correlation,
    format_figures,
    slider_curve,
    smallest_gain,
)


def test_a_straight_line_is_even_and_a_hinge_is_not() -> None:
    assert correlation(3 * POSITIONS + 1) == pytest.approx(1)
    assert smallest_gain(3 * POSITIONS + 1) == pytest.approx(1)
    hinge = np.maximum(POSITIONS, 0)
    assert correlation(hinge) == pytest.approx(0.894, abs=1e-3)
    assert smallest_gain(hinge) == 0
    assert (correlation(np.ones(21)), smallest_gain(np.ones(21))) == (0, 0)


def test_the_curve_is_what_is_read_back_from_midi() -> None:
    lead = np.zeros(16 * 16, np.int16)
    lead[::4] = 41 + np.arange(64) % 3
    grid = grids.from_events("4/4", {Role.LEAD: lead})
    curve = slider_curve(grid, (Role.LEAD, Attribute.REGISTER), SliderContext(0))
    assert curve[10] == pytest.approx(np.mean(60 + np.arange(64) % 3))
    assert curve[[0, -1]] == pytest.approx(curve[10] + np.array([-12, 12]))


def test_the_table_has_the_mean_curve_and_the_mean_of_the_pieces() -> None:
    figures = {(Role.BASS, Attribute.DENSITY): SliderFigures([POSITIONS + 1, np.maximum(POSITIONS, 0)])}
    assert format_figures(figures).splitlines()[-1] == (
        "| bass density | 2 | 0, 0.5, 1.5 | 0.986; 0.67 | 0.947; 0.50 |"
    )
