"""Exact notes: those of a parent that a reconstruction gives back, where and as they are played.

A model decodes notes on steps. Each one that is the parent's sounds exactly when it was played, in every instrument
that played it; a note that the model has changed stands as it was decoded, and one that it has left out stays out. What
the grid has no room for, which no model reads, is as in the parent.
"""

from __future__ import annotations

import numpy as np
from score.grid import Grid
from score.quantization.note_table import END, ONSET, PITCH
from score.quantization.played_notes import END_OFFSET, PlayedTable
from score.roles import Role

from vae.expression.performance import grid_pitch


def exact_notes(own: Grid, reconstructed: Grid, role: Role) -> PlayedTable:
    """Return the played notes of a parent that sound in its reconstruction.

    Parameters
    ----------
    own : Grid
        The parent.
    reconstructed : Grid
        With the same bars.
    role : Role
        One that the reconstruction has.

    Returns
    -------
    ndarray, shape (n, 6), int32
        For `vae.expression.performance.perform`. A note that the model ends elsewhere, as it may where only one of two
        windows is the parent's, ends there.
    """
    played = own.played.get(role, np.zeros((0, 6), dtype=np.int32))
    if role not in own.events:
        return played
    own_ends, ends = _ends_by_note(own, role), _ends_by_note(reconstructed, role)
    rows = []
    for row in played.tolist():
        note = row[ONSET], grid_pitch(role, row[PITCH])
        if note in own_ends and note not in ends:
            continue
        if note in own_ends and role is not Role.DRUMS and ends[note] != own_ends[note]:
            row[END], row[END_OFFSET] = ends[note], 0
        rows.append(row)
    return np.array(rows, dtype=np.int32).reshape(-1, played.shape[1])


def _ends_by_note(grid: Grid, role: Role) -> dict[tuple[int, int], int]:
    """Return the end of each note by its step and pitch."""
    return {(onset, grid_pitch(role, pitch)): end for onset, end, pitch, _ in grid.notes(role).tolist()}
