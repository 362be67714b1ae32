"""A corpus of MIDI files with its windows, and grids and pairs of pieces with known notes."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid
from score.roles import Role
from vae.pieces.piece import from_grid
from vae_training.data import prepare  # type: ignore[import-not-found]
from vae_training.data.heldout import Key, PiecePair  # type: ignore[import-not-found]


@pytest.fixture
def corpus(tmp_path: Path, band: Callable[..., bytes]) -> Path:
    """Write a corpus of thirty pieces with its index: one of them is unreadable, one has a risk."""
    rows = []
    for number in range(30):
        path = f"piece{number}.mid"
        (tmp_path / path).write_bytes(b"damaged" if number == 0 else band(6, seed=number))
        risk = prepare.RISKS[0] if number == 1 else ""
        rows.append([path, "generated", "CC BY 4.0", "Anon", risk, f"work{number}"])
    with (tmp_path / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "source", "licence", "composer", "risk", "group"], *rows])
    return tmp_path


@pytest.fixture
def data(corpus: Path, tmp_path: Path) -> Path:
    """Write the windows of the corpus."""
    pieces = [prepare.extract_windows(row, 64) for row in prepare.read_index(corpus)]
    path = tmp_path / "windows.npz"
    np.savez(path, **dict(prepare.build_arrays(pieces)))
    return path


def _lead_grid(*bars: list[int]) -> Grid:
    events = np.zeros(16 * len(bars), np.int16)
    events[::4] = [event for bar in bars for event in bar]
    return grids.from_events("4/4", {Role.LEAD: events})


def _pair_of(*parents: Grid, key: Key | None = None) -> PiecePair:
    pieces = tuple(from_grid(grids.to_score(grid), grid) for grid in parents)
    return PiecePair(("a", "b"), ("generated", "generated"), pieces, key)


@pytest.fixture
def lead_grid() -> Callable[..., Grid]:
    """Return the builder of grids of a lead: `lead_grid(*bars)`, each bar the events of its four quarters."""
    return _lead_grid


@pytest.fixture
def pair_of() -> Callable[..., PiecePair]:
    """Return the builder of pairs of pieces: `pair_of(first, second, key=None)`."""
    return _pair_of
