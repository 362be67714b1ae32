"""The plan of a phrase blend: form, partners, sources."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from score.arrays import F64
from score.grid import Grid
from vae.analysis.bar_notes import replace_notes
from vae.analysis.parent import Parent, Phrase
from vae.planning.form import FormPlan, plan_form, split_classes
from vae.planning.ingredients import Ingredient, IngredientShares, pick_parent
from vae.planning.partners import choose_partners, partner_bar
from vae.planning.repetition import adjust_repetition
from vae.planning.sources import assign_sources, cell_of


@pytest.fixture(scope="module")
def parents(march: Grid, ballad: Grid) -> tuple[Parent, Parent]:
    """Return both pieces as parents."""
    return Parent(march, 0, False), Parent(ballad, 0, False)


def of_two(share: float) -> F64:
    """Return the shares of two parents from the second one's."""
    return np.array([1.0 - share, share])


def uniform(weight: float, n_bars: int = 16, **overrides: float) -> IngredientShares:
    """Return the same shares in all bars, for all ingredients but the overrides."""
    return IngredientShares.build(
        lambda ingredient: np.tile(of_two(overrides.get(ingredient.value, weight)), (n_bars, 1))
    )


def rhythm_by_bar(plan: FormPlan, parents: tuple[Parent, Parent], weight: float) -> list[int]:
    """Return the parent of the rhythm of each bar."""
    sources = assign_sources(plan, parents, uniform(weight), 0)
    return [sources.rhythm[cell_of(slot)] for slot in plan.slots]


@pytest.mark.parametrize(("share", "leader"), [(0.1, 0), (0.5, 0), (0.6, 1), (0.9, 1)])
def test_the_parent_with_the_larger_share_leads_the_form(
    parents: tuple[Parent, Parent], share: float, leader: int
) -> None:
    plan = plan_form(parents, of_two(share))
    assert plan.leader == leader
    assert len(plan.slots) == 16


def test_bars_of_one_class_meet_the_same_bar_of_the_other(parents: tuple[Parent, Parent]) -> None:
    for share in (0.3, 0.5, 0.7):
        plan = plan_form(parents, of_two(share))
        met: dict[object, set[int]] = {}
        for slot in plan.slots:
            met.setdefault(slot.bar_class, set()).add(slot.bars[1 - plan.leader])
        assert {len(bars) for bars in met.values()} == {1}


def test_the_last_phrases_meet(parents: tuple[Parent, Parent]) -> None:
    form = [(phrase, 0) for phrase in parents[0].phrases]
    partners = choose_partners(*parents, form, seed=0)
    assert partners[-1] == parents[1].phrases[-1]
    assert partners[0] == partners[1]


def test_a_plan_is_deterministic_by_seed(parents: tuple[Parent, Parent]) -> None:
    assert plan_form(parents, of_two(0.5), 7) == plan_form(parents, of_two(0.5), 7)


def test_length_lies_between_the_parents_in_whole_phrases(march: Grid, ballad: Grid) -> None:
    tables = {role: ballad.notes(role) for role in ballad.roles}
    short = Parent(replace_notes(ballad, tables, 8), 0, False)
    lengths = [len(plan_form((Parent(march, 0, False), short), of_two(share)).slots) for share in (0.0, 0.5, 1.0)]
    assert lengths == [16, 12, 8]


def test_what_stays_of_a_leader_keeps_its_place(march: Grid, ballad: Grid) -> None:
    tables = {role: ballad.notes(role) for role in ballad.roles}
    long, short = Parent(march, 0, False), Parent(replace_notes(ballad, tables, 8), 0, False)
    shortened = plan_form((long, short), of_two(0.4), keeps_repetition=True)
    assert [slot.bars[0] for slot in shortened.slots] == [*range(8), *range(12, 16)]


def test_phrases_of_the_other_are_laid_under_by_their_bar(march: Grid) -> None:
    leader = Parent(march, 0, False)
    rests = Parent(replace_notes(march, {}, 16), 0, False)
    form = [(Phrase(start, start + 4, start), 0) for start in (0, 4, 8, 12, 0, 4, 8, 12)]
    form = [(phrase, index) for index, (phrase, _) in enumerate(form)]
    partners = choose_partners(leader, rests, form, seed=0)
    assert [partner.start for partner in partners] == [0, 4, 8, 12, 0, 4, 8, 12]


def test_the_accompaniment_changes_by_half_phrases(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, of_two(0.5), keeps_repetition=True)
    changed = [assign_sources(plan, parents, uniform(share), 0).bass.count(1) for share in (0.1, 0.4, 0.6, 0.9)]
    assert changed == sorted(changed)
    halves = assign_sources(plan, parents, uniform(0.4), 0).bass
    assert set(halves) == {0, 1}
    assert all(halves[bar] == halves[bar + 1] for bar in range(0, 16, 2))


def test_a_repeated_phrase_may_be_the_beginning_of_a_longer_one(parents: tuple[Parent, Parent]) -> None:
    form = [(Phrase(0, 4, 0), 0), (Phrase(8, 10, 1), 0), (Phrase(12, 16, 0), 1)]
    assert adjust_repetition(*parents, form, 0.5, gain=1.0)[1] == (Phrase(0, 2, 0), 0)


def test_a_phrase_ends_where_its_partner_ends() -> None:
    assert [partner_bar(Phrase(8, 11, 0), position, 4) for position in range(4)] == [8, 9, 9, 10]


def test_at_a_half_each_parent_gives_rhythm_and_contour_to_half_of_the_bars(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, of_two(0.5))
    sources = assign_sources(plan, parents, uniform(0.5), 0)
    whole = [cell for cell in sources.rhythm if sources.rhythm[cell] == sources.contour[cell]]
    assert 1 <= len(whole) <= len(sources.rhythm) / 4
    counts = Counter(rhythm_by_bar(plan, parents, 0.5))
    assert set(counts) == {0, 1}
    assert counts[0] >= 4 <= counts[1]


def test_shares_of_rhythm_rise_with_the_weight(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, of_two(0.5))
    counts = [sum(rhythm_by_bar(plan, parents, weight)) for weight in (0.05, 0.25, 0.5, 0.75, 0.95)]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == len(plan.slots)


def test_single_ingredients_are_set_alone(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, of_two(0.5))
    sources = assign_sources(plan, parents, uniform(0.5, bass=1.0, texture=0.0), 0)
    assert set(sources.bass) == {1}
    assert set(sources.texture) == {0}


def test_of_three_parents_each_gives_rhythm_and_contour(march: Grid, ballad: Grid) -> None:
    tables = {role: ballad.notes(role) + np.array([0, 0, 5, 0], np.int32) for role in ballad.roles}
    parents = [Parent(grid, 0, False) for grid in (march, ballad, replace_notes(ballad, tables, 16))]
    thirds = np.full(3, 1 / 3)
    plan = plan_form(parents, thirds)
    sources = assign_sources(plan, parents, IngredientShares.build(lambda _: np.tile(thirds, (16, 1))), 0)
    given = {*sources.rhythm.values(), *sources.contour.values()}
    assert given == {0, 1, 2}
    assert all(len(slot.bars) == 3 for slot in plan.slots)


def test_bars_with_other_shares_are_of_other_classes(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, of_two(0.5))
    assert split_classes(plan, uniform(0.5)) == plan
    rising = IngredientShares.build(lambda _: np.array([of_two(bar // 4 / 3) for bar in range(16)]))
    divided = split_classes(plan, rising)
    assert len({slot.bar_class for slot in divided.slots}) > len({slot.bar_class for slot in plan.slots})
    sources = assign_sources(divided, parents, rising, 0)
    by_phrase = [sources.contour[cell_of(divided.slots[bars[0]])] for bars in divided.phrases]
    assert by_phrase[0] == 0
    assert by_phrase[-1] == 1


def test_the_sole_parent_of_some_bars_is_known() -> None:
    shares = IngredientShares.build(lambda _: np.array([of_two(0.0), of_two(0.5), of_two(1.0)]))
    assert [shares.sole_parent([bar]) for bar in range(3)] == [0, None, 1]
    assert shares.sole_parent() is None
    assert uniform(1.0, form=0.3).sole_parent() == 1
    assert shares[Ingredient.FORM].shape == (3, 2)


@pytest.mark.parametrize(("share", "parent"), [(0.0, 0), (0.5, 0), (0.51, 1), (1.0, 1)])
def test_the_second_of_two_parents_is_taken_above_the_threshold(share: float, parent: int) -> None:
    assert pick_parent(of_two(share), 0.5) == parent


def test_near_its_change_a_cell_lies_between_the_parents(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, of_two(0.5))
    second_shares: dict[object, list[float]] = {}
    for weight in np.linspace(0.0, 1.0, 101).tolist():
        sources = assign_sources(plan, parents, uniform(weight), 0)
        assert (weight not in (0.0, 1.0)) or not (sources.rhythm_between or sources.contour_between)
        for name, between in (("rhythm", sources.rhythm_between), ("contour", sources.contour_between)):
            for cell, shares in between.items():
                second_shares.setdefault((name, cell), []).append(float(shares[1]))
    assert len(second_shares) == 2 * len(sources.rhythm)
    for values in second_shares.values():
        assert values == sorted(values)
        assert 0.0 < values[0] < values[-1] < 1.0
