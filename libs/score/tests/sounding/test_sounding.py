"""What is heard of a score: pedals, bends, volume, keys that are struck again, and programs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score.model import Event, Note, Score, Track
from score.sounding import bends, controls, end_restruck, keyed, sounding

ORGAN = (Note(0, 1440, 62, 90), Note(960, 1440, 62, 90), Note(1920, 1440, 62, 90), Note(2880, 1440, 62, 90))


def control(tick: int, number: int, value: int) -> Event:
    return Event(tick, bytes((0xB0, number, value)))


def bend(tick: int, semitones: float, bend_range: int = 2) -> Event:
    value = min(round(8192 + 8192 * semitones / bend_range), 16383)
    return Event(tick, bytes((0xE0, value & 127, value >> 7)))


def piece(*notes: Note, events: tuple[Event, ...] = ()) -> Score:
    return Score(tracks=(Track(notes=notes, others=events),))


def rows(score: Score, track: int = 0) -> list[tuple[int, int, int]]:
    return [(note.onset_ticks, note.end_ticks, note.pitch) for note in score.tracks[track].notes]


events = st.builds(
    lambda tick, data: Event(tick, bytes(data)),
    st.integers(0, 3000),
    st.one_of(
        st.tuples(
            st.just(0xB0),
            st.sampled_from([6, 7, 11, 64, 66, 100, 101, 120, 121, 123]),
            st.sampled_from([0, 2, 64, 127]),
        ),
        st.tuples(st.just(0xE0), st.integers(0, 127), st.integers(0, 127)),
        st.tuples(st.just(0xC0), st.integers(0, 127)),
    ),
)
notes = st.builds(Note, st.integers(0, 2000), st.integers(1, 900), st.integers(58, 64), st.integers(1, 127))
tracks = st.builds(
    lambda name, program, channel, found, others: Track(
        name, program, channel, tuple(sorted(found, key=lambda note: (note[0], note[2], note[1]))), tuple(others)
    ),
    st.just("Piano"),
    st.integers(0, 1),
    st.sampled_from([0, 1, 9]),
    st.lists(notes, max_size=8),
    st.lists(events, max_size=8).map(lambda found: sorted(found, key=lambda event: event.tick)),
)
scores = st.builds(lambda found: Score(tracks=tuple(found)), st.lists(tracks, min_size=1, max_size=3))


@settings(max_examples=100, deadline=None)
@given(scores)
def test_what_is_heard_is_heard_the_same_again(score: Score) -> None:
    once = sounding(score)
    again = sounding(once)
    assert again == once
    assert again.notices == once.notices


@settings(max_examples=100, deadline=None)
@given(scores)
def test_no_note_is_earlier_or_beyond_the_last_bar(score: Score) -> None:
    found = sounding(score)
    assert len(found.tracks) == len(score.tracks)
    for track, own in zip(found.tracks, score.tracks, strict=True):
        if track.notes:
            assert track.notes[0].onset_ticks >= own.notes[0].onset_ticks
            assert list(track.notes) == sorted(track.notes, key=lambda note: (note[0], note[2], note[1]))
    bar_ticks = 4 * score.ticks_per_quarter
    assert found.end_ticks <= max(-(-score.end_ticks // bar_ticks) * bar_ticks, score.end_ticks)


@settings(max_examples=100, deadline=None)
@given(scores)
def test_the_pedal_adds_no_note_and_only_lengthens(score: Score) -> None:
    for with_pedal, without in zip(sounding(score).tracks, keyed(score).tracks, strict=True):
        pairs = list(zip(with_pedal.notes, without.notes, strict=True))
        assert all(a[0] == b[0] and a[1] >= b[1] and a[2:] == b[2:] for a, b in pairs)


@settings(max_examples=100, deadline=None)
@given(scores)
def test_a_score_without_controllers_is_what_is_heard_but_for_keys_restruck(score: Score) -> None:
    plain = replace(score, tracks=tuple(replace(track, others=()) for track in score.tracks))
    assert sounding(plain) == end_restruck(plain)


def test_a_key_that_is_struck_while_it_sounds_is_struck_again() -> None:
    assert rows(end_restruck(piece(*ORGAN))) == [(0, 960, 62), (960, 1920, 62), (1920, 2880, 62), (2880, 4320, 62)]
    doubled = end_restruck(piece(Note(0, 200, 60, 90), Note(0, 480, 60, 50)))
    assert doubled.tracks[0].notes == (Note(0, 480, 60, 90),)


def test_the_pedal_lengthens_notes_until_it_is_lifted_or_the_key_is_struck_again() -> None:
    pedal = (control(10, 64, 127), control(900, 64, 0))
    played = (Note(0, 96, 48, 70), Note(0, 96, 60, 90), Note(480, 96, 60, 90), Note(960, 96, 62, 90))
    found = sounding(piece(*played, events=pedal))
    assert rows(found) == [(0, 900, 48), (0, 480, 60), (480, 900, 60), (960, 1056, 62)]
    assert found.tracks[0].others == ()
    assert rows(keyed(piece(*played, events=pedal))) == rows(piece(*played))


def test_a_pedal_that_is_lifted_and_pressed_at_once_lets_go() -> None:
    pedal = (control(0, 64, 127), control(480, 64, 0), control(480, 64, 127), control(960, 64, 0))
    assert rows(sounding(piece(Note(0, 96, 60, 90), Note(480, 96, 62, 90), events=pedal))) == [
        (0, 480, 60),
        (480, 960, 62),
    ]


def test_a_pedal_in_a_track_of_its_own_acts_on_its_channel_but_not_on_drums() -> None:
    pedal = Track(channel=0, others=(control(0, 64, 100), control(1000, 64, 20)))
    drums = Track(channel=9, notes=(Note(0, 30, 36, 90),), others=(Event(0, bytes((0xB9, 64, 127))),))
    score = Score(tracks=(Track(notes=(Note(0, 96, 60, 90),)), drums, pedal))
    found = sounding(score)
    assert rows(found) == [(0, 1000, 60)]
    assert rows(found, 1) == [(0, 30, 36)]


def test_a_pedal_that_is_never_lifted_holds_to_the_end_of_the_last_bar() -> None:
    assert rows(sounding(piece(Note(0, 96, 60, 90), Note(2000, 96, 62, 90), events=(control(0, 64, 127),)))) == [
        (0, 3840, 60),
        (2000, 3840, 62),
    ]


def test_sostenuto_holds_the_keys_that_are_down_when_it_is_pressed() -> None:
    pedal = (control(100, 66, 127), control(900, 66, 0))
    assert rows(sounding(piece(Note(0, 200, 60, 90), Note(300, 100, 62, 90), events=pedal))) == [
        (0, 900, 60),
        (300, 400, 62),
    ]


@pytest.mark.parametrize("bend_range", [2, 12, 24])
def test_a_bend_of_a_semitone_and_more_is_a_pitch(bend_range: int) -> None:
    setting = (control(0, 101, 0), control(0, 100, 0), control(0, 6, bend_range))
    wheel = (bend(490, 2, bend_range), bend(936, 0, bend_range))
    found = sounding(piece(Note(0, 456, 66, 90), Note(480, 456, 64, 90), events=(*setting, *wheel)))
    assert rows(found) == [(0, 456, 66), (480, 936, 66)]
    assert found.tracks[0].others == ()
    assert [notice.reason for notice in found.notices] == ["NOTES_BENT"]


def test_vibrato_is_no_pitch() -> None:
    wheel = tuple(bend(tick, 0.4 * (-1) ** (tick // 40)) for tick in range(0, 960, 40))
    assert rows(sounding(piece(Note(0, 960, 60, 90), events=wheel))) == [(0, 960, 60)]
    wide = tuple(bend(tick, (-1) ** (tick // 60)) for tick in range(0, 960, 60))
    assert len(rows(sounding(piece(Note(0, 960, 60, 90), events=wide)))) == 1


def test_a_bend_between_two_held_pitches_begins_a_note_in_the_middle_of_the_slide() -> None:
    slide = tuple(bend(480 + 6 * step, step / 10) for step in range(21))
    assert rows(sounding(piece(Note(0, 960, 60, 90), events=slide))) == [(0, 540, 60), (540, 960, 62)]


def test_silent_notes_are_left_out_with_a_notice() -> None:
    flute = Track("Flute", 73, 1, (Note(0, 480, 72, 90),))
    old_take = Track("Old take", 65, 0, (Note(0, 480, 60, 90),), (control(0, 7, 0),))
    found = sounding(Score(tracks=(flute, old_take)))
    assert [len(track.notes) for track in found.tracks] == [1, 0]
    assert [notice.message for notice in found.notices] == [
        "Track 2 (Old take) is not heard, because its volume is 0: it has no role."
    ]
    faded = piece(Note(0, 480, 60, 90), Note(3840, 480, 60, 90), events=(control(1920, 11, 0),))
    assert rows(sounding(faded)) == [(0, 480, 60)]
    assert "(bar 3)" in sounding(faded).notices[0].message


def test_a_piece_in_which_all_is_silent_is_read_as_if_it_were_not() -> None:
    found = sounding(piece(Note(0, 480, 60, 90), events=(control(0, 7, 0),)))
    assert found.tracks[0].notes == (Note(0, 480, 60, 90),)
    assert [notice.reason for notice in found.notices] == ["TRACKS_SILENT"]


def test_volume_and_expression_scale_velocities() -> None:
    events = (control(0, 7, 50), control(960, 11, 127), control(1920, 11, 64))
    found = sounding(piece(Note(0, 480, 60, 100), Note(1920, 480, 60, 100), events=events))
    assert [note.velocity for note in found.tracks[0].notes] == [50, 25]


def test_the_balance_is_kept_where_volumes_are_greater_than_velocities_allow() -> None:
    loud = Track("Loud", 0, 0, (Note(0, 480, 60, 120),), (control(0, 7, 127),))
    soft = Track("Soft", 0, 1, (Note(0, 480, 60, 120),))
    assert [track.notes[0].velocity for track in sounding(Score(tracks=(loud, soft))).tracks] == [127, 100]


def test_a_track_has_the_program_of_its_first_note() -> None:
    changes = (Event(480, bytes((0xC0, 73))), Event(3840, bytes((0xC0, 56))))
    track = sounding(piece(Note(960, 480, 60, 90), Note(3840, 480, 60, 90), events=changes)).tracks[0]
    assert (track.program, track.others) == (73, changes[1:])


def test_a_program_change_in_a_track_of_its_own_acts_on_its_channel() -> None:
    control_track = Track(channel=0, others=(Event(480, b"\xc0\x49"), Event(3840, b"\xc0\x38")))
    score = Score(tracks=(control_track, Track(notes=(Note(960, 480, 60, 90), Note(3840, 480, 60, 90)))))
    tracks = sounding(score).tracks
    assert (tracks[0].others, tracks[1].program, tracks[1].others) == ((), 73, control_track.others[1:])


def test_reading_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = (bend(0, 2), bend(100, 2), bend(200, 2))
    monkeypatch.setattr(bends, "_MAX_BENDS_UNDER_NOTES", 2)
    assert rows(sounding(piece(Note(0, 480, 60, 90), events=wheel))) == [(0, 480, 60)]
    monkeypatch.setattr(controls, "_MAX_COMMON_MESSAGES", 2)
    pedal = Track(others=(control(0, 64, 127), control(900, 64, 0)))
    one, other = Track(notes=(Note(0, 96, 60, 90),)), Track(program=1, notes=(Note(0, 96, 60, 90),))
    assert rows(sounding(Score(tracks=(one, pedal)))) == [(0, 900, 60)]
    assert rows(sounding(Score(tracks=(one, other, pedal)))) == [(0, 96, 60)]
