"""Laws of the alignment: how long a blend is, and which windows meet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from score import grid as grids
from score import midi
from score.roles import Role
from vae.alignment import window_alignment
from vae.alignment.dtw import align_sections, align_windows
from vae.blending.blend_weights import BlendWeights
from vae.pieces.piece import read_midi
from vae.pieces.sections import Section

Band = Callable[..., bytes]


@pytest.mark.parametrize(("weight", "expected"), [(0.0, 4), (0.25, 6), (0.5, 8), (0.75, 10), (1.0, 12)])
def test_length_goes_from_one_parent_to_the_other(weight: float, expected: int) -> None:
    assert window_alignment.blend_length([4, 12], BlendWeights(weight).mean_shares(2)) == expected


def test_length_of_a_curve_follows_its_mean() -> None:
    assert window_alignment.blend_length([4, 12], BlendWeights(curve=((0.0, 0.0), (1.0, 1.0))).mean_shares(2)) == 8


def test_a_piece_meets_itself_window_by_window(band: Band) -> None:
    piece = read_midi(band(12, seed=3))
    alignment = window_alignment.align([piece, piece], np.array([0.5, 0.5]))
    assert alignment.source_windows.tolist() == [[window, window] for window in range(6)]


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_at_the_ends_the_whole_parent_runs_once_in_order(band: Band, weight: float) -> None:
    pieces = [read_midi(band(12, seed=1)), read_midi(band(20, seed=2))]
    alignment = window_alignment.align(pieces, np.array([1.0 - weight, weight]))
    whole = int(weight)
    assert alignment.source_windows[:, whole].tolist() == list(range(pieces[whole].n_windows))


def test_a_short_piece_is_repeated_whole_beside_a_long_one(band: Band) -> None:
    pieces = [read_midi(band(4, seed=1)), read_midi(band(24, seed=2))]
    alignment = window_alignment.align(pieces, np.array([0.1, 0.9]))
    assert set(alignment.source_windows[:, 0]) == {0, 1}
    assert np.count_nonzero(np.diff(alignment.source_windows[:, 0])) >= 6
    assert (np.diff(alignment.source_windows[:, 1]) >= 0).all()


def test_the_silence_after_the_end_of_a_repeated_piece_stands_at_the_end_only(band: Band) -> None:
    # Nine bars: the fifth window is half empty.
    pieces = [read_midi(band(9, seed=1)), read_midi(band(40, seed=2))]
    assert [(piece.n_windows, piece.n_body_windows) for piece in pieces] == [(5, 4), (20, 20)]
    alignment = window_alignment.align(pieces, np.array([0.5, 0.5]))
    assert len(alignment) == 13
    assert np.flatnonzero(alignment.source_windows[:, 0] == 4).tolist() == [12]
    assert set(alignment.source_windows[:, 0]) == {0, 1, 2, 3, 4}


def test_a_piece_that_runs_once_keeps_its_last_half_window(band: Band) -> None:
    piece = read_midi(band(9, seed=1))
    assert window_alignment.align([piece, piece], np.array([0.5, 0.5])).source_windows[:, 0].tolist() == [0, 1, 2, 3, 4]


def test_a_note_held_through_the_last_bar_is_no_silence() -> None:
    lead = np.zeros(5 * 16, np.int16)
    lead[::8] = 41
    lead[56:] = 0
    held = read_midi(midi.write(grids.to_score(grids.from_events("4/4", {Role.LEAD: np.append(lead, [0] * 16)}))))
    assert (held.n_windows, held.n_body_windows) == (3, 3)


def test_three_pieces_run_side_by_side(band: Band) -> None:
    pieces = [read_midi(band(bars, seed=bars)) for bars in (8, 8, 16)]
    alignment = window_alignment.align(pieces, np.array([0.25, 0.25, 0.5]))
    assert alignment.source_windows.shape == (6, 3)
    assert (np.diff(alignment.source_windows[:, 2]) >= 0).all()


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_of_three_pieces_one_with_the_whole_share_runs_once_in_order(band: Band, whole: int) -> None:
    pieces = [read_midi(band(bars, seed=bars)) for bars in (8, 20, 14)]
    alignment = window_alignment.align(pieces, np.eye(3)[whole])
    assert alignment.source_windows[:, whole].tolist() == list(range(pieces[whole].n_windows))


def test_three_copies_meet_themselves(song: Band) -> None:
    piece = read_midi(song("ABAC"))
    alignment = window_alignment.align([piece] * 3, np.full(3, 1 / 3))
    assert alignment.source_windows.tolist() == [[window] * 3 for window in range(16)]


def test_sections_meet_whole_though_one_piece_takes_longer_over_them(song: Band) -> None:
    short, long = read_midi(song("ABAC", 12, seed=1)), read_midi(song("ABAC", 16, seed=1))
    alignment = window_alignment.align([short, long], np.array([0.5, 0.5]))
    assert len(alignment) == 28
    assert (alignment.source_windows // [6, 8] == np.repeat(np.arange(4), 7)[:, None]).all()


def test_a_section_that_returns_meets_its_like(song: Band) -> None:
    first, second = read_midi(song("ABAC", 8, seed=1)), read_midi(song("XYXZ", 12, seed=2))
    met = window_alignment.align([first, second], np.array([0.5, 0.5])).source_windows
    returns = [[tuple(row) for row in met[start : start + 5] - met[start]] for start in (0, 10)]
    assert met[[0, 10]].tolist() == [[0, 0], [8, 12]]
    assert returns[0] == returns[1]


def test_sections_are_matched_by_their_features() -> None:
    vectors = np.eye(3)
    first, second = vectors[[0, 0, 0, 0, 1, 1]], vectors[[0, 0, 1, 1, 1, 1]]
    path = align_sections(
        first, (Section(0, 4, "A"), Section(4, 6, "B")), second, (Section(0, 2, "A"), Section(2, 6, "B"))
    )
    assert path.tolist() == [[0, 0], [1, 1]]


def test_warping_finds_the_shifted_copy() -> None:
    vectors = np.eye(6)
    first = vectors[[0, 0, 1, 2, 3, 4, 5]]
    second = vectors[[0, 1, 2, 3, 4, 5, 5]]
    path = align_windows(first, second)
    assert [2, 1] in path.tolist()
    assert [4, 3] in path.tolist()
    assert path[0].tolist() == [0, 0]
    assert path[-1].tolist() == [6, 6]
