"""Properties of whole phrase blends, at several weights and seeds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from score import grid as grids
from score import midi
from score.arrays import F64
from score.grid import Grid
from score.roles import Role
from vae.analysis.bar_notes import notes_by_bar, onset_pitches, replace_notes, sounding_bars
from vae.analysis.chord_recognition import CHORD_TONES
from vae.analysis.parent import Parent
from vae.parts.lead import BetweenLead
from vae.phrases.composition import (
    BlendPlan,
    BlendShares,
    ComposedParts,
    arrange_parent,
    compose,
    plan_blend,
    to_grid,
)
from vae.planning.ingredients import NOTE_INGREDIENTS, Ingredient, IngredientShares
from vae.planning.sources import cell_of
from vae_training.whole_blend.measures import consonance  # type: ignore[import-not-found]

WEIGHTS = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Blended:
    """A blend on the grid, its plan and its parts."""

    grid: Grid
    plan: BlendPlan
    parts: ComposedParts


@pytest.fixture(scope="module")
def parents(march: Grid, ballad: Grid) -> list[Parent]:
    """Return both pieces as parents."""
    return [Parent(march, 0, False), Parent(ballad, 0, False)]


def shares_of(weight: float, **overrides: float) -> BlendShares:
    """Return the same shares for all ingredients but the overrides."""

    def row(name: str) -> F64:
        return np.array([1.0 - overrides.get(name, weight), overrides.get(name, weight)])

    return BlendShares(
        row("form"),
        True,
        lambda bars: IngredientShares.build(lambda ingredient: np.tile(row(ingredient.value), (len(bars), 1))),
    )


def blend_of(parents: list[Parent], weight: float, seed: int = 0, **overrides: float) -> Blended:
    """Return a blend at one weight."""
    plan = plan_blend(parents, shares_of(weight, **overrides), seed)
    parts = compose(plan)
    return Blended(to_grid(plan, parts.bars), plan, parts)


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("seed", [0, 5])
def test_rules_hold_on_strong_beats(parents: list[Parent], weight: float, seed: int) -> None:
    grid = blend_of(parents, weight, seed).grid
    assert consonance.count_minor_seconds(grid)[0] == 0
    shares = [
        n_clashes / n_notes
        for n_clashes, n_notes in map(consonance.count_lead_clashes, (grid, *(parent.grid for parent in parents)))
    ]
    assert shares[0] <= max(shares[1:])


@pytest.mark.parametrize("weight", WEIGHTS)
def test_lead_notes_on_strong_beats_are_chord_notes(parents: list[Parent], weight: float) -> None:
    blend = blend_of(parents, weight)
    is_chord_tone = [
        pitch % 12 in CHORD_TONES[blend.plan.chords[onset // 8]]
        for onset, _, pitch, _ in blend.grid.notes(Role.LEAD).tolist()
        if onset % 8 == 0
    ]
    assert len(is_chord_tone) > blend.grid.n_bars
    assert np.mean(is_chord_tone) >= 0.8


@pytest.mark.parametrize("weight", WEIGHTS)
def test_the_lead_repeats_where_the_form_repeats(parents: list[Parent], weight: float) -> None:
    blend = blend_of(parents, weight)
    bars = notes_by_bar(blend.grid, Role.LEAD)
    by_class: dict[object, set[object]] = {}
    for slot, bar in zip(blend.plan.form.slots[:-1], bars[:-1], strict=True):
        by_class.setdefault(slot.bar_class, set()).add(onset_pitches(bar))
    assert len(by_class) < len(bars)
    assert {len(contents) for contents in by_class.values()} == {1}


@pytest.mark.parametrize("weight", WEIGHTS)
def test_lead_and_bass_end_on_the_tonic(parents: list[Parent], weight: float) -> None:
    grid = blend_of(parents, weight).grid
    assert consonance.ends_on_tonic(grid, Role.LEAD, 0)
    assert consonance.ends_on_tonic(grid, Role.BASS, 0)


def test_a_blend_is_deterministic_by_seed(parents: list[Parent]) -> None:
    for seed in (0, 1, 2):
        assert blend_of(parents, 0.5, seed).grid == blend_of(parents, 0.5, seed).grid
    assert any(blend_of(parents, 0.5, seed).grid != blend_of(parents, 0.5).grid for seed in range(1, 6))


@pytest.mark.parametrize("side", [0, 1])
def test_without_shares_of_notes_the_other_parent_is_arranged_alone(parents: list[Parent], side: int) -> None:
    blend = blend_of(parents, float(side), form=0.5)
    arranged = arrange_parent(blend.plan, side)
    for role in parents[side].grid.roles:
        np.testing.assert_array_equal(blend.grid.events[role], arranged.events[role])


def test_a_changed_lead_leaves_chords_bass_and_drums(parents: list[Parent]) -> None:
    before, after = blend_of(parents, 0.5), blend_of(parents, 0.5, rhythm=0.9, contour=0.9)
    np.testing.assert_array_equal(before.plan.chords, after.plan.chords)
    assert before.grid.notes(Role.LEAD).tolist() != after.grid.notes(Role.LEAD).tolist()
    for role in (Role.BASS, Role.DRUMS):
        np.testing.assert_array_equal(before.grid.events[role], after.grid.events[role])


def test_at_a_half_both_parents_give_rhythm_and_contour(parents: list[Parent]) -> None:
    blend = blend_of(parents, 0.5)
    sources = blend.parts.bar_sources
    assert set(sources) == {Ingredient.FORM, *NOTE_INGREDIENTS}
    assert {len(of_bars) for of_bars in sources.values()} == {blend.grid.n_bars}
    for ingredient in (Ingredient.RHYTHM, Ingredient.CONTOUR, Ingredient.BASS, Ingredient.TEXTURE):
        assert set(sources[ingredient]) == {0, 1}
    # The drums of one parent alone enter late: nobody gave what does not sound.
    assert [source >= 0 for source in sources[Ingredient.GROOVE]] == [bool(bar) for bar in blend.parts.bars[Role.DRUMS]]
    assert set(sources[Ingredient.GROOVE]) == {-1, 1}


def test_rhythm_and_contour_are_the_parents_own(parents: list[Parent]) -> None:
    blend = blend_of(parents, 0.5)
    bars = notes_by_bar(blend.grid, Role.LEAD)
    for index, slot in enumerate(blend.plan.form.slots[:-1]):
        source = blend.parts.bar_sources[Ingredient.RHYTHM][index]
        rhythm = parents[source].bars[Role.LEAD][slot.bars[source]]
        assert [note.onset for note in bars[index]] == [note.onset for note in rhythm]


def test_a_blend_survives_writing_and_reading(parents: list[Parent]) -> None:
    grid = blend_of(parents, 0.5).grid
    assert grids.from_score(midi.parse(midi.write(grids.to_score(grid)))) == grid


def test_arranged_parents_have_a_bar_for_each_bar_of_the_blend(parents: list[Parent]) -> None:
    blend = blend_of(parents, 0.5)
    for side, parent in enumerate(parents):
        arranged = arrange_parent(blend.plan, side)
        own = notes_by_bar(arranged, Role.LEAD)
        assert arranged.n_bars == blend.grid.n_bars
        expected = [parent.bars[Role.LEAD][slot.bars[side]] for slot in blend.plan.form.slots]
        assert [onset_pitches(bar) for bar in own] == [onset_pitches(bar) for bar in expected]


def test_three_pieces_blend(parents: list[Parent], march: Grid) -> None:
    tables = {role: march.notes(role) for role in (Role.LEAD, Role.BASS)}
    three = [*parents, Parent(replace_notes(march, tables, 8), 0, False)]
    thirds = np.full(3, 1 / 3)
    shares = BlendShares(thirds, True, lambda bars: IngredientShares.build(lambda _: np.tile(thirds, (len(bars), 1))))
    plan = plan_blend(three, shares)
    parts = compose(plan)
    assert 8 <= plan.n_bars <= 16
    assert consonance.count_minor_seconds(to_grid(plan, parts.bars))[0] == 0
    given = {parent for sources in parts.bar_sources.values() for parent in sources}
    assert given >= {0, 1, 2}


def test_what_lies_between_the_leads_is_taken_where_a_cell_changes(parents: list[Parent]) -> None:
    plan = plan_blend(parents, shares_of(0.5))
    cells = {cell_of(slot) for slot in plan.form.slots}
    between = BetweenLead([((0, 6), (6, 2), (8, 8))] * plan.n_bars, [((0.0, 72), (0.5, 76))] * plan.n_bars)
    changing = replace(plan.sources, rhythm_between=dict.fromkeys(cells, np.array([0.5, 0.5])), contour_between={})
    parts = compose(replace(plan, sources=changing), None, between)
    assert set(parts.bar_sources[Ingredient.RHYTHM]) == {2}
    assert set(parts.bar_sources[Ingredient.CONTOUR]) == {0, 1}
    assert {tuple(note.onset for note in bar) for bar in parts.bars[Role.LEAD]} == {(0, 6, 8)}
    both = replace(changing, contour_between=changing.rhythm_between)
    parts = compose(replace(plan, sources=both), None, between)
    assert set(parts.bar_sources[Ingredient.CONTOUR]) == {2}
    pitch_classes = {note.pitch % 12 for bar in parts.bars[Role.LEAD] for note in bar}
    assert {0, 4} & pitch_classes
    rests = BetweenLead([()] * plan.n_bars, [()] * plan.n_bars)
    assert set(compose(replace(plan, sources=both), None, rests).bar_sources[Ingredient.RHYTHM]) == {0, 1}


@pytest.mark.parametrize("weight", WEIGHTS)
def test_no_bar_is_silent_where_parents_without_a_common_role_play(march: Grid, ballad: Grid, weight: float) -> None:
    def only(grid: Grid, role: Role) -> Parent:
        return Parent(replace_notes(grid, {role: grid.notes(role)}, grid.n_bars), 0, False)

    parents = [only(ballad, Role.DRUMS), only(march, Role.LEAD)]
    blended = blend_of(parents, weight)
    playing = [arrange_parent(blended.plan, side) for side in (0, 1)]
    sounds = [
        np.any([sounding_bars(notes_by_bar(grid, role), grid.steps_per_bar) for role in grid.roles], axis=0)
        for grid in (blended.grid, *playing)
    ]
    assert not (~sounds[0] & (sounds[1] | sounds[2])).any()
