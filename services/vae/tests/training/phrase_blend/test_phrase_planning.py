"""The plan of a phrase blend: form, partners, sources."""

from __future__ import annotations

from collections import Counter

import pytest
from score.grid import Grid
from vae_training.phrase_blend.analysis.bar_notes import replace_notes  # type: ignore[import-not-found]
from vae_training.phrase_blend.analysis.parent import Parent, Phrase  # type: ignore[import-not-found]
from vae_training.phrase_blend.ingredients import Ingredients  # type: ignore[import-not-found]
from vae_training.phrase_blend.planning.form import FormPlan, plan_form  # type: ignore[import-not-found]
from vae_training.phrase_blend.planning.partners import choose_partners, partner_bar  # type: ignore[import-not-found]
from vae_training.phrase_blend.planning.sources import assign_sources, cell_of  # type: ignore[import-not-found]


@pytest.fixture(scope="module")
def parents(march: Grid, song: Grid) -> tuple[Parent, Parent]:
    """Return both pieces as parents."""
    return Parent(march, 0, False), Parent(song, 0, False)


def rhythm_by_bar(plan: FormPlan, parents: tuple[Parent, Parent], weight: float) -> list[int]:
    """Return the parent of the rhythm of each bar."""
    sources = assign_sources(plan, parents, Ingredients.from_weight(weight), 0)
    return [sources.rhythm[cell_of(slot)] for slot in plan.slots]


@pytest.mark.parametrize(("share", "leader"), [(0.1, 0), (0.5, 0), (0.6, 1), (0.9, 1)])
def test_the_parent_with_the_larger_share_leads_the_form(
    parents: tuple[Parent, Parent], share: float, leader: int
) -> None:
    plan = plan_form(parents, share)
    assert plan.leader == leader
    assert len(plan.slots) == 16


def test_bars_of_one_class_meet_the_same_bar_of_the_other(parents: tuple[Parent, Parent]) -> None:
    for share in (0.3, 0.5, 0.7):
        plan = plan_form(parents, share)
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
    assert plan_form(parents, 0.5, 7) == plan_form(parents, 0.5, 7)


def test_length_lies_between_the_parents_in_whole_phrases(march: Grid, song: Grid) -> None:
    tables = {role: song.notes(role) for role in song.roles}
    short = Parent(replace_notes(song, tables, 8), 0, False)
    lengths = [len(plan_form((Parent(march, 0, False), short), share).slots) for share in (0.0, 0.5, 1.0)]
    assert lengths == [16, 12, 8]


def test_a_phrase_ends_where_its_partner_ends() -> None:
    assert [partner_bar(Phrase(8, 11, 0), position, 4) for position in range(4)] == [8, 9, 9, 10]


def test_at_a_half_each_parent_gives_rhythm_and_contour_to_half_of_the_bars(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, 0.5)
    sources = assign_sources(plan, parents, Ingredients.from_weight(0.5), 0)
    assert all(sources.rhythm[cell] == 1 - sources.contour[cell] for cell in sources.rhythm)
    counts = Counter(rhythm_by_bar(plan, parents, 0.5))
    assert set(counts) == {0, 1}
    assert counts[0] >= 4 <= counts[1]


def test_shares_of_rhythm_rise_with_the_weight(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, 0.5)
    counts = [sum(rhythm_by_bar(plan, parents, weight)) for weight in (0.05, 0.25, 0.5, 0.75, 0.95)]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == len(plan.slots)


def test_single_ingredients_are_set_alone(parents: tuple[Parent, Parent]) -> None:
    plan = plan_form(parents, 0.5)
    sources = assign_sources(plan, parents, Ingredients.from_weight(0.5, {"bass": 1.0, "texture": 0.0}), 0)
    assert set(sources.bass) == {1}
    assert set(sources.texture) == {0}
