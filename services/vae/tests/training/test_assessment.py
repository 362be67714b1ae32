"""The measures of the assessment, each on music whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid
from score.roles import Role
from vae.blending import fallback
from vae.blending.blend_options import BlendResult
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.piece import from_grid
from vae_training.data import heldout  # type: ignore[import-not-found]
from vae_training.evaluation import blend_eval  # type: ignore[import-not-found]
from vae_training.evaluation.interpolation_eval import (  # type: ignore[import-not-found]
    WEIGHTS,
    Paths,
    cost_figures,
    crossed_chords,
    path_figures,
)
from vae_training.evaluation.measures import consistency, diversity, ngram_model  # type: ignore[import-not-found]

LEAD, HARMONY, DRUMS = (ROLE_SPECS[role] for role in ("lead", "harmony", "drums"))


def lead(*bars: list[int]) -> Grid:
    """Make a grid of a lead: for each bar the events of its four quarters."""
    events = np.zeros(16 * len(bars), np.int16)
    events[::4] = [event for bar in bars for event in bar]
    return grids.from_events("4/4", {Role.LEAD: events})


def pair_of(*parents: Grid, key: heldout.Key | None = None) -> heldout.Pair:
    cut = tuple(from_grid(grids.to_score(grid), grid) for grid in parents)
    return heldout.Pair(("a", "b"), ("made", "made"), cut, (b"", b""), key)


def test_a_token_s_probability_is_witten_and_bell_s() -> None:
    # Of 0, 0, 1: three tokens of two kinds, so p(0) = (2 + 2 / 2) / (3 + 2). After 0 came 0 and 1, once each.
    model = ngram_model.LanguageModel(np.array([[0, 0, 1]]), classes=2, order=2)
    np.testing.assert_allclose(model.probabilities(np.array([[0, 0, 1]])), [[0.8, 0.55, 0.45]])
    np.testing.assert_allclose(model.cost(np.array([[0, 0, 1]])), [-math.log(0.8 * 0.55 * 0.45) / 3.0])


def test_probabilities_after_any_context_sum_to_one() -> None:
    rng = np.random.default_rng(1)
    model = ngram_model.LanguageModel(rng.integers(0, 5, (40, 12)), classes=5)
    contexts = np.repeat(rng.integers(0, 5, (20, 6)), 5, axis=0)
    ends = np.tile(np.arange(5), 20)[:, None]
    last = model.probabilities(np.concatenate([contexts, ends], axis=1))[:, -1]
    np.testing.assert_allclose(last.reshape(20, 5).sum(axis=1), 1.0)


def test_a_note_is_a_step_and_a_pitch_and_its_end_if_asked() -> None:
    wanted = np.array([[10, 0, 1, 12]], np.int16)
    held = np.array([[10, 0, 0, 12]], np.int16)
    assert window_distance.note_f1(wanted, held, LEAD).tolist() == [1.0]
    assert window_distance.note_f1(wanted, held, LEAD, with_ends=True).tolist() == [0.5]
    assert window_distance.note_f1(wanted, np.array([[10, 1, 0, 0]], np.int16), LEAD) == pytest.approx([2 / 3])


def test_voices_of_a_chord_may_change_places_and_strokes_count_by_class() -> None:
    chord = np.array([[[30, 20, 10, 0]]], np.int16)
    assert window_distance.note_f1(chord, chord[..., ::-1], HARMONY).tolist() == [1.0]
    assert window_distance.note_f1(np.array([[0b101]]), np.array([[0b001]]), DRUMS) == pytest.approx([2 / 3])
    silence = np.zeros((1, 4), np.int16)
    assert window_distance.note_f1(silence, silence, LEAD).tolist() == [1.0]


def test_distance_is_half_tokens_and_half_notes() -> None:
    first, second = np.array([[10, 0, 12, 0]], np.int16), np.array([[10, 0, 0, 0]], np.int16)
    assert window_distance.distance(first, second, LEAD) == pytest.approx([0.5 * 0.25 + 0.5 * (1.0 - 2 / 3)])


def test_spearman_shares_the_ranks_of_equals() -> None:
    assert diversity.spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 5.0])) == pytest.approx(math.sqrt(0.75))
    assert diversity.spearman(np.array([1.0, 2.0]), np.array([7.0, 7.0])) == 0.0


def test_distinct_ngrams_of_a_repeated_step_are_one() -> None:
    windows = np.array([[1, 1, 1, 1, 1, 1], [1, 2, 1, 2, 1, 2]], np.int16)
    assert diversity.distinct_ngrams(windows).tolist() == [1.0, 2.0]


def test_an_even_path_is_monotone_and_has_no_jump() -> None:
    first, second = np.full((3, 10), 20, np.int16), np.full((3, 10), 30, np.int16)
    blends = np.stack([np.where(np.arange(10) < round(10 * weight), second, first) for weight in WEIGHTS])
    found = path_figures(Paths(LEAD, first, second, blends))
    assert (found["spearman"], found["largest_step"], found["nearer_than_own"]) == (1.0, 1.0, 0.0)
    assert found["hamming_to_a"]["0.3"] == 0.3


def test_a_path_of_one_jump_is_seen() -> None:
    first, second = np.full((1, 10), 20, np.int16), np.full((1, 10), 30, np.int16)
    blends = np.stack([second if weight > 0.5 else first for weight in WEIGHTS])
    found = path_figures(Paths(LEAD, first, second, blends))
    assert found["largest_step"] == found["largest_step_of_a_pair"] == 10.0
    assert 0.8 < found["spearman"] < 0.9


def test_a_blend_nearer_to_its_parent_than_the_reconstruction_is_counted() -> None:
    first, second = np.full((1, 10), 20, np.int16), np.full((1, 10), 30, np.int16)
    worse = np.where(np.arange(10) < 5, 40, first).astype(np.int16)
    blends = np.stack([worse if weight == 0.0 else first if weight < 0.35 else second for weight in WEIGHTS])
    # At .1, .2 and .3 of the nine weights between, the blend is A itself, and the end is not.
    found = path_figures(Paths(LEAD, first, second, blends))
    assert found["nearer_than_own"] == pytest.approx(3 / 9, abs=1e-4)


def test_costs_relate_to_the_ends_by_their_shares() -> None:
    # B's tokens are rare, A's are common: a path that jumps in the middle costs what its nearer end does.
    model = ngram_model.LanguageModel(np.array([[20] * 30, [20] * 30, [30] * 3 + [20] * 27]), classes=90)
    first, second = np.full((1, 10), 20, np.int16), np.full((1, 10), 30, np.int16)
    blends = np.stack([second if weight > 0.5 else first for weight in WEIGHTS])
    found = cost_figures(Paths(LEAD, first, second, blends), model)
    low, high = (float(model.cost(window)[0]) for window in (first, second))
    assert found["cost_to_ends"]["0"] == found["cost_to_ends"]["1"] == 1.0
    assert found["cost_to_ends"]["0.2"] == pytest.approx(low / (0.8 * low + 0.2 * high), abs=1e-4)
    assert found["cost_to_data"] == found["cost_to_ends"]


def test_chords_cross_over_beat_by_beat() -> None:
    first, second = np.full((1, 8), 1, np.int8), np.full((1, 8), 2, np.int8)
    taken = [int((crossed_chords(first, second, weight) == 2).sum()) for weight in (0.0, 0.25, 0.5, 1.0)]
    assert taken == [0, 2, 4, 8]


@pytest.mark.parametrize(
    ("first", "second", "area"),
    [
        ((0.0, 1.0), (0.0, 1.0), 1.0),
        ((0.0, 1.0), (2.0, 1.0), 0.3173105),
        ((2.0, 1.0), (0.0, 1.0), 0.3173105),
        ((0.0, 1.0), (0.0, 2.0), 0.67733),
        ((60.0, 3.0), (64.0, 1.5), 0.34267),
    ],
)
def test_overlap_is_the_area_under_both_densities(
    first: tuple[float, float], second: tuple[float, float], area: float
) -> None:
    assert consistency.overlap(consistency.Gaussian(*first), consistency.Gaussian(*second)) == pytest.approx(
        area, abs=1e-4
    )


def test_consistency_compares_means_and_variances() -> None:
    found = consistency.compare([0.5, 0.7], [0.4, 0.8])
    assert found == pytest.approx((1.0, 0.25))
    assert consistency.compare([], [0.5]) is None


def test_a_piece_that_repeats_overlaps_wholly() -> None:
    grid = lead(*[[40, 42, 44, 45]] * 8)
    assert consistency.overlaps(grid.notes(Role.LEAD), 16) == ([1.0, 1.0], [1.0, 1.0])


def test_frames_are_four_bars_and_hop_two() -> None:
    # An octave up from bar 5 on: bars 1 to 4 and 3 to 6 share half, 5 to 8 the other half.
    grid = lead(*[[40, 42, 44, 45]] * 4, *[[52, 54, 56, 57]] * 4)
    pitches, durations = consistency.overlaps(grid.notes(Role.LEAD), 16)
    assert len(pitches) == 2
    assert pitches[0] == pytest.approx(pitches[1])
    assert 0.1 < pitches[0] < 0.6
    assert durations == [1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "key"), [("C major", (0, False)), ("G minor", (-2, True)), ("Bb major", (-2, False)), ("D dorian", (0, 0))]
)
def test_keys_are_read_from_their_names(name: str, key: tuple[int, bool]) -> None:
    assert heldout.key_of(name, grids.to_score(lead([40, 42, 44, 45]))) == key


def test_a_key_that_nobody_named_is_found_in_the_notes() -> None:
    # G A B C D E F# G, from MIDI 67: the event is the pitch less 19.
    scale = [pitch - 19 for pitch in (67, 69, 71, 72, 74, 76, 78, 79)]
    score = grids.to_score(lead(scale[:4], scale[4:], [48, 52, 55, 48]))
    assert heldout.key_of("", score) == (1, False)


def test_pieces_move_by_the_shortest_way() -> None:
    assert heldout.semitones_to(heldout.Key(0, False), heldout.Key(2, False)) == -2
    assert heldout.semitones_to(heldout.Key(1, False), heldout.Key(0, True)) == -5
    moved = heldout.transposed(grids.to_score(lead([40, 42, 44, 45])), -2)
    assert [note.pitch for note in moved.tracks[0].notes] == [57, 59, 61, 62]


def test_a_last_note_longer_than_two_bars_is_endless_unless_a_parent_has_one() -> None:
    short, long = lead(*[[40, 42, 44, 45]] * 5), lead([40, 42, 44, 45], [50, 0, 0, 0], *[[0, 0, 0, 0]] * 3)
    parents = pair_of(short, short).pieces
    assert blend_eval.overlong(long, parents) == (1, 0)
    assert blend_eval.overlong(long, pair_of(short, long).pieces) == (0, 0)
    stuck = lead([50, 0, 0, 0], *[[0, 0, 0, 0]] * 3, [40, 0, 0, 0])
    assert blend_eval.overlong(stuck, parents) == (0, 1)


def test_a_bar_is_empty_without_need_if_both_parents_sound_there() -> None:
    full = lead(*[[40, 42, 44, 45]] * 4)
    gap = lead([40, 42, 44, 45], [40, 42, 44, 45], [1, 0, 0, 0], [40, 42, 44, 45])
    whole = blend_eval.Whole(pair_of(full, full), 0.5, BlendResult(gap, ()))
    assert blend_eval.empty_bars(whole) == (1, 1)
    assert blend_eval.empty_bars(blend_eval.Whole(pair_of(full, gap), 0.0, BlendResult(full, ()))) == (0, 0)


def test_notes_out_of_key_are_counted_over_the_parents() -> None:
    # C D E F, and C D E F sharp.
    inside, outside = lead([41, 43, 45, 46]), lead([41, 43, 45, 47])
    whole = blend_eval.Whole(pair_of(inside, inside, key=heldout.Key(0, False)), 0.5, BlendResult(outside, ()))
    assert blend_eval.out_of_key([whole]) == {"blends": 25.0, "parents": 0.0, "points_more": 25.0}


def test_mended_windows_are_read_from_the_notices() -> None:
    grid = lead(*[[40, 42, 44, 45]] * 8)
    notice = fallback.fallback_notice(Role.LEAD, 1, 4)
    assert blend_eval.mended([blend_eval.Whole(pair_of(grid, grid), 0.5, BlendResult(grid, (notice,)))]) == {
        "lead": 0.25
    }


def test_a_blend_s_file_ends_every_note_it_begins() -> None:
    assert blend_eval.unmatched(BlendResult(lead(*[[40, 42, 44, 45]] * 4), ())) == 0
