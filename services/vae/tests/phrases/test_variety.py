"""How varied a melody is, and how much of a blend repeats so that it is as varied as its parents."""

from __future__ import annotations

import numpy as np
import pytest
from score.grid import Grid
from score.roles import Role
from vae.analysis.bar_notes import BarNote
from vae.analysis.parent import Parent
from vae.phrases import variety
from vae.planning.form import plan_form


def test_variety_is_the_share_of_different_figures() -> None:
    bar = tuple(BarNote(step, 4, pitch, 80) for step, pitch in ((0, 60), (4, 62), (8, 64), (12, 65)))
    assert variety.variety([bar], 16) == 1.0
    assert variety.variety([bar, bar], 16) == pytest.approx(4 / 6)
    assert variety.variety([()], 16) == 0.0


def test_no_draft_is_nearer_to_the_parents_than_the_chosen_one(march: Grid, ballad: Grid) -> None:
    parents = [Parent(march, 0, False), Parent(ballad, 0, False)]
    of_parents = float(np.mean([variety.variety(parent.bars[Role.LEAD], 16) for parent in parents]))

    def distance(gain: float) -> float:
        form = plan_form(parents, np.array([0.5, 0.5]), 0, leader=0, repetition_gain=gain)
        wanted = 0.25 * of_parents + 0.75 * variety.arranged_variety(form, parents)
        return abs(variety.draft_variety(form, parents, 0) / wanted - 1.0)

    gain = variety.measure_repetition_gain(parents, 0, 0)
    assert distance(gain) <= distance(0.0)
