"""The description of a parent: chords, phrases, and the tempo octave."""

from __future__ import annotations

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid
from score.roles import Role
from vae.analysis import (
    bar_notes,
    chord_recognition,
    pitch_classes,
    tempo_octave,
)
from vae.analysis.parent import Parent

C, F, G, A_MINOR = 0, 5, 7, 21


def test_chords_of_plain_triads_are_recognized(march: Grid) -> None:
    symbols = Parent(march, 0, False).chord_symbols.reshape(-1, 2)
    assert symbols[:4].tolist() == [[C, C], [F, F], [G, G], [C, C]]
    assert symbols[8].tolist() == [A_MINOR, A_MINOR]


def test_chords_transpose_with_the_music(march: Grid) -> None:
    tables = {role: march.notes(role) + np.array([0, 0, 2, 0], np.int32) for role in march.roles}
    moved = Parent(bar_notes.replace_notes(march, tables, 16), 2, False)
    expected = [chord_recognition.transpose_chord(int(chord), 2) for chord in Parent(march, 0, False).chord_symbols]
    assert moved.chord_symbols.tolist() == expected


def test_equal_phrases_share_a_label(march: Grid, ballad: Grid) -> None:
    assert [phrase.label for phrase in Parent(march, 0, False).phrases] == [0, 0, 1, 0]
    assert [phrase.label for phrase in Parent(ballad, 0, False).phrases] == [0, 1, 0, 2]
    assert [(phrase.start, phrase.stop) for phrase in Parent(ballad, 0, False).phrases] == [
        (0, 4),
        (4, 8),
        (8, 12),
        (12, 16),
    ]


def test_the_relative_major_is_that_of_the_signature(march: Grid) -> None:
    assert Parent(march, 9, True).major_tonic == Parent(march, 0, False).major_tonic == 0


def test_viterbi_prefers_a_change_only_where_it_pays() -> None:
    scores = np.array([[0.0, -1.0], [-1.0, 0.0], [0.0, -1.0]])
    stay = -3.0 * (1.0 - np.eye(2))
    assert chord_recognition.viterbi(scores, lambda _: stay).tolist() == [0, 0, 0]
    assert chord_recognition.viterbi(scores, lambda _: 0.1 * stay).tolist() == [0, 1, 0]


def test_transition_probabilities_are_of_48_chords_and_normalized() -> None:
    table = np.exp(chord_recognition.log_transitions(0))
    assert table.shape == (48, 48)
    assert table.sum(axis=1) == pytest.approx(1.0, abs=0.05)
    np.testing.assert_array_equal(
        chord_recognition.log_transitions(3)[3, 3], chord_recognition.log_transitions(0)[0, 0]
    )


def test_other_tempos_come_near_the_leaders_in_half_or_double_time(march: Grid) -> None:
    def at_bpm(bpm: float) -> Grid:
        return grids.from_events("4/4", {Role.LEAD: march.events[Role.LEAD]}, bpm=bpm)

    assert tempo_octave.tempo_factors([at_bpm(120), at_bpm(48)]) == (1.0, 2.0)
    assert tempo_octave.tempo_factors([at_bpm(120), at_bpm(48)], leader=1) == (0.5, 1.0)
    assert tempo_octave.tempo_factors([at_bpm(120), at_bpm(60)]) == (1.0, 1.0)
    assert tempo_octave.tempo_factors([at_bpm(100), at_bpm(96), at_bpm(240)]) == (1.0, 1.0, 0.5)


def test_double_time_sounds_the_same(march: Grid) -> None:
    doubled = tempo_octave.scale_steps(march, 2.0)
    assert doubled.n_bars == 32
    assert doubled.mean_bpm == pytest.approx(240.0)
    assert doubled.notes(Role.LEAD)[:, 0].tolist() == (2 * march.notes(Role.LEAD)[:, 0]).tolist()
    halved = tempo_octave.scale_steps(doubled, 0.5)
    np.testing.assert_array_equal(halved.notes(Role.HARMONY), march.notes(Role.HARMONY))


def test_a_score_in_double_time_sounds_the_same(march: Grid) -> None:
    score = grids.to_score(march)
    doubled = grids.from_score(tempo_octave.scale_score(score, 2.0))
    assert doubled.n_bars == 32
    assert doubled.mean_bpm == pytest.approx(240.0)
    np.testing.assert_array_equal(doubled.notes(Role.LEAD)[:, 0], 2 * march.notes(Role.LEAD)[:, 0])


def test_lines_end_at_the_next_onset_and_at_the_end() -> None:
    note = bar_notes.BarNote
    clipped = bar_notes.clip_to_next_onset([(note(0, 30, 60, 80), note(8, 4, 62, 80)), (note(4, 99, 64, 80),)], 16)
    assert clipped == [(note(0, 8, 60, 80), note(8, 4, 62, 80)), (note(4, 12, 64, 80),)]


def test_notes_held_over_a_bar_line_sound_in_both_bars() -> None:
    held = [(bar_notes.BarNote(12, 8, 60, 80),), (), ()]
    assert bar_notes.sounding_bars(held, 16).tolist() == [True, True, False]


def test_pitch_class_arithmetic() -> None:
    assert pitch_classes.nearest_pitch(61, 0) == 60
    assert pitch_classes.nearest_pitch(67, 0) == 72
    assert pitch_classes.is_semitone_apart(59, [72])
    assert not pitch_classes.is_semitone_apart(60, [72, 62])
