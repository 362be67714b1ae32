"""Transposition: the interval, what is transposed and what stays, and transposing back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from score.model import Event, KeySignature, Note, Score, Tempo, Track
from servicekit.faults import InvalidInput, NoPitchedNotes
from transposer.key_detection.detector import detect_key
from transposer.key_detection.key import Key
from transposer.transposition.transpose import (
    ModePolicy,
    RangePolicy,
    TransposeDirection,
    TransposeOptions,
    shortest_interval,
    transpose_by_semitones,
    transpose_to_key,
    transpose_to_reference,
)

Make = Callable[..., Score]


def pitches(score: Score, track: int = 0) -> list[int]:
    return [note.pitch for note in score.tracks[track].notes]


@pytest.mark.parametrize(
    ("from_tonic", "to_tonic", "semitones"),
    [(0, 0, 0), (0, 5, 5), (0, 6, -6), (0, 7, -5), (0, 11, -1), (11, 0, 1), (9, 3, -6), (3, 8, 5)],
)
def test_the_shortest_interval(from_tonic: int, to_tonic: int, semitones: int) -> None:
    assert shortest_interval(from_tonic, to_tonic) == semitones


@pytest.mark.parametrize(
    ("is_minor", "target", "to_key", "semitones"),
    [
        (False, Key(2, False), Key(2, False), 2),
        (False, Key(8, False), Key(8, False), -4),
        (True, Key(9, True), Key(9, True), -3),
        # C minor with the target E flat major, its relative, stays; C major with the target A minor likewise.
        (True, Key(3, False), Key(0, True), 0),
        (False, Key(9, True), Key(0, False), 0),
        (True, Key(0, False), Key(9, True), -3),
        (False, Key(0, True), Key(3, False), 3),
    ],
)
def test_a_target_in_the_other_mode_becomes_its_relative(
    cadence: Make, is_minor: bool, target: Key, to_key: Key, semitones: int
) -> None:
    transposed = transpose_to_key(cadence(60, is_minor=is_minor), target)
    assert (transposed.to_key, transposed.semitones) == (to_key, semitones)
    assert detect_key(transposed.score).key == to_key


@pytest.mark.parametrize(
    ("is_minor", "target", "to_key", "semitones"),
    [
        (True, Key(3, False), Key(3, True), 3),
        (False, Key(9, True), Key(9, False), -3),
        (True, Key(0, True), Key(0, True), 0),
    ],
)
def test_the_parallel_key_is_reached_if_requested(
    cadence: Make, is_minor: bool, target: Key, to_key: Key, semitones: int
) -> None:
    transposed = transpose_to_key(
        cadence(60, is_minor=is_minor), target, TransposeOptions(mode_policy=ModePolicy.PARALLEL)
    )
    assert (transposed.to_key, transposed.semitones) == (to_key, semitones)


def test_a_reference_gives_the_target(cadence: Make) -> None:
    reference = cadence(65)
    transposed = transpose_to_reference(cadence(60), reference)
    assert (transposed.to_key, transposed.semitones) == (Key(5, False), 5)
    assert transpose_to_reference(cadence(60, is_minor=True), reference).to_key == Key(2, True)
    with pytest.raises(NoPitchedNotes, match="Only drums"):
        transpose_to_reference(reference, Score(tracks=(Track(channel=9, notes=(Note(0, 1, 36, 1),)),)))


def test_the_interval_in_range_is_at_most_an_octave(line: Make) -> None:
    options = TransposeOptions(direction=TransposeDirection.IN_RANGE)
    # A flute line from its lowest to its highest note is folded in both directions: the smaller interval is chosen.
    assert transpose_to_key(line(59, 98, 60, 64, 67, 60), Key(2, False), options).semitones == 2
    assert transpose_to_key(line(60, 64, 67, 60), Key(11, False), options).semitones == -1
    assert transpose_to_key(line(60, 64, 67, 60), Key(9, False), options).semitones == 9
    assert transpose_to_key(line(96, 91, 88, 84), Key(3, False), options).semitones == -9


def test_a_track_with_program_changes_is_folded_into_midi_alone(line: Make) -> None:
    flute = line(60, 64, 67, 60)
    changing = replace(flute, tracks=(replace(flute.tracks[0], others=(Event(960, b"\xc0\x0b"),)),))
    assert pitches(transpose_by_semitones(flute, -5).score) == [67, 59, 62, 67]
    assert pitches(transpose_by_semitones(changing, -5).score) == [55, 59, 62, 55]


def test_drums_and_other_events_stay(cadence: Make) -> None:
    score = cadence(60)
    controls = (Event(0, b"\xb0\x07\x64"), Event(10, b"\xe0\x00\x50"), Event(20, b"\xa0\x3c\x40"))
    piano = replace(score.tracks[0], others=controls)
    score = replace(score, tracks=(piano, *score.tracks[1:]), tempos=(Tempo(0, 400_000),), title="Song")
    transposed = transpose_by_semitones(score, 3).score
    assert pitches(transposed) == [pitch + 3 for pitch in pitches(score)]
    assert transposed.tracks[2] == score.tracks[2]
    # Only the pressure on a single key names a pitch.
    assert transposed.tracks[0].others == (*controls[:2], Event(20, b"\xa0\x3f\x40"))
    assert (transposed.tempos, transposed.title) == (score.tempos, "Song")


@pytest.mark.parametrize(
    ("fifths", "semitones", "to_fifths"),
    [(0, 2, 2), (0, -1, 5), (0, 6, -6), (-3, 1, 4), (4, 1, -1), (6, 1, 1), (7, -1, 0)],
)
def test_key_signatures_are_transposed(cadence: Make, fifths: int, semitones: int, to_fifths: int) -> None:
    score = cadence(60, keys=[KeySignature(0, fifths, False), KeySignature(960, fifths, True)])
    assert transpose_by_semitones(score, semitones).score.keys == (
        KeySignature(0, to_fifths, False),
        KeySignature(960, to_fifths, True),
    )


def test_notes_beyond_the_range_are_folded_with_a_notice(line: Make) -> None:
    # A flute plays 59 to 98: a note outside of it is only kept within MIDI's range.
    transposed = transpose_by_semitones(line(0, 60, 90, 120, 127), 10)
    assert pitches(transposed.score) == [10, 70, 88, 118, 125]
    message = "Notes that would leave the range of their instrument, folded back by octaves: 3."
    assert [each[:2] for each in transposed.notices] == [("NOTES_FOLDED", message)]
    assert pitches(transpose_by_semitones(line(3, 60), -24).score) == [3, 60]
    freely = transpose_by_semitones(line(0, 60, 90, 120, 127), 10, TransposeOptions(range_policy=RangePolicy.MIDI))
    assert pitches(freely.score) == [10, 70, 100, 118, 125]
    assert freely.notices[0].message == "Notes that would leave the range of MIDI, folded back by octaves: 2."


def test_an_interval_is_two_octaves_at_most(line: Make) -> None:
    assert pitches(transpose_by_semitones(line(60, 62), 24).score) == [84, 86]
    with pytest.raises(InvalidInput, match="by -24 to 24 semitones, not by 25"):
        transpose_by_semitones(line(60), 25)


def test_drums_alone_are_not_transposed(line: Make) -> None:
    kit = line(36, 38, channel=9)
    transposed = transpose_by_semitones(kit, 5)
    assert (transposed.score, transposed.semitones, transposed.from_key, transposed.to_key) == (kit, 0, None, None)
    assert transposed.notices[0].reason == "DRUMS_ONLY"
    with pytest.raises(NoPitchedNotes, match="Only drums"):
        transpose_to_key(kit, Key(0, False))


@st.composite
def scores(sample: st.DrawFn) -> Score:
    row = st.tuples(st.integers(0, 2000), st.integers(1, 900), st.integers(45, 84), st.integers(1, 127))
    tracks = tuple(
        Track("", 0, channel, tuple(sorted(Note(*values) for values in rows)))
        for channel, rows in sample(
            st.dictionaries(st.sampled_from([0, 3, 9]), st.lists(row, min_size=1, max_size=20), min_size=1)
        ).items()
    )
    ordered = tuple(
        replace(track, notes=tuple(sorted(track.notes, key=lambda n: (n.onset_ticks, n.pitch, n.duration_ticks))))
        for track in tracks
    )
    keys = tuple(KeySignature(0, fifths, False) for fifths in sample(st.lists(st.integers(-6, 5), max_size=1)))
    return Score(tracks=ordered, keys=keys)


@given(scores(), st.integers(-24, 24))
@settings(max_examples=60, deadline=None)
def test_transposing_back_restores_the_piece(score: Score, semitones: int) -> None:
    transposed = transpose_by_semitones(score, semitones)
    assert transpose_by_semitones(transposed.score, -semitones).score == score


@given(st.integers(0, 11), st.booleans(), st.integers(0, 11), st.booleans())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_key_is_reached_within_half_an_octave(
    cadence: Make, tonic: int, is_minor: bool, target_tonic: int, target_is_minor: bool
) -> None:
    transposed = transpose_to_key(cadence(60 + tonic, is_minor=is_minor), Key(target_tonic, target_is_minor))
    assert -6 <= transposed.semitones <= 5
    assert detect_key(transposed.score).key == transposed.to_key
