"""A parent alone, its bars in the order in which a blend uses them."""

from __future__ import annotations

from dataclasses import replace

from score.grid import Grid
from score.roles import Role

from ..analysis.bar_notes import replace_notes, to_note_table
from ..analysis.parent import Parent
from ..planning.form import FormPlan
from .voicing import split_at_bar_lines


def align_parent(parent: Parent, plan: FormPlan, side: int) -> Grid:
    """Return the bars of a parent that meet in a blend, one for each bar of the blend.

    Parameters
    ----------
    parent : Parent
    plan : FormPlan
    side : int
        0 if it is the first parent, 1 if it is the second.
    """
    tables = {}
    for role in parent.grid.roles:
        bars = parent.bars[role] if role is Role.DRUMS else split_at_bar_lines(parent, role)
        tables[role] = to_note_table([bars[slot.bars[side]] for slot in plan.slots], parent.steps_per_bar)
    return replace(replace_notes(parent.grid, tables, len(plan.slots)), tempos=parent.grid.tempos[:1])
