"""Velocities between the parents'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from score.encoding import OFF
from score.roles import Role
from vae.alignment.window_alignment import Alignment
from vae.expression.dynamics import interpolate_velocities, velocity_curve
from vae.pieces.piece import from_grid, read_midi

Band = Callable[..., bytes]

EIGHTHS = np.array([40, 0] * 16, np.int16)


def test_velocity_is_that_of_the_nearest_note(band: Band) -> None:
    piece = read_midi(band(2, roles=(Role.LEAD,)))
    velocities = np.zeros(32, np.uint8)
    velocities[[0, 16]] = (30, 110)
    grid = replace(piece.grid, velocities={Role.LEAD: velocities})
    curve = velocity_curve(grid, Role.LEAD, 32)[0, :, 0]
    assert curve[[0, 7, 15, 31]].tolist() == [30.0, 30.0, 110.0, 110.0]


def test_velocity_of_a_window_is_its_own(band: Band) -> None:
    piece = read_midi(band(4, roles=(Role.LEAD,)))
    velocities = np.zeros(64, np.uint8)
    velocities[[4, 31, 36]] = (40, 120, 40)
    curve = velocity_curve(replace(piece.grid, velocities={Role.LEAD: velocities}), Role.LEAD, 32)[:, :, 0]
    assert curve[:, 0].tolist() == [40.0, 40.0]


@pytest.mark.parametrize(("share", "velocity"), [(0.0, 40), (0.5, 70), (1.0, 100)])
def test_velocities_go_from_one_parent_to_the_other(band: Band, share: float, velocity: int) -> None:
    pieces = []
    for loud in (40, 100):
        piece = read_midi(band(2, roles=(Role.LEAD,)))
        velocities = np.where(piece.grid.events[Role.LEAD] > OFF, loud, 0).astype(np.uint8)
        pieces.append(from_grid(piece.score, replace(piece.grid, velocities={Role.LEAD: velocities})))
    shares = np.array([[1.0 - share, share]], np.float32)
    result = interpolate_velocities(pieces, Alignment(np.array([[0, 0]])), Role.LEAD, shares, EIGHTHS[None])
    assert result.tolist() == [velocity, 0] * 16
