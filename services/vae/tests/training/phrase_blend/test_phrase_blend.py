"""Properties of whole phrase blends, at several weights and seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from score import grid as grids
from score import midi
from score.grid import Grid
from score.roles import PITCHED_ROLES, Role
from vae_training.phrase_blend.analysis.bar_notes import notes_by_bar, onset_pitches  # type: ignore[import-not-found]
from vae_training.phrase_blend.analysis.chord_recognition import CHORD_TONES  # type: ignore[import-not-found]
from vae_training.phrase_blend.blend import (  # type: ignore[import-not-found]
    blend_at_weight,
    blend_pair,
    read_parents,
)
from vae_training.phrase_blend.ingredients import Ingredients  # type: ignore[import-not-found]
from vae_training.phrase_blend.parts.aligned_parent import align_parent  # type: ignore[import-not-found]
from vae_training.whole_blend.measures import consonance  # type: ignore[import-not-found]

C_MAJOR = (0, False)
WEIGHTS = (0.1, 0.3, 0.5, 0.7, 0.9)


@pytest.fixture(scope="module")
def parents(march: Grid, song: Grid) -> Any:
    """Return both pieces as parents."""
    return read_parents((march, song), (C_MAJOR, C_MAJOR))


def grids_of(parents: Any) -> list[Grid]:
    """Return the parents on the grid."""
    return [parent.grid for parent in parents]


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("seed", [0, 5])
def test_rules_hold_on_strong_beats(parents: Any, weight: float, seed: int) -> None:
    grid = blend_at_weight(parents, weight, seed)
    assert consonance.count_minor_seconds(grid)[0] == 0
    shares = [
        n_clashes / n_notes for n_clashes, n_notes in map(consonance.count_lead_clashes, (grid, *grids_of(parents)))
    ]
    assert shares[0] <= max(shares[1:])


@pytest.mark.parametrize("weight", WEIGHTS)
def test_lead_notes_on_strong_beats_are_chord_notes(parents: Any, weight: float) -> None:
    blend = blend_pair(parents, Ingredients.from_weight(weight))
    is_chord_tone = [
        pitch % 12 in CHORD_TONES[blend.chords[onset // 8]]
        for onset, _, pitch, _ in blend.grid.notes(Role.LEAD).tolist()
        if onset % 8 == 0
    ]
    assert len(is_chord_tone) > blend.grid.n_bars
    assert np.mean(is_chord_tone) >= 0.8


@pytest.mark.parametrize("weight", WEIGHTS)
def test_the_lead_repeats_where_the_form_repeats(parents: Any, weight: float) -> None:
    blend = blend_pair(parents, Ingredients.from_weight(weight))
    bars = notes_by_bar(blend.grid, Role.LEAD)
    by_class: dict[object, set[object]] = {}
    for slot, bar in zip(blend.plan.slots[:-1], bars[:-1], strict=True):
        by_class.setdefault(slot.bar_class, set()).add(onset_pitches(bar))
    assert len(by_class) < len(bars)
    assert {len(contents) for contents in by_class.values()} == {1}


@pytest.mark.parametrize("weight", WEIGHTS)
def test_lead_and_bass_end_on_the_tonic(parents: Any, weight: float) -> None:
    grid = blend_at_weight(parents, weight)
    assert consonance.ends_on_tonic(grid, Role.LEAD, 0)
    assert consonance.ends_on_tonic(grid, Role.BASS, 0)


def test_a_blend_is_deterministic_by_seed(parents: Any) -> None:
    for seed in (0, 1, 2):
        assert blend_at_weight(parents, 0.5, seed) == blend_at_weight(parents, 0.5, seed)
    assert any(blend_at_weight(parents, 0.5, seed) != blend_at_weight(parents, 0.5, 0) for seed in range(1, 6))


def test_at_the_ends_a_blend_is_a_parent(parents: Any, march: Grid, song: Grid) -> None:
    assert blend_at_weight(parents, 0.0) == march
    assert blend_at_weight(parents, 1.0) == song


def test_at_a_half_both_parents_give_rhythm_and_contour(parents: Any) -> None:
    blend = blend_pair(parents, Ingredients.from_weight(0.5))
    assert set(blend.bar_sources) == {"rhythm", "contour", "harmony", "bass", "texture", "groove"}
    assert {len(sources) for sources in blend.bar_sources.values()} == {blend.grid.n_bars}
    for name in ("rhythm", "contour", "bass", "texture"):
        assert set(blend.bar_sources[name]) == {0, 1}
    assert set(blend.bar_sources["groove"]) == {1}


def test_rhythm_and_contour_are_the_parents_own(parents: Any) -> None:
    blend = blend_pair(parents, Ingredients.from_weight(0.5))
    bars = notes_by_bar(blend.grid, Role.LEAD)
    for index, slot in enumerate(blend.plan.slots[:-1]):
        source = blend.bar_sources["rhythm"][index]
        rhythm = parents[source].bars[Role.LEAD][slot.bars[source]]
        assert [note.onset for note in bars[index]] == [note.onset for note in rhythm]


def test_tempo_and_instruments_lie_between_the_parents(parents: Any) -> None:
    grid = blend_at_weight(parents, 0.5)
    assert grid.mean_bpm == pytest.approx((120 * 96) ** 0.5, rel=1e-4)
    programs = {grid.programs[role] for role in PITCHED_ROLES}
    assert programs & {56, 0, 58}
    assert programs & {40, 16, 33}


def test_a_blend_survives_writing_and_reading(parents: Any) -> None:
    grid = blend_at_weight(parents, 0.5)
    assert grids.from_score(midi.parse(midi.write(grids.to_score(grid)))) == grid


def test_aligned_parents_have_a_bar_for_each_bar_of_the_blend(parents: Any) -> None:
    blend = blend_pair(parents, Ingredients.from_weight(0.5))
    for side, parent in enumerate(parents):
        aligned = align_parent(parent, blend.plan, side)
        own = notes_by_bar(aligned, Role.LEAD)
        assert aligned.n_bars == blend.grid.n_bars
        expected = [parent.bars[Role.LEAD][slot.bars[side]] for slot in blend.plan.slots]
        assert [onset_pitches(bar) for bar in own] == [onset_pitches(bar) for bar in expected]


def test_pieces_of_two_meters_blend_in_the_first_ones(march: Grid, song: Grid) -> None:
    parents = read_parents((march.to_meter("3/4"), song), (C_MAJOR, C_MAJOR))
    grid = blend_at_weight(parents, 0.5)
    assert grid.meter == "3/4"
    assert consonance.ends_on_tonic(grid, Role.LEAD, 0)
    assert consonance.count_minor_seconds(grid)[0] == 0
