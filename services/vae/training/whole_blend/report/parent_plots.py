"""Piano rolls of a blend between its two parents, notes colored by the parent that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from score.grid import Grid
from score.quantization.note_table import END, ONSET, PITCH
from score.roles import PITCHED_ROLES, Role

from ..pairs import WholePair

mpl.use("Agg")

NEITHER, FIRST, SECOND, BOTH, FIRST_RHYTHM, SECOND_RHYTHM = range(6)
COLORS = ("tab:gray", "tab:blue", "tab:red", "tab:purple", "tab:cyan", "tab:orange")
"""Neither parent, the first, the second, both; rhythm of the first with contour of the second, and the reverse."""

N_BARS = 16
_PITCH_LIMITS = (24, 96)
_LINE_WIDTHS = {Role.LEAD: 4.0, Role.HARMONY: 1.5, Role.BASS: 2.5}
_BY_LEAD_SOURCES = {
    (0, 0): FIRST,
    (1, 1): SECOND,
    (0, 1): FIRST_RHYTHM,
    (1, 0): SECOND_RHYTHM,
}


def note_origins(blend: Grid, parents: tuple[Grid, Grid], role: Role) -> list[int]:
    """Return for each note of a role which parents have its pitch class with the same onset.

    Parameters
    ----------
    blend : Grid
    parents : tuple of Grid
        With one bar for each bar of the blend.
    role : Role

    Returns
    -------
    list of int
        `NEITHER`, `FIRST`, `SECOND` or `BOTH`.
    """
    known = [
        {(onset, pitch % 12) for onset, _, pitch, _ in parent.notes(role).tolist()} if role in parent.events else set()
        for parent in parents
    ]
    notes = [(onset, pitch % 12) for onset, _, pitch, _ in blend.notes(role).tolist()]
    return [FIRST * (note in known[0]) + SECOND * (note in known[1]) for note in notes]


def plot_pair(
    pair: WholePair,
    blend: Grid,
    parents: tuple[Grid, Grid],
    lead_sources: tuple[Sequence[int], Sequence[int]] | None,
    path: Path,
) -> None:
    """Write a picture of the first bars: the first parent, the blend, the second parent.

    Parameters
    ----------
    pair : WholePair
    blend : Grid
    parents : tuple of Grid
        With one bar for each bar of the blend.
    lead_sources : tuple of sequence of int, or None
        Which parent gave the lead's rhythm and contour in each bar; None compares the notes.
    path : Path
        A PNG file.
    """
    figure, axes = plt.subplots(3, 1, figsize=(16, 11), sharex=True)
    for side, axis in ((FIRST, axes[0]), (SECOND, axes[2])):
        grid = parents[side - FIRST]
        for role in set(grid.roles) & set(PITCHED_ROLES):
            _plot_role(axis, grid, role, [side] * len(grid.notes(role)))
        axis.set_title(f"{'AB'[side - FIRST]}: {pair.names[side - FIRST]} ({pair.styles[side - FIRST]})", fontsize=9)
    for role in set(blend.roles) & set(PITCHED_ROLES):
        origins = note_origins(blend, parents, role)
        if role is Role.LEAD and lead_sources is not None:
            bars = (blend.notes(role)[:, ONSET] // blend.steps_per_bar).tolist()
            rhythm, contour = lead_sources
            origins = [_BY_LEAD_SOURCES.get((rhythm[bar], contour[bar]), NEITHER) for bar in bars]
        _plot_role(axes[1], blend, role, origins)
    for axis in axes:
        _set_axis(axis, blend.steps_per_bar)
    figure.tight_layout()
    figure.savefig(path, dpi=70)
    plt.close(figure)


def _plot_role(axis: Any, grid: Grid, role: Role, origins: Sequence[int]) -> None:
    for note, origin in zip(grid.notes(role).tolist(), origins, strict=True):
        width = _LINE_WIDTHS[role]
        axis.hlines(note[PITCH], note[ONSET], note[END], colors=COLORS[origin], linewidth=width)


def _set_axis(axis: Any, steps_per_bar: int) -> None:
    axis.set_xlim(0, N_BARS * steps_per_bar)
    axis.set_ylim(*_PITCH_LIMITS)
    axis.set_xticks(range(0, N_BARS * steps_per_bar + 1, steps_per_bar))
    axis.grid(axis="x", alpha=0.4)
