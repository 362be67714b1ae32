"""Instruments of a blend follow the changes of program in the parent that gives them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from score.arrays import I16
from score.encoding import OFF
from score.grid import GridProgram, from_events
from score.roles import Role
from vae.expression.instruments import follow_programs

QUARTERS = [41, 0, 0, 0] * 4
FLUTE, TRUMPET = 73, 56


def lead(n_bars: int) -> I16:
    return np.array(QUARTERS * n_bars, np.int16)


def test_a_blend_changes_its_program_where_its_bars_come_from_after_the_change() -> None:
    parent = from_events("4/4", {Role.LEAD: lead(3)}, programs={Role.LEAD: FLUTE})
    parent = replace(parent, program_changes={Role.LEAD: [GridProgram(16, TRUMPET), GridProgram(40, FLUTE)]})
    blend = from_events("4/4", {Role.LEAD: lead(4)})
    followed = follow_programs(blend, {Role.LEAD: parent}, {Role.LEAD: np.array([0, 1, 1, 2])}, 16)
    assert followed.programs == {Role.LEAD: FLUTE}
    # The last bar comes from a bar with a change at its third quarter.
    assert followed.program_changes == {Role.LEAD: [GridProgram(16, TRUMPET), GridProgram(56, FLUTE)]}


def test_a_change_waits_for_the_next_note_of_the_blend() -> None:
    parent = from_events("4/4", {Role.LEAD: lead(2)}, programs={Role.LEAD: FLUTE})
    parent = replace(parent, program_changes={Role.LEAD: [GridProgram(16, TRUMPET)]})
    rest = lead(2)
    rest[16:24] = [OFF] + [0] * 7
    blend = from_events("4/4", {Role.LEAD: rest})
    followed = follow_programs(blend, {Role.LEAD: parent}, {Role.LEAD: np.array([0, 1])}, 16)
    assert followed.program_changes == {Role.LEAD: [GridProgram(24, TRUMPET)]}
    late = follow_programs(blend, {Role.LEAD: parent}, {Role.LEAD: np.array([1, 1])}, 16)
    assert (late.programs, late.program_changes) == ({Role.LEAD: TRUMPET}, {})


def test_a_role_without_a_parent_keeps_its_program() -> None:
    blend = from_events("4/4", {Role.LEAD: lead(1)})
    assert follow_programs(blend, {}, {}, 16) == blend
