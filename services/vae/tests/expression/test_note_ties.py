"""Notes tied across windows."""

from __future__ import annotations

import numpy as np
from score import grid as grids
from score.roles import Role
from vae.alignment.window_alignment import Alignment
from vae.expression.note_ties import tie_mask
from vae.pieces.piece import from_grid


def test_ties_make_no_note_longer_than_the_parents_longest() -> None:
    events = np.zeros(128, np.int16)
    events[[0, 80]] = 45, 47
    grid = grids.from_events("4/4", {Role.LEAD: events})
    piece = from_grid(grids.to_score(grid), grid)
    decoded = np.zeros((4, 32), np.int16)
    decoded[:, 0] = 45
    mask = tie_mask([piece], Alignment(np.array([[0], [1], [1], [1]])), Role.LEAD, np.ones((4, 1), np.float32), decoded)
    assert mask.tolist() == [False, True, False, True]
