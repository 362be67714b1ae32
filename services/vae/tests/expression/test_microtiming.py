"""What the grid took from the notes' timing comes back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from score import grid as grids
from score import midi
from score.grid import Grid
from score.model import Note, Score, Track
from score.roles import Role
from vae.alignment.window_alignment import Alignment
from vae.expression.microtiming import apply_timing, interpolate_timing
from vae.pieces.piece import Piece, from_grid

STEP = 120
ONE = Alignment(np.array([[0]]))
WHOLE = np.ones((1, 1), np.float32)


def piece(notes: Sequence[tuple[int, int]], drums: Sequence[int] = ()) -> Piece:
    """Return a piece of a lead of middle Cs (onset and duration in ticks), and strokes of a kick drum."""
    lead = tuple(Note(onset, duration, 60, 80) for onset, duration in notes)
    kick = tuple(Note(onset, 60, 36, 80) for onset in drums)
    score = Score(480, tracks=(Track("Lead", 73, 0, lead), Track("Drums", 0, 9, kick))[: 2 if drums else 1])
    return from_grid(score, grids.from_score(score, {0: Role.LEAD}))


def expressed(parents: Sequence[Piece], shares: Sequence[float], role: Role = Role.LEAD) -> tuple[Grid, Score]:
    """Write the first parent's grid with the timing of all."""
    alignment = Alignment(np.zeros((1, len(parents)), np.int64))
    timing = {role: interpolate_timing(parents, alignment, role, np.array([shares], np.float32), 32)}
    grid = parents[0].grid
    return grid, apply_timing(grids.to_score(grid), grid, timing)


def lead(score: Score) -> list[tuple[int, int]]:
    return [(note.onset_ticks, note.duration_ticks) for note in score.tracks[0].notes]


def test_a_piece_on_the_grid_stays_there() -> None:
    own = piece([(0, 240), (480, 120)])
    assert lead(expressed([own], [1.0])[1]) == [(0, 240), (480, 120)]


def test_late_notes_and_short_ones_come_back() -> None:
    played = [(0, 200), (500, 60), (960, 500)]
    assert lead(expressed([piece(played)], [1.0])[1]) == played


def test_half_of_a_late_piece_is_half_as_late() -> None:
    late, straight = piece([(0, 240), (520, 200)]), piece([(0, 240), (480, 240)])
    assert lead(expressed([late, straight], [0.5, 0.5])[1])[1] == (500, 220)


def test_a_file_of_a_blend_is_read_as_the_same_grid() -> None:
    rng = np.random.default_rng(0)
    played = [(step * STEP + int(rng.integers(0, 50)), int(rng.integers(20, 400))) for step in range(0, 32, 4)]
    grid, score = expressed([piece(played)], [1.0])
    again = grids.from_score(midi.parse(midi.write(score)), {0: Role.LEAD})
    assert np.array_equal(again.events[Role.LEAD], grid.events[Role.LEAD])


def test_a_note_ends_before_its_repetition() -> None:
    _, score = expressed([piece([(0, 230), (240, 200)])], [1.0])
    first, second = lead(score)
    assert sum(first) <= second[0]


def test_a_step_without_a_note_takes_the_timing_of_its_place_in_the_quarter() -> None:
    own = piece([(0, 100), (270, 100), (480, 100), (750, 100), (4000, 100)])
    timing = interpolate_timing([own], ONE, Role.LEAD, WHOLE, 32)
    assert timing.onset[[2, 6, 10, 4, 12], 0] == pytest.approx([0.25, 0.25, 0.25, 0.0, 0.0])


def test_drums_keep_the_timing_of_each_stroke() -> None:
    own = piece([(0, 240), (3600, 240)], drums=[0, 500, 960, 1460])
    _, score = expressed([own], [1.0], Role.DRUMS)
    assert [note.onset_ticks for note in score.tracks[1].notes] == [0, 500, 960, 1460]


def test_timing_is_not_carried_into_another_meter() -> None:
    own = piece([(0, 200), (500, 60), (3000, 600)])
    waltz = from_grid(own.score, own.grid.to_meter("3/4"))
    assert waltz.timing == {}
    assert not interpolate_timing([waltz], ONE, Role.LEAD, WHOLE, 24).onset.any()
