"""Tiny pieces written note by note."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid
from score.quantization import codec
from score.roles import Role

Notes = Sequence[tuple[int, int, int]]


def _build_grid(
    parts: Mapping[Role, Notes], n_bars: int, programs: Mapping[Role, int] | None = None, meter: str = "4/4"
) -> Grid:
    n_steps = n_bars * (16 if meter == "4/4" else 12)
    encoded = {
        role: codec.encode(role, np.array([(*note, 80) for note in notes], np.int32), n_steps)
        for role, notes in parts.items()
    }
    return grids.from_events(
        meter,
        {role: part.events for role, part in encoded.items()},
        velocities={role: part.velocities for role, part in encoded.items()},
        programs=programs,
    )


@pytest.fixture
def build_grid() -> Callable[..., Grid]:
    """Return the function that writes grids: `build_grid({role: [(onset, end, pitch)]}, n_bars, programs, meter)`."""
    return _build_grid
