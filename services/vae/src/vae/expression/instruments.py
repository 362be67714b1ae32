"""Instruments of a blend: the General MIDI programs of each role, as the parent that gives them changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from score.arrays import F32, I64
from score.grid import Grid, GridProgram
from score.quantization.codec import onset_steps
from score.roles import Role
from score.sounding.role_programs import place_programs

from vae.pieces.piece import Piece


def choose_parent(pieces: Sequence[Piece], role: Role, shares: F32) -> int | None:
    """Return the parent with the largest mean share of a role that it has; None if no parent has it.

    Parameters
    ----------
    pieces : sequence of Piece
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32
    """
    candidates = [index for index, piece in enumerate(pieces) if role in piece.grid.programs]
    return max(candidates, key=lambda index: float(shares[:, index].mean()), default=None)


def follow_programs(grid: Grid, parents: Mapping[Role, Grid], sources: Mapping[Role, I64], n_steps: int) -> Grid:
    """Return a blend with the programs of its roles.

    Where its parent changes the program of a role, the blend does so in the windows that come from there.

    Parameters
    ----------
    grid : Grid
        The notes of the blend, and the programs of roles without such a parent.
    parents : mapping of Role to Grid
        The parent whose instrument plays each role.
    sources : mapping of Role to ndarray, shape (n_windows,), int64
        The window of that parent that meets at each window of the blend.
    n_steps : int
        Steps of a window.
    """
    programs, changes = dict(grid.programs), {}
    for role in [role for role in grid.roles if role in parents]:
        parent = parents[role]
        programs[role] = parent.programs[role]
        if role in parent.program_changes:
            onsets = onset_steps(role, grid.events[role])
            steps = sources[role][onsets // n_steps] * n_steps + onsets % n_steps
            found = place_programs(_programs_at(parent, role, onsets, steps), onsets)
            programs[role] = found[0].program if found else programs[role]
            changes[role] = list(found[1:])
    return replace(grid, programs=programs, program_changes={role: later for role, later in changes.items() if later})


def _programs_at(parent: Grid, role: Role, onsets: I64, steps: I64) -> list[GridProgram]:
    """Return the program of each onset of a blend, from the steps of the parent that meet there."""
    changes = parent.program_changes[role]
    programs = [parent.programs[role], *(each.program for each in changes)]
    places = np.searchsorted([each.step for each in changes], steps, side="right").tolist()
    return [GridProgram(onset, programs[place]) for onset, place in zip(onsets.tolist(), places, strict=True)]
