"""The defining properties of the baselines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from score.grid import Grid
from score.roles import Role
from vae_training.whole_blend import baselines  # type: ignore[import-not-found]
from vae_training.whole_blend.measures import consonance, coverage, repetition  # type: ignore[import-not-found]

PITCHES_OF_FIRST, PITCHES_OF_SECOND = (60, 64, 67, 72), (62, 65, 69, 74)


@pytest.fixture
def first(build_grid: Callable[..., Grid]) -> Grid:
    """Return 16 bars of quarters over a C major chord, in two repeated bars."""
    lead = [(4 * beat, 4 * beat + 4, PITCHES_OF_FIRST[beat * (1 + beat // 4 % 2) % 4]) for beat in range(64)]
    harmony = [(16 * bar, 16 * bar + 16, pitch) for bar in range(16) for pitch in (60, 64, 67)]
    return build_grid({Role.LEAD: lead, Role.HARMONY: harmony, Role.BASS: [(0, 256, 36)]}, 16)


@pytest.fixture
def second(build_grid: Callable[..., Grid]) -> Grid:
    """Return 16 bars of eighths that move stepwise, with drums."""
    lead = [(2 * at, 2 * at + 2, PITCHES_OF_SECOND[at % 4] + at // 8 % 3) for at in range(128)]
    drums = [(4 * beat, 4 * beat + 1, 36) for beat in range(64)]
    return build_grid({Role.LEAD: lead, Role.DRUMS: drums}, 16)


def bars(grid: Grid) -> list[repetition.BarContent]:
    contents: list[repetition.BarContent] = repetition.bar_contents(grid, Role.LEAD)
    return contents


def test_a_crossfade_alternates_by_bars(first: Grid, second: Grid) -> None:
    blend = baselines.alternate_bars(first, second, 0.5, 0)
    assert bars(blend)[::2] == bars(first)[::2]
    assert bars(blend)[1::2] == bars(second)[1::2]


def test_a_medley_alternates_by_eight_bars(first: Grid, second: Grid) -> None:
    blend = baselines.medley(first, second, 0.5, 0)
    assert bars(blend) == bars(first)[:8] + bars(second)[8:]


def test_layering_has_the_lead_of_one_over_the_bass_of_the_other(first: Grid, second: Grid) -> None:
    blend = baselines.layer(first, second, 0.5, 0)
    assert bars(blend) == bars(second)
    np.testing.assert_array_equal(blend.notes(Role.BASS), first.notes(Role.BASS))
    assert Role.HARMONY not in blend.events
    assert Role.DRUMS in blend.events


def test_a_coin_takes_notes_of_both_by_their_shares(first: Grid, second: Grid) -> None:
    assert bars(baselines.flip_coins(first, second, 0.0, 0)) == bars(first)
    assert bars(baselines.flip_coins(first, second, 1.0, 0)) == bars(second)
    half = baselines.flip_coins(first, second, 0.5, 3)
    known = {note for grid in (first, second) for bar in bars(grid) for note in bar}
    assert {note for bar in bars(half) for note in bar} <= known
    assert half == baselines.flip_coins(first, second, 0.5, 3)
    assert half != baselines.flip_coins(first, second, 0.5, 4)


def test_recombination_has_the_firsts_rhythm_and_form_without_clashes(first: Grid, second: Grid) -> None:
    blend = baselines.recombine(first, second, 0.5, 0)
    assert blend.notes(Role.LEAD)[:, 0].tolist() == first.notes(Role.LEAD)[:, 0].tolist()
    by_content: dict[repetition.BarContent, set[repetition.BarContent]] = {}
    for own, bar in zip(bars(first), bars(blend), strict=True):
        by_content.setdefault(own, set()).add(bar)
    assert {len(contents) for contents in by_content.values()} == {1}
    assert consonance.count_lead_clashes(blend)[0] == 0
    np.testing.assert_array_equal(blend.notes(Role.HARMONY), first.notes(Role.HARMONY))
    assert not coverage.is_parent_bar(blend, second).any()


def test_every_baseline_is_a_whole_piece(first: Grid, second: Grid) -> None:
    for baseline in baselines.BASELINES.values():
        blend = baseline(first, second, 0.5, 1)
        assert (blend.n_bars, blend.meter) == (16, "4/4")
        assert set(blend.programs) == set(blend.events)
