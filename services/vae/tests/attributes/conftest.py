"""A small piece with all roles: a tune of two phrases that return, its chords, a bass and a groove."""

from __future__ import annotations

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid, GridKey
from score.quantization import codec
from score.roles import Role

FORM = "AABA" * 3 + "AABC"
"""One letter for two bars: each is music of its own; C is a cadence."""

_TUNES = {
    "A": ((0, 4, 64), (4, 2, 65), (6, 4, 67), (10, 2, 69), (12, 4, 67), (16, 4, 72), (20, 4, 71), (24, 8, 67)),
    "B": ((0, 2, 69), (2, 2, 71), (4, 4, 72), (8, 6, 69), (14, 2, 67), (16, 4, 65), (20, 4, 64), (24, 8, 62)),
    "C": ((0, 4, 64), (4, 4, 62), (8, 8, 65), (16, 16, 60)),
}
_ROOTS = {"A": (48, 43, 45, 41), "B": (41, 48, 43, 43), "C": (48, 43, 48, 48)}
"""Roots by half bar."""


def _chord(root: int) -> tuple[int, ...]:
    """Return a triad of C major on a root, in close position above it."""
    degree = (0, 2, 4, 5, 7, 9, 11).index(root % 12)
    scale = [octave + step for octave in (0, 12) for step in (0, 2, 4, 5, 7, 9, 11)]
    return tuple(12 + root - root % 12 + scale[degree + third] for third in (0, 2, 4))


def _rows(form: str) -> dict[Role, list[tuple[int, int, int, int]]]:
    rows: dict[Role, list[tuple[int, int, int, int]]] = {role: [] for role in Role}
    for index, letter in enumerate(form):
        start = 32 * index
        rows[Role.LEAD] += [(start + on, start + on + length, pitch, 100) for on, length, pitch in _TUNES[letter]]
        for half, root in enumerate(_ROOTS[letter]):
            begin = start + 8 * half
            # The second chord of a bar comes an eighth early, in harmony and bass.
            early = begin - 2 * (half % 2)
            for pitch in _chord(root):
                rows[Role.HARMONY] += [(early, early + 4, pitch, 70), (begin + 4, begin + 6, pitch, 60)]
            rows[Role.BASS] += [(early, begin + 4, root, 90), (begin + 4, begin + 6, root + 7, 80)]
            rows[Role.DRUMS] += [(begin, begin + 1, 36, 110), (begin + 4, begin + 5, 38, 100)]
            rows[Role.DRUMS] += [(begin + 5, begin + 6, 36, 80)]
            rows[Role.DRUMS] += [(begin + step, begin + step + 1, 42, 70) for step in (0, 2, 4)]
    return rows


@pytest.fixture(scope="session")
def piece() -> Grid:
    """Return 32 bars in C major with all roles."""
    parts = {role: codec.encode(role, np.array(rows, np.int32), 32 * len(FORM)) for role, rows in _rows(FORM).items()}
    grid = grids.from_events(
        "4/4",
        {role: part.events for role, part in parts.items()},
        velocities={role: part.velocities for role, part in parts.items()},
    )
    return Grid(
        grid.meter, grid.n_bars, grid.events, grid.velocities, grid.programs, grid.tempos, keys=(GridKey(0, 0, False),)
    )
