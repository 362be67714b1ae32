"""Tiny pieces written note by note."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from score import grid as grids
from score import midi
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


SCALE = (0, 2, 4, 5, 7, 9, 11, 12)


def _scale_piece(seed: int, tonic: int) -> Grid:
    """Return 16 bars of a random melody in major over its tonic chord, which ends on the tonic."""
    rng = np.random.default_rng(seed)
    degrees = [0, *rng.integers(0, 8, 62).tolist(), 0]
    lead = [(4 * at, 4 * at + 4, 60 + tonic + SCALE[degree]) for at, degree in enumerate(degrees)]
    chord = [(16 * bar, 16 * bar + 16, 48 + tonic + tone) for bar in range(16) for tone in (0, 4, 7)]
    programs = {Role.LEAD: seed % 8, Role.HARMONY: 8 + seed % 8, Role.BASS: 32 + seed % 8}
    bass = [(16 * bar, 16 * bar + 16, 36 + tonic) for bar in range(16)]
    return _build_grid({Role.LEAD: lead, Role.HARMONY: chord, Role.BASS: bass}, 16, programs)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Write 150 pieces of two styles; with one work in 25 held out, some of both are."""
    columns = ("path", "style", "key", "group", "n_bars", "source", "licence", "composer", "risk")
    with (tmp_path / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(150):
            name = f"{number}.mid"
            data = midi.write(grids.to_score(_scale_piece(number, number % 12)))
            (tmp_path / name).write_bytes(data)
            writer.writerow([name, ("reel", "waltz")[number % 2], "", f"work {number}", 16, "", "", "", ""])
    return tmp_path


@pytest.fixture
def scale_piece() -> Callable[..., Grid]:
    """Return the builder of the corpus's pieces: `scale_piece(seed, tonic)`."""
    return _scale_piece
