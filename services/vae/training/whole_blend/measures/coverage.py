"""What of its parents a blend has: lead bars, instruments, and sound where one of them sounds."""

from __future__ import annotations

import numpy as np
from score.arrays import Bool
from score.grid import Grid
from score.quantization.note_table import END, ONSET
from score.roles import PITCHED_ROLES, Role

from .repetition import BarContent, bar_contents, role_notes


def sounding_bars(grid: Grid, role: Role) -> Bool:
    """Return in which bars a role sounds, shape (n_bars,)."""
    is_sounding = np.zeros(grid.n_bars, bool)
    notes = role_notes(grid, role)
    for onset, end in notes[:, [ONSET, END]].tolist():
        is_sounding[onset // grid.steps_per_bar : (end - 1) // grid.steps_per_bar + 1] = True
    return is_sounding


def count_silent_lead_bars(blend: Grid, aligned: tuple[Grid, Grid]) -> tuple[int, int]:
    """Count bars in which one parent's lead sounds, the other's rests, and the blend's rests.

    Parameters
    ----------
    blend : Grid
    aligned : tuple of Grid
        Both parents with one bar for each bar of the blend.

    Returns
    -------
    n_silent : int
    n_bars : int
        Bars in which only one parent's lead sounds.
    """
    n_bars = min(blend.n_bars, *(grid.n_bars for grid in aligned))
    first, second, own = (sounding_bars(grid, Role.LEAD)[:n_bars] for grid in (*aligned, blend))
    only_one = first ^ second
    return int((only_one & ~own).sum()), int(only_one.sum())


def is_parent_bar(blend: Grid, parent: Grid) -> Bool:
    """Return which bars with lead onsets equal a lead bar of a parent, in any octave."""
    known = {_without_octave(bar) for bar in bar_contents(parent, Role.LEAD) if bar}
    return np.array([_without_octave(bar) in known for bar in bar_contents(blend, Role.LEAD) if bar], bool)


def _without_octave(bar: BarContent) -> tuple[tuple[int, int, int], ...]:
    first_pitch = bar[0][1]
    return tuple((step, pitch - first_pitch, first_pitch % 12) for step, pitch in bar)


def pitched_programs(grid: Grid) -> set[int]:
    """Return the programs of the pitched roles."""
    return {grid.programs[role] for role in grid.roles if role in PITCHED_ROLES}


def has_programs_of_both(blend: Grid, parents: tuple[Grid, Grid]) -> bool | None:
    """Return whether a blend has a program of each parent that the other lacks; None unless both have one."""
    first, second = (pitched_programs(parent) for parent in parents)
    if not first - second or not second - first:
        return None
    own = pitched_programs(blend)
    return bool(own & (first - second)) and bool(own & (second - first))


def count_empty_bars(blend: Grid, aligned: tuple[Grid, Grid]) -> int:
    """Count bars of a blend without any sound in which both parents sound.

    Parameters
    ----------
    blend : Grid
    aligned : tuple of Grid
        Both parents with one bar for each bar of the blend.
    """
    n_bars = min(blend.n_bars, *(grid.n_bars for grid in aligned))
    first, second, own = (
        np.any([sounding_bars(grid, role)[:n_bars] for role in grid.roles], axis=0) for grid in (*aligned, blend)
    )
    return int((first & second & ~own).sum())
