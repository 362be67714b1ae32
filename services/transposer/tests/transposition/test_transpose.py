"""Moving pieces: the shortest way, what moves along and what stays, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from score.model import Event, KeySignature, Note, Score, Tempo, Track
from servicekit.faults import InvalidInput, NoPitchedNotes
from transposer.key_detection.detector import Key, detect_key
from transposer.transposition.transpose import (
    ModePolicy,
    RangePolicy,
    Way,
    Wishes,
    by_semitones,
    shortest_way,
    to_agree,
    to_key,
)

Make = Callable[..., Score]


def pitches(score: Score, track: int = 0) -> list[int]:
    return [note.pitch for note in score.tracks[track].notes]


@pytest.mark.parametrize(
    ("start", "goal", "semitones"),
    [(0, 0, 0), (0, 5, 5), (0, 6, -6), (0, 7, -5), (0, 11, -1), (11, 0, 1), (9, 3, -6), (3, 8, 5)],
)
def test_the_shortest_way(start: int, goal: int, semitones: int) -> None:
    assert shortest_way(start, goal) == semitones


@pytest.mark.parametrize(
    ("is_minor", "target", "reached", "semitones"),
    [
        (False, Key(2, False), Key(2, False), 2),
        (False, Key(8, False), Key(8, False), -4),
        (True, Key(9, True), Key(9, True), -3),
        # C minor asked for E flat major, its relative, stays; C major asked for A minor likewise.
        (True, Key(3, False), Key(0, True), 0),
        (False, Key(9, True), Key(0, False), 0),
        (True, Key(0, False), Key(9, True), -3),
        (False, Key(0, True), Key(3, False), 3),
    ],
)
def test_minor_meets_the_relative_major(
    cadence: Make, is_minor: bool, target: Key, reached: Key, semitones: int
) -> None:
    moved = to_key(cadence(60, is_minor=is_minor), target)
    assert (moved.to_key, moved.semitones) == (reached, semitones)
    assert detect_key(moved.score).key == reached


@pytest.mark.parametrize(
    ("is_minor", "target", "reached", "semitones"),
    [
        (True, Key(3, False), Key(3, True), 3),
        (False, Key(9, True), Key(9, False), -3),
        (True, Key(0, True), Key(0, True), 0),
    ],
)
def test_the_parallel_key_is_reached_where_asked(
    cadence: Make, is_minor: bool, target: Key, reached: Key, semitones: int
) -> None:
    moved = to_key(cadence(60, is_minor=is_minor), target, Wishes(mode_policy=ModePolicy.PARALLEL))
    assert (moved.to_key, moved.semitones) == (reached, semitones)


def test_two_pieces_agree(cadence: Make) -> None:
    other = cadence(65)
    moved = to_agree(cadence(60), other)
    assert (moved.to_key, moved.semitones) == (Key(5, False), 5)
    assert to_agree(cadence(60, is_minor=True), other).to_key == Key(2, True)
    with pytest.raises(NoPitchedNotes, match="Only drums"):
        to_agree(other, Score(tracks=(Track(channel=9, notes=(Note(0, 1, 36, 1),)),)))


def test_the_way_in_range_is_of_at_most_an_octave(line: Make) -> None:
    wishes = Wishes(way=Way.IN_RANGE)
    # A flute that goes from its lowest to its highest note loses some either way: the shorter one is taken.
    assert to_key(line(59, 98, 60, 64, 67, 60), Key(2, False), wishes).semitones == 2
    assert to_key(line(60, 64, 67, 60), Key(11, False), wishes).semitones == -1
    assert to_key(line(60, 64, 67, 60), Key(9, False), wishes).semitones == 9
    assert to_key(line(96, 91, 88, 84), Key(3, False), wishes).semitones == -9


def test_a_track_that_changes_its_instrument_is_held_to_midi_alone(line: Make) -> None:
    flute = line(60, 64, 67, 60)
    changing = replace(flute, tracks=(replace(flute.tracks[0], others=(Event(960, b"\xc0\x0b"),)),))
    assert pitches(by_semitones(flute, -5).score) == [67, 59, 62, 67]
    assert pitches(by_semitones(changing, -5).score) == [55, 59, 62, 55]


def test_drums_and_all_that_is_no_note_stay(cadence: Make) -> None:
    score = cadence(60)
    controls = (Event(0, b"\xb0\x07\x64"), Event(10, b"\xe0\x00\x50"), Event(20, b"\xa0\x3c\x40"))
    piano = replace(score.tracks[0], others=controls)
    score = replace(score, tracks=(piano, *score.tracks[1:]), tempos=(Tempo(0, 400_000),), title="Song")
    moved = by_semitones(score, 3).score
    assert pitches(moved) == [pitch + 3 for pitch in pitches(score)]
    assert moved.tracks[2] == score.tracks[2]
    # Only the pressure on a single key names a pitch.
    assert moved.tracks[0].others == (*controls[:2], Event(20, b"\xa0\x3f\x40"))
    assert (moved.tempos, moved.title) == (score.tempos, "Song")


@pytest.mark.parametrize(
    ("fifths", "semitones", "moved"), [(0, 2, 2), (0, -1, 5), (0, 6, -6), (-3, 1, 4), (4, 1, -1), (6, 1, 1), (7, -1, 0)]
)
def test_key_signatures_move_along(cadence: Make, fifths: int, semitones: int, moved: int) -> None:
    score = cadence(60, keys=[KeySignature(0, fifths, False), KeySignature(960, fifths, True)])
    assert by_semitones(score, semitones).score.keys == (KeySignature(0, moved, False), KeySignature(960, moved, True))


def test_notes_beyond_the_range_are_folded_with_a_notice(line: Make) -> None:
    # A flute plays 59 to 98: what is outside already is only kept within MIDI.
    moved = by_semitones(line(0, 60, 90, 120, 127), 10)
    assert pitches(moved.score) == [10, 70, 88, 118, 125]
    message = "Notes that would leave the range of their instrument, folded back by octaves: 3."
    assert moved.notices == (("NOTES_FOLDED", message),)
    assert pitches(by_semitones(line(3, 60), -24).score) == [3, 60]
    freely = by_semitones(line(0, 60, 90, 120, 127), 10, Wishes(range_policy=RangePolicy.MIDI))
    assert pitches(freely.score) == [10, 70, 100, 118, 125]
    assert freely.notices[0].message == "Notes that would leave the range of MIDI, folded back by octaves: 2."


def test_an_interval_is_two_octaves_at_most(line: Make) -> None:
    assert pitches(by_semitones(line(60, 62), 24).score) == [84, 86]
    with pytest.raises(InvalidInput, match="by -24 to 24 semitones, not by 25"):
        by_semitones(line(60), 25)


def test_drums_alone_move_nowhere(line: Make) -> None:
    kit = line(36, 38, channel=9)
    moved = by_semitones(kit, 5)
    assert (moved.score, moved.semitones, moved.from_key, moved.to_key) == (kit, 0, None, None)
    assert moved.notices[0].reason == "DRUMS_ONLY"
    with pytest.raises(NoPitchedNotes, match="Only drums"):
        to_key(kit, Key(0, False))


@st.composite
def scores(draw: st.DrawFn) -> Score:
    row = st.tuples(st.integers(0, 2000), st.integers(1, 900), st.integers(45, 84), st.integers(1, 127))
    tracks = tuple(
        Track("", 0, channel, tuple(sorted(Note(*values) for values in rows)))
        for channel, rows in draw(
            st.dictionaries(st.sampled_from([0, 3, 9]), st.lists(row, min_size=1, max_size=20), min_size=1)
        ).items()
    )
    ordered = tuple(
        replace(track, notes=tuple(sorted(track.notes, key=lambda n: (n.onset_ticks, n.pitch, n.duration_ticks))))
        for track in tracks
    )
    keys = tuple(KeySignature(0, fifths, False) for fifths in draw(st.lists(st.integers(-6, 5), max_size=1)))
    return Score(tracks=ordered, keys=keys)


@given(scores(), st.integers(-24, 24))
@settings(max_examples=60, deadline=None)
def test_moving_back_restores_the_piece(score: Score, semitones: int) -> None:
    there = by_semitones(score, semitones)
    assert by_semitones(there.score, -semitones).score == score


@given(st.integers(0, 11), st.booleans(), st.integers(0, 11), st.booleans())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_key_is_reached_within_half_an_octave(
    cadence: Make, tonic: int, is_minor: bool, goal: int, goal_is_minor: bool
) -> None:
    moved = to_key(cadence(60 + tonic, is_minor=is_minor), Key(goal, goal_is_minor))
    assert -6 <= moved.semitones <= 5
    assert detect_key(moved.score).key == moved.to_key
