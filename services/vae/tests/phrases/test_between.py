"""The lead between its parents, decoded where a cell changes from one to the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from score.grid import Grid
from score.roles import Role
from vae.analysis.parent import Parent
from vae.models.model_registry import ModelRegistry
from vae.phrases.between import decode_between
from vae.phrases.composition import BlendPlan, BlendShares, compose, plan_blend
from vae.planning.ingredients import Ingredient, IngredientShares
from vae.planning.sources import cell_of
from vae.reconstruction.store import SamplingOptions

SAMPLING = SamplingOptions(0.2, 5)


def planned(march: Grid, ballad: Grid, n_cells: int) -> BlendPlan:
    """Return the plan of a blend of which some cells lie between the parents, in rhythm and contour."""
    half = np.array([0.5, 0.5])
    shares = BlendShares(half, True, lambda bars: IngredientShares.build(lambda _: np.tile(half, (len(bars), 1))))
    plan = plan_blend([Parent(march, 0, False), Parent(ballad, 0, False)], shares)
    cells = list(dict.fromkeys(cell_of(slot) for slot in plan.form.slots))[:n_cells]
    between = dict.fromkeys(cells, half)
    return replace(plan, sources=replace(plan.sources, rhythm_between=between, contour_between=between))


def test_only_cells_that_change_are_decoded(registry: ModelRegistry, march: Grid, ballad: Grid) -> None:
    plan = planned(march, ballad, 2)
    decoded = decode_between(registry, plan, SAMPLING)
    assert decoded is not None
    is_between = [cell_of(slot) in plan.sources.rhythm_between for slot in plan.form.slots]
    assert 0 < sum(is_between) < plan.n_bars
    assert [bool(bar) for bar in decoded.rhythm] == is_between
    assert [bool(bar) for bar in decoded.contour] == is_between


def test_the_lead_takes_what_was_decoded(registry: ModelRegistry, march: Grid, ballad: Grid) -> None:
    plan = planned(march, ballad, 2)
    decoded = decode_between(registry, plan, SAMPLING)
    assert decoded is not None
    parts = compose(plan, None, decoded)
    for bar, source in enumerate(parts.bar_sources[Ingredient.RHYTHM][:-1]):
        if source == 2:
            onsets = [note.onset for note in parts.bars[Role.LEAD][bar]]
            assert onsets == [onset for onset, _ in decoded.rhythm[bar]]
    assert {0, 1, 2} >= set(parts.bar_sources[Ingredient.RHYTHM]) >= {2}


def test_without_such_cells_nothing_is_decoded(registry: ModelRegistry, march: Grid, ballad: Grid) -> None:
    assert decode_between(registry, planned(march, ballad, 0), SAMPLING) is None
