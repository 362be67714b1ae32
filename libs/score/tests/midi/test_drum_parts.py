"""Drum parts on any channel: by GS and XG messages, by banks, by name and content; and what is no kit."""

from __future__ import annotations

import pytest
from score import midi
from score.midi.drum_parts import is_kit
from score.model import Event, Note, Score, Track

GS_RESET = "f0 41 10 42 12 40 00 7f 00 41 f7"
XG_ON = "f0 43 10 4c 00 00 7e 00 f7"
GM_ON = "f0 7e 7f 09 01 f7"
BEAT = ((36, 42), (42,), (38, 42), (42,), (36, 42), (36, 42), (38, 42), (46,))
KIT = tuple(Note(i * 240, 60, pitch, 90) for i in range(32) for pitch in sorted(BEAT[i % len(BEAT)]))
BASS_LINE = tuple(Note(i * 240, 200, (36, 38, 42, 43, 36, 40, 42, 38)[i % 8], 90) for i in range(32))
TONE = (Note(480, 480, 60, 80),)


def parsed(channel: int, *messages: str, notes: tuple[Note, ...] = TONE) -> bool:
    events = tuple(Event(0, bytes.fromhex(message)) for message in messages)
    score = Score(tracks=(Track("", 0, channel, notes, events),))
    read = midi.parse(midi.write(score))
    assert midi.parse(midi.write(read)) == read
    return read.tracks[0].is_drum


@pytest.mark.parametrize(
    ("channel", "messages", "is_drum"),
    [
        (9, (), True),
        (10, (), False),
        (10, (GS_RESET, "f0 41 10 42 12 40 1a 15 01 10 f7"), True),
        (3, ("f0 41 10 42 12 40 14 15 02 10 f7",), True),
        (9, (GS_RESET, "f0 41 10 42 12 40 10 15 00 1b f7"), False),
        (10, (GS_RESET, "f0 41 10 42 12 40 1a 15 01 10 f7", GM_ON), False),
        (10, (XG_ON, "ba 00 7f", "ca 00"), True),
        (10, ("ba 00 7f",), True),
        (10, ("ba 00 7e",), True),
        (10, (GS_RESET, "ba 00 7f"), False),
        (10, (XG_ON, "f0 43 10 4c 08 0a 07 02 f7"), True),
        (9, (XG_ON, "f0 43 10 4c 08 09 07 00 f7"), False),
        (10, ("ba 00 78",), True),
        (9, ("b9 00 79",), False),
        (10, ("ba 00 7f", "ba 00 00"), False),
        (10, ("ba 00 08",), False),
        (10, ("f0 41 10 42 12 40 1a f7",), False),
    ],
)
def test_the_messages_of_a_file_make_a_part_drums(channel: int, messages: tuple[str, ...], *, is_drum: bool) -> None:
    assert parsed(channel, *messages) is is_drum


def test_a_message_after_the_first_note_is_too_late() -> None:
    late = Event(960, bytes.fromhex("ba 00 7f"))
    track = Track("", 0, 10, TONE, (late,))
    assert not midi.parse(midi.write(Score(tracks=(track,)))).tracks[0].is_drum


def test_a_message_in_another_track_counts_for_its_channel() -> None:
    setup = Track("setup", 0, 10, (), (Event(0, bytes.fromhex("ba 00 7f")),))
    score = midi.parse(midi.write(Score(tracks=(setup, Track("", 0, 10, TONE), Track("", 0, 11, TONE)))))
    assert [track.is_drum for track in score.tracks] == [False, True, False]


@pytest.mark.parametrize(
    "name", ["Drums", "DRM", "Schlagzeug", "Batterie", "Batería", "Ударные", "ドラム", "架子鼓", ""]
)
def test_a_kit_is_drums_by_its_name_and_pitches_or_by_how_it_is_played(name: str) -> None:
    assert parsed(4, notes=KIT)
    assert is_kit(Track(name, notes=KIT), 480)


@pytest.mark.parametrize(
    ("name", "pitches"),
    [
        ("Percussion", (36, 43, 36, 43)),
        ("Perc. (xylophone)", (72, 74, 76, 79)),
        ("Steel Drums", (60, 64, 67, 72)),
        ("Drums", (60, 62, 64, 65)),
        ("Snare", (60, 62, 64, 65)),
        ("Bass drum'n'bass", (36, 41, 43, 45)),
    ],
)
def test_a_name_alone_is_not_enough(name: str, pitches: tuple[int, ...]) -> None:
    assert not is_kit(Track(name, notes=tuple(Note(i * 480, 480, p, 80) for i, p in enumerate(pitches * 8))), 480)


def test_a_bass_with_the_pitches_of_a_kit_is_no_kit() -> None:
    assert not is_kit(Track("", 33, notes=BASS_LINE), 480)


@pytest.mark.parametrize(("name", "pitch"), [("Kick", 36), ("Snare 1", 38), ("HiHat", 42), ("Conga", 63)])
def test_one_drum_of_a_kit(name: str, pitch: int) -> None:
    assert is_kit(Track(name, notes=(Note(0, 60, pitch, 90), Note(480, 60, pitch, 90))), 480)
