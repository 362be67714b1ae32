"""Performance: a score as messages at frames, on channels, with a length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from renderer.synthesis.performance import MAX_PARTS, Message, Part, perform
from score.model import Event, Note, Score, Tempo, Track

RATE_HZ = 48_000
QUARTER = 480


def test_a_note_becomes_program_onset_and_end(score: Callable[..., Score], track: Callable[..., Track]) -> None:
    played = perform(score(track([(QUARTER, QUARTER, 60)], program=5)), RATE_HZ)
    assert played.messages == (
        Message(0, 0, b"\xc0\x05"),
        Message(24_000, 0, b"\x90\x3c\x64"),
        Message(48_000, 0, b"\x80\x3c\x00"),
    )
    assert played.parts == (Part(0, 5),)
    assert played.n_frames == 48_000 + 3 * RATE_HZ


def test_time_follows_the_tempo_map(score: Callable[..., Score], track: Callable[..., Track]) -> None:
    notes = [(beat * QUARTER, 1, 60) for beat in range(5)]
    tempos = [Tempo(0, 500_000), Tempo(2 * QUARTER, 1_000_000), Tempo(3 * QUARTER, 250_000)]
    played = perform(score(track(notes), tempos=tempos), RATE_HZ)
    onsets = [message.frame for message in played.messages if message.data[0] == 0x90]
    assert onsets == [0, 24_000, 48_000, 96_000, 108_000]


@given(st.lists(st.tuples(st.integers(0, 9600), st.integers(1, 960), st.integers(0, 127)), min_size=1, max_size=40))
def test_every_note_begins_once_and_ends_within_the_length(notes: list[tuple[int, int, int]]) -> None:
    whole = Score(ticks_per_quarter=QUARTER, tracks=(Track(notes=tuple(Note(*note, 90) for note in notes)),))
    played = perform(whole, RATE_HZ)
    frames = [message.frame for message in played.messages]
    assert frames == sorted(frames)
    statuses = [message.data[0] for message in played.messages]
    assert statuses.count(0x90) == statuses.count(0x80) == len(notes)
    assert played.n_frames == frames[-1] + 3 * RATE_HZ


def test_a_key_that_is_struck_while_it_sounds_ends_and_begins_again(
    score: Callable[..., Score], track: Callable[..., Track]
) -> None:
    # On one synthesizer channel, the note-off of the first note would end the second one.
    first, second = track([(0, 2 * QUARTER, 60)]), track([(QUARTER, 2 * QUARTER, 60)])
    played = perform(score(first, second), RATE_HZ)
    assert [(message.frame, message.data[0]) for message in played.messages[1:]] == [
        (0, 0x90),
        (24_000, 0x80),
        (24_000, 0x90),
        (72_000, 0x80),
    ]


def test_keys_struck_together_sound_as_long_as_the_longer_one(
    score: Callable[..., Score], track: Callable[..., Track]
) -> None:
    played = perform(score(track([(0, QUARTER, 60)]), track([(0, 2 * QUARTER, 60)])), RATE_HZ)
    assert [message.frame for message in played.messages if message.data[0] == 0x80] == [48_000, 48_000]


def test_the_length_includes_what_the_pedal_holds(score: Callable[..., Score], track: Callable[..., Track]) -> None:
    pedal = [Event(0, b"\xb0\x40\x7f"), Event(2 * QUARTER, b"\xb0\x40\x00")]
    assert perform(score(track([(0, 100, 60)], others=pedal)), RATE_HZ).n_frames == 48_000 + 3 * RATE_HZ


def test_at_one_tick_notes_end_then_controllers_change_then_notes_begin(
    score: Callable[..., Score], track: Callable[..., Track]
) -> None:
    others = [Event(QUARTER, b"\xb0\x65\x00"), Event(QUARTER, b"\xb0\x64\x00"), Event(QUARTER, b"\xb0\x06\x0c")]
    played = perform(score(track([(0, QUARTER, 60), (QUARTER, QUARTER, 60)], others=others)), RATE_HZ)
    at_beat = [message.data for message in played.messages if message.frame == 24_000]
    assert at_beat == [b"\x80\x3c\x00", b"\xb0\x65\x00", b"\xb0\x64\x00", b"\xb0\x06\x0c", b"\x90\x3c\x64"]


def test_tracks_of_one_channel_and_program_share_a_part(
    score: Callable[..., Score], track: Callable[..., Track]
) -> None:
    one = [(0, QUARTER, 60)]
    played = perform(score(track(one, 3, 2), track(one, 3, 2), track(one, 4, 2), track(one, 0, 9)), RATE_HZ)
    assert played.parts == (Part(2, 3), Part(9, 0, is_drums=True), Part(2, 4))
    assert [part.is_drums for part in played.parts] == [False, True, False]
    onsets = [message.channel for message in played.messages if message.data[0] == 0x90]
    assert onsets == [0, 0, 2, 1]


def test_drums_are_a_part_of_their_own_on_any_channel() -> None:
    kit, tune = (Track("", 0, 10, (Note(0, QUARTER, 36, 90),), is_drum=is_drum) for is_drum in (True, False))
    pitched = Track("", 0, 9, (Note(0, QUARTER, 60, 90),), is_drum=False)
    assert perform(Score(tracks=(tune, kit, pitched)), RATE_HZ).parts == (
        Part(10, 0),
        Part(9, 0),
        Part(10, 0, is_drums=True),
    )


def test_controllers_without_notes_reach_every_part_of_their_channel(
    score: Callable[..., Score], track: Callable[..., Track]
) -> None:
    volume = Event(0, b"\xb2\x07\x40")
    one = [(0, QUARTER, 60)]
    whole = score(track(one, 3, 2), track(one, 4, 2), track(one, 5, 6), track([], 0, 2, others=[volume]))
    channels = [message.channel for message in perform(whole, RATE_HZ).messages if message.data == volume.data]
    assert sorted(channels) == [0, 2]


def test_texts_system_messages_and_channel_modes_are_not_sent(
    score: Callable[..., Score], track: Callable[..., Track]
) -> None:
    others = [Event(0, b"\xff\x05la"), Event(0, b"\xf0\x7e\x7f\x09\x01\xf7"), Event(0, b"\xb0\x7e\x01")]
    played = perform(score(track([(0, QUARTER, 60)], others=others)), RATE_HZ)
    assert [message.data[0] for message in played.messages] == [0xC0, 0x90, 0x80]


def test_more_programs_than_channels_play_on_their_channels_first_part(track: Callable[..., Track]) -> None:
    tracks = [track([(0, 1, 60)], program, channel) for channel in (0, 1, 2) for program in range(128)]
    played = perform(Score(ticks_per_quarter=QUARTER, tracks=tuple(tracks)), RATE_HZ)
    assert len(played.parts) == MAX_PARTS
    assert played.parts[:3] == (Part(0, 0), Part(1, 0), Part(2, 0))
    counts = np.bincount([message.channel for message in played.messages if message.data[0] == 0x90])
    assert counts.sum() == 384
    assert counts[2] == 128
