"""The texture of a phrase blend: the notes beside the grid of the bars that it takes from a parent.

Accompaniment moves to the chords of the blend as its bar does; grace notes and divided beats of a lead sound where its
bar is as the parent has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from score.grid import Grid
from score.quantization.note_table import END, ONSET, PITCH
from score.quantization.played_notes import PlayedTable
from score.roles import PITCHED_ROLES, Role

from vae.analysis.bar_notes import CHORD_STEPS, notes_by_bar, onset_pitches
from vae.parts.voicing import move_pitch
from vae.phrases.composition import BlendPlan
from vae.planning.ingredients import Ingredient

ROLE_INGREDIENTS: Mapping[Role, Ingredient] = {
    Role.LEAD: Ingredient.RHYTHM,
    Role.HARMONY: Ingredient.TEXTURE,
    Role.BASS: Ingredient.BASS,
    Role.DRUMS: Ingredient.GROOVE,
}
"""The ingredient whose parent gives the bar of a role."""


def take_texture(
    plan: BlendPlan, grids: Sequence[Grid], blended: Grid, sources: Mapping[Ingredient, Sequence[int]]
) -> dict[Role, PlayedTable]:
    """Return the texture of a blend by role.

    Parameters
    ----------
    plan : BlendPlan
    grids : sequence of Grid
        The parents.
    blended : Grid
    sources : mapping of Ingredient to sequence of int
        The parent of each ingredient in each bar.
    """
    texture = {}
    sounding = {role: _sounding_pitches(blended, role) for role in PITCHED_ROLES}
    for role in blended.roles:
        rows = _take_role(plan, grids, blended, role, sources)
        if role is not Role.DRUMS:
            others = [pitches for other, pitches in sounding.items() if other is not role]
            rows = [row for row in rows if not _clashes(row, others)]
        if rows:
            texture[role] = np.array(rows, dtype=np.int32)
    return texture


def _take_role(
    plan: BlendPlan,
    grids: Sequence[Grid],
    blended: Grid,
    role: Role,
    sources: Mapping[Ingredient, Sequence[int]],
) -> list[list[int]]:
    by_bar = [_unheld_by_bar(grid, role) for grid in grids]
    own_bars = notes_by_bar(blended, role)
    steps, rows = plan.steps_per_bar, []
    for bar, side in enumerate(sources[ROLE_INGREDIENTS[role]]):
        if not 0 <= side < len(grids) or not own_bars[bar]:
            continue
        source = plan.form.slots[bar].bars[side]
        found = by_bar[side].get(source, [])
        if role is Role.LEAD and found:
            is_whole = onset_pitches(own_bars[bar]) == onset_pitches(plan.parents[side].bars[role][source])
            found = found if is_whole else []
        rows += [_moved(plan, row, role, (side, source, bar)) for row in found]
    return [row for row in rows if row[ONSET] < blended.n_bars * steps]


def _unheld_by_bar(grid: Grid, role: Role) -> dict[int, list[list[int]]]:
    """Return the notes of a role beside the grid by bar, with steps from their bar line."""
    by_bar: dict[int, list[list[int]]] = {}
    if role in grid.events:
        for row in grid.unheld(role).tolist():
            bar = row[ONSET] // grid.steps_per_bar
            row[ONSET] -= bar * grid.steps_per_bar
            row[END] -= bar * grid.steps_per_bar
            by_bar.setdefault(bar, []).append(row)
    return by_bar


def _moved(plan: BlendPlan, row: list[int], role: Role, place: tuple[int, int, int]) -> list[int]:
    """Return a note of a parent's bar in a bar of the blend, on its chord.

    Parameters
    ----------
    plan : BlendPlan
    row : list of int
        A played note, its steps from the bar line.
    role : Role
    place : tuple of (parent, bar of the parent, bar of the blend)
    """
    side, source, bar = place
    moved = list(row)
    moved[ONSET] += bar * plan.steps_per_bar
    moved[END] += bar * plan.steps_per_bar
    if role in (Role.HARMONY, Role.BASS):
        parent = plan.parents[side]
        half = int(row[ONSET] >= CHORD_STEPS[parent.grid.meter][1])
        own, target = parent.chord(source, half), int(plan.chords[2 * bar + half])
        moved[PITCH] = move_pitch(row[PITCH], own, target, parent.major_tonic, is_bass=role is Role.BASS)
    return moved


def _sounding_pitches(grid: Grid, role: Role) -> dict[int, set[int]]:
    """Return the pitches that a role sounds at each step."""
    sounding: dict[int, set[int]] = {}
    if role in grid.events:
        for onset, end, pitch, _ in grid.notes(role).tolist():
            for step in range(onset, end):
                sounding.setdefault(step, set()).add(pitch)
    return sounding


def _clashes(row: list[int], others: Sequence[Mapping[int, set[int]]]) -> bool:
    """Return whether a note begins a semitone from a note of another role."""
    return any(abs(pitch - row[PITCH]) == 1 for pitches in others for pitch in pitches.get(row[ONSET], ()))
