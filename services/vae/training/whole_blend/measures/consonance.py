"""Consonance of a piece: semitone clashes, minor seconds on strong beats, the final note, leaps, notes out of key."""

from __future__ import annotations

import numpy as np
from score.grid import Grid
from score.quantization.note_table import PITCH, NoteTable
from score.roles import PITCHED_ROLES, Role

from .repetition import lead_notes, role_notes

_STRONG_STEPS = {"4/4": (0, 8), "3/4": (0, 8), "6/8": (0, 6)}
_STEPS_PER_QUARTER = 4
_MAX_STEP_SEMITONES = 7
"""A larger interval, more than a fifth, is a leap."""

_SCALES = {False: frozenset((0, 2, 4, 5, 7, 9, 11)), True: frozenset((0, 2, 3, 5, 7, 8, 9, 10, 11))}
"""Scale degrees by mode; minor (True) has both sixths and both sevenths."""


def pitches_by_step(grid: Grid, role: Role) -> list[list[int]]:
    """Return the pitches of a role that sound at each step."""
    pitches: list[list[int]] = [[] for _ in range(grid.n_steps)]
    for onset, end, pitch, _ in role_notes(grid, role).tolist():
        for step in range(onset, min(end, grid.n_steps)):
            pitches[step].append(pitch)
    return pitches


def count_lead_clashes(grid: Grid) -> tuple[int, int]:
    """Count lead notes on quarters that are a semitone from the accompaniment and not in it, and those with any."""
    harmony, bass = pitches_by_step(grid, Role.HARMONY), pitches_by_step(grid, Role.BASS)
    n_clashes = n_notes = 0
    for onset, _, pitch, _ in lead_notes(grid).tolist():
        classes = {other % 12 for other in harmony[onset] + bass[onset]}
        if onset % _STEPS_PER_QUARTER or not classes:
            continue
        n_notes += 1
        n_clashes += pitch % 12 not in classes and bool({(pitch + 1) % 12, (pitch - 1) % 12} & classes)
    return n_clashes, n_notes


def count_minor_seconds(grid: Grid) -> tuple[int, int]:
    """Count pairs of roles with a semitone between them in any octave on strong beats, and all pairs that sound."""
    parts = [pitches_by_step(grid, role) for role in grid.roles if role in PITCHED_ROLES]
    n_seconds = n_pairs = 0
    for bar in range(grid.n_bars):
        for step in (bar * grid.steps_per_bar + strong for strong in _STRONG_STEPS[grid.meter]):
            for index, first in enumerate(parts):
                for second in parts[index + 1 :]:
                    if first[step] and second[step]:
                        n_pairs += 1
                        n_seconds += any((x - y) % 12 in (1, 11) for x in first[step] for y in second[step])
    return n_seconds, n_pairs


def ends_on_tonic(grid: Grid, role: Role, tonic: int) -> bool | None:
    """Return whether a role's last note is the tonic; None without notes.

    Parameters
    ----------
    grid : Grid
    role : Role
    tonic : int
        Pitch class, 0 to 11.
    """
    notes = role_notes(grid, role)
    return bool(notes[-1, PITCH] % 12 == tonic) if len(notes) else None


def leap_share(notes: NoteTable) -> float | None:
    """Return the share of a melody's intervals that are larger than a fifth; None for fewer than two notes."""
    return float((np.abs(np.diff(notes[:, PITCH])) > _MAX_STEP_SEMITONES).mean()) if len(notes) > 1 else None


def out_of_key_share(grid: Grid, tonic: int, *, is_minor: bool) -> float | None:
    """Return the share of sounding time on notes that are not in the scale; None without pitched notes.

    Parameters
    ----------
    grid : Grid
    tonic : int
        Pitch class, 0 to 11.
    is_minor : bool
        Whether the scale is minor, with both sixths and both sevenths.
    """
    scale = _SCALES[is_minor]
    outside = total = 0
    for role in PITCHED_ROLES:
        for onset, end, pitch, _ in role_notes(grid, role).tolist():
            total += end - onset
            outside += (end - onset) * ((pitch - tonic) % 12 not in scale)
    return outside / total if total else None
