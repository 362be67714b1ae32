"""How much of a piece repeats: bars, and melodic figures."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from score.grid import Grid
from score.quantization.note_table import ONSET, PITCH, NoteTable
from score.roles import Role

FIGURE_MOVES = 3
"""Moves of a figure, for `distinct_figure_share`."""

_Item = TypeVar("_Item", bound=Hashable)
BarContent = tuple[tuple[int, int], ...]
"""The onsets (steps from the bar line) and pitches of a bar."""


def lead_notes(grid: Grid) -> NoteTable:
    """Return the note table of the lead, empty if there is none."""
    return role_notes(grid, Role.LEAD)


def role_notes(grid: Grid, role: Role) -> NoteTable:
    """Return the note table of a role, empty if there is none."""
    return grid.notes(role) if role in grid.events else np.zeros((0, 4), np.int32)


def bar_contents(grid: Grid, role: Role) -> list[BarContent]:
    """Return what begins in each bar of a role."""
    bars: list[list[tuple[int, int]]] = [[] for _ in range(grid.n_bars)]
    for onset, _, pitch, _ in role_notes(grid, role).tolist():
        bars[onset // grid.steps_per_bar].append((onset % grid.steps_per_bar, pitch))
    return [tuple(sorted(bar)) for bar in bars]


def repeated_share(bars: Sequence[tuple[Hashable, ...]]) -> float | None:
    """Return the share of non-empty bars that repeat an earlier one; None if all are empty.

    Examples
    --------
    >>> repeated_share([((0, 60),), (), ((0, 60),), ((4, 60),), ((0, 60),)])
    0.5
    """
    filled = [bar for bar in bars if any(bar)]
    return 1.0 - len(set(filled)) / len(filled) if filled else None


def repeated_lead_bars(grid: Grid) -> float | None:
    """Return the share of the lead's bars that repeat an earlier one, onsets and pitches alike."""
    return repeated_share(bar_contents(grid, Role.LEAD))


def repeated_whole_bars(grid: Grid) -> float | None:
    """Return the share of bars that repeat an earlier one in all roles."""
    by_role = [bar_contents(grid, role) for role in grid.roles]
    return repeated_share(list(zip(*by_role, strict=True)))


def ngrams(items: Sequence[_Item], size: int) -> list[tuple[_Item, ...]]:
    """Return all runs of consecutive items.

    Examples
    --------
    >>> ngrams([1, 2, 3], 2)
    [(1, 2), (2, 3)]
    """
    return [tuple(items[start : start + size]) for start in range(len(items) - size + 1)]


def melodic_moves(notes: NoteTable) -> list[tuple[int, int]]:
    """Return the moves of a melody: interval in semitones and inter-onset interval in steps."""
    return list(zip(np.diff(notes[:, PITCH]).tolist(), np.diff(notes[:, ONSET]).tolist(), strict=True))


def distinct_figure_share(notes: NoteTable) -> float | None:
    """Return the number of different figures of three moves, over the number of all; None for fewer than four notes."""
    figures = ngrams(melodic_moves(notes), FIGURE_MOVES)
    return len(set(figures)) / len(figures) if figures else None
