"""The measures of whole pieces, on tiny pieces whose values are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from score.grid import Grid
from score.quantization.note_table import NoteTable
from score.roles import Role
from vae_training.whole_blend import blend_path  # type: ignore[import-not-found]
from vae_training.whole_blend.measures import consonance, coverage, repetition  # type: ignore[import-not-found]
from vae_training.whole_blend.measures.recognition import (  # type: ignore[import-not-found]
    TuneIndex,
    contour_share,
    contours,
)
from vae_training.whole_blend.report import parent_plots  # type: ignore[import-not-found]

Build = Callable[..., Grid]


def melody(*pitches: int, gap: int = 4) -> NoteTable:
    """Return a melody of equal inter-onset intervals."""
    return np.array([(gap * at, gap * at + gap, pitch, 80) for at, pitch in enumerate(pitches)], np.int32)


def lead_of(*bars: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Return a lead of quarters."""
    return [
        (16 * bar + 4 * beat, 16 * bar + 4 * beat + 4, pitch)
        for bar, line in enumerate(bars)
        for beat, pitch in enumerate(line)
    ]


def test_repeated_bars_are_counted_among_sounding_ones(build_grid: Build) -> None:
    lead = lead_of((60, 62), (), (60, 62), (60, 64), (60, 62))
    grid = build_grid({Role.LEAD: lead, Role.BASS: [(0, 16, 36), (32, 48, 36), (64, 80, 38)]}, 5)
    assert repetition.repeated_lead_bars(grid) == 0.5
    assert repetition.repeated_whole_bars(grid) == 0.25


def test_a_piece_without_lead_repeats_nothing(build_grid: Build) -> None:
    assert repetition.repeated_lead_bars(build_grid({Role.BASS: [(0, 16, 36)]}, 1)) is None


def test_distinct_figures_are_those_of_three_moves() -> None:
    assert repetition.distinct_figure_share(melody(60, 62, 64, 66, 68, 70)) == pytest.approx(1 / 3)
    assert repetition.distinct_figure_share(melody(60, 62, 65, 66, 70)) == 1.0
    assert repetition.distinct_figure_share(melody(60, 62, 64)) is None


def test_clashes_are_semitones_from_the_accompaniment_on_quarters(build_grid: Build) -> None:
    harmony = [(0, 16, pitch) for pitch in (60, 64, 67)]
    lead = [(0, 2, 71), (2, 4, 71), (4, 8, 72), (8, 12, 74), (12, 16, 77)]
    grid = build_grid({Role.LEAD: lead, Role.HARMONY: harmony}, 2)
    assert consonance.count_lead_clashes(grid) == (2, 4)


def test_minor_seconds_are_between_roles_on_beats_one_and_three(build_grid: Build) -> None:
    lead = [(0, 4, 72), (4, 8, 71), (8, 16, 71)]
    grid = build_grid({Role.LEAD: lead, Role.BASS: [(0, 16, 36)]}, 1)
    assert consonance.count_minor_seconds(grid) == (1, 2)
    jig = build_grid({Role.LEAD: [(0, 6, 60), (6, 12, 61)], Role.BASS: [(0, 12, 36)]}, 1, meter="6/8")
    assert consonance.count_minor_seconds(jig) == (1, 2)


def test_the_last_note_is_compared_with_the_tonic(build_grid: Build) -> None:
    grid = build_grid({Role.LEAD: lead_of((60, 62, 67))}, 1)
    assert consonance.ends_on_tonic(grid, Role.LEAD, 7)
    assert not consonance.ends_on_tonic(grid, Role.LEAD, 0)
    assert consonance.ends_on_tonic(grid, Role.BASS, 0) is None


def test_a_leap_is_more_than_a_fifth() -> None:
    assert consonance.leap_share(melody(60, 67, 75, 60)) == pytest.approx(2 / 3)
    assert consonance.leap_share(melody(60)) is None


def test_time_out_of_key_is_weighted_by_duration(build_grid: Build) -> None:
    grid = build_grid({Role.LEAD: [(0, 12, 60), (12, 16, 61)]}, 1)
    assert consonance.out_of_key_share(grid, 0, is_minor=False) == 0.25
    both_sevenths = build_grid({Role.LEAD: [(0, 8, 70), (8, 16, 71)]}, 1)
    assert consonance.out_of_key_share(both_sevenths, 0, is_minor=True) == 0.0
    assert consonance.out_of_key_share(both_sevenths, 0, is_minor=False) == 0.5


def test_silent_lead_bars_are_those_where_one_parent_sounds(build_grid: Build) -> None:
    first = build_grid({Role.LEAD: lead_of((60,), (60,), (), ())}, 4)
    second = build_grid({Role.LEAD: lead_of((60,), (), (60,), ())}, 4)
    blend = build_grid({Role.LEAD: lead_of((60,), (60,), (), ())}, 4)
    assert coverage.count_silent_lead_bars(blend, (first, second)) == (1, 2)


def test_a_parents_own_bar_is_recognized_in_any_octave(build_grid: Build) -> None:
    parent = build_grid({Role.LEAD: lead_of((60, 64), (67, 72))}, 2)
    blend = build_grid({Role.LEAD: lead_of((72, 76), (60, 65), (), (55, 60))}, 4)
    assert coverage.is_parent_bar(blend, parent).tolist() == [True, False, True]


def test_both_parents_have_to_give_an_instrument(build_grid: Build) -> None:
    parts = {Role.LEAD: lead_of((60,)), Role.BASS: [(0, 16, 36)]}
    first = build_grid(parts, 1, {Role.LEAD: 1, Role.BASS: 33})
    second = build_grid(parts, 1, {Role.LEAD: 2, Role.BASS: 34})
    assert coverage.has_programs_of_both(build_grid(parts, 1, {Role.LEAD: 1, Role.BASS: 34}), (first, second))
    assert coverage.has_programs_of_both(first, (first, second)) is False
    assert coverage.has_programs_of_both(first, (first, first)) is None


def test_empty_bars_are_those_where_both_parents_sound(build_grid: Build) -> None:
    first = build_grid({Role.LEAD: lead_of((60,), (60,), (), ())}, 4)
    second = build_grid({Role.LEAD: lead_of((60,), (), (), ()), Role.BASS: [(16, 32, 36), (48, 64, 36)]}, 4)
    blend = build_grid({Role.BASS: [(0, 16, 36), (16, 32, 36)]}, 4)
    assert coverage.count_empty_bars(blend, (first, second)) == 0
    silent = build_grid({Role.BASS: [(32, 48, 36)]}, 4)
    assert coverage.count_empty_bars(silent, (first, second)) == 2


def test_a_tune_is_nearest_to_itself_by_all_terms() -> None:
    rng = np.random.default_rng(0)
    tunes = {str(name): melody(*rng.integers(55, 80, 30).tolist(), gap=2 + name) for name in range(6)}
    index = TuneIndex(tunes)
    ranks = index.ranks(tunes["3"], ["3", "5"])
    assert {kind: rank[0] for kind, rank in ranks.items()} == {"figures": 1, "contours": 1, "rhythms": 1}
    assert ranks["rhythms"][1] == 6


def test_contours_are_shared_in_any_key_and_rhythm() -> None:
    first, second = melody(60, 62, 64, 65, 67, 60), melody(65, 67, 69, 70, 72, 71, gap=3)
    assert contour_share(first, set(contours(second))) == 0.5
    index = TuneIndex({"a": first, "b": second, "c": melody(60, 60, 60, 60, 60)})
    assert index.mean_shared_contours(first, ["a", "b"]) == 0.0
    assert index.mean_shared_contours(first, ["a", "c"]) == 0.5


def test_a_straight_way_has_equal_steps() -> None:
    similarity = np.column_stack([np.linspace(1.0, 0.2, 9), np.linspace(0.2, 1.0, 9)])
    positions = blend_path.relative_positions(similarity)
    np.testing.assert_allclose(positions, np.linspace(0, 1, 9))
    assert blend_path.step_figures(positions) == (pytest.approx(1.0), 1.0)
    assert blend_path.relative_positions(np.ones((9, 2))) is None
    assert blend_path.step_figures(np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]))[0] == 8.0


def test_notes_are_attributed_to_the_parents_that_have_them(build_grid: Build) -> None:
    first = build_grid({Role.LEAD: lead_of((60, 62, 64))}, 1)
    second = build_grid({Role.LEAD: lead_of((72, 67, 65))}, 1)
    blend = build_grid({Role.LEAD: lead_of((60, 62, 65, 69))}, 1)
    expected = [parent_plots.BOTH, parent_plots.FIRST, parent_plots.SECOND, parent_plots.NEITHER]
    assert parent_plots.note_origins(blend, (first, second), Role.LEAD) == expected
