"""The description of a parent: chords, phrases, and the tempo octave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from score import grid as grids
from score.grid import Grid, GridTempo
from score.model import Meter, Note, Score, Tempo, Track
from score.tempo_map import TempoMap
from vae.analysis import (
    bar_notes,
    chord_recognition,
    pitch_classes,
    tempo_octave,
)
from vae.analysis.division import in_own_division
from vae.analysis.parent import Parent
from vae.pieces.piece import read_score

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


@pytest.mark.parametrize("octave", [-2, -1, 1, 2])
def test_the_beat_is_the_same_in_whatever_values_a_piece_is_written(march: Grid, ballad: Grid, octave: int) -> None:
    first, second = grids.to_score(march), grids.to_score(ballad)
    written = tempo_octave.choose_octaves([first, second], [16, 16])
    for at in (0, 1):
        scores = [first, second]
        scores[at] = tempo_octave.scale_score(scores[at], octave)
        counted = tempo_octave.choose_octaves(scores, [16, 16])
        assert [found - own for found, own in zip(counted, written, strict=True)] == [
            -octave if index == at else 0 for index in (0, 1)
        ]


def test_pieces_far_apart_meet_in_near_tempos(march: Grid) -> None:
    scores = [grids.to_score(replace(march, tempos=(GridTempo.at_bpm(0, bpm),))) for bpm in (120, 40, 300)]
    octaves = tempo_octave.choose_octaves(scores, [16, 16, 16])
    tempos = [bpm / 2.0**octave for bpm, octave in zip((120, 40, 300), octaves, strict=True)]
    assert max(tempos) / min(tempos) <= 2.25**2
    assert tempo_octave.choose_octaves([scores[0], Score()], [16, 1]) == [0, 0]


@pytest.mark.parametrize(("octave", "n_bars"), [(-1, 32), (1, 8)])
def test_a_score_in_other_values_sounds_the_same(march: Grid, octave: int, n_bars: int) -> None:
    score = grids.to_score(march)
    scaled = tempo_octave.scale_score(score, octave)
    times = [
        TempoMap.from_score(each).seconds_at([note.onset_ticks for note in each.tracks[0].notes])
        for each in (score, scaled)
    ]
    np.testing.assert_allclose(times[0], times[1], atol=1e-4)
    counted = grids.from_score(scaled)
    assert counted.n_bars == n_bars
    assert counted.mean_bpm == pytest.approx(120 / 2.0**octave)


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


@pytest.mark.parametrize("octave", [-1, 1])
def test_a_waltz_is_one_music_in_quarters_and_in_eighths(octave: int) -> None:
    def written(quarter: int, denominator: int) -> Score:
        beats = [Note(quarter * at, quarter - 10, 76 - at % 5, 80) for at in range(48)]
        bass = [Note(3 * quarter * bar, 2 * quarter, 40 + bar % 3, 80) for bar in range(16)]
        tracks = (Track("Lead", 73, 0, tuple(beats)), Track("Bass", 33, 1, tuple(bass)))
        return Score(meters=(Meter(0, 3, denominator),), tempos=(Tempo(0, 200_000 * 960 // quarter),), tracks=tracks)

    quarters, eighths = written(480, 4), written(240, 8)
    scaled, own = (eighths, quarters) if octave < 0 else (quarters, eighths)
    counted = in_own_division(read_score(tempo_octave.scale_score(scaled, octave)))
    expected = read_score(own)
    assert counted.grid.meter == expected.grid.meter == ("3/4" if octave < 0 else "6/8")
    for role, events in expected.grid.events.items():
        assert np.array_equal(counted.grid.events[role], events)
