"""Who leads: kinds of arrangement that people bring, with and without names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from score.model import Note, Score, Track
from score.roles import Role, assign

QUARTER = 480
TUNE = (
    *((64, 1), (64, 1), (65, 1), (67, 1), (67, 1), (65, 1), (64, 1), (62, 1), (60, 1), (60, 1), (62, 1), (64, 1)),
    *((64, 1.5), (62, 0.5), (62, 2), (64, 1), (64, 1), (65, 1), (67, 1), (67, 1), (65, 1), (64, 1), (62, 1)),
    *((60, 1), (60, 1), (62, 1), (64, 1), (62, 1.5), (60, 0.5), (60, 2)),
)
BARS = ((60, 64, 67), (60, 64, 67), (60, 64, 67), (55, 59, 62)) * 2
"""The chord of each bar."""


def melody(shift: int = 0, velocity: int = 90) -> tuple[Note, ...]:
    at, notes = 0.0, []
    for pitch, quarters in TUNE:
        notes.append(Note(int(at * QUARTER), int(quarters * QUARTER * 0.95), pitch + shift, velocity))
        at += quarters
    return tuple(notes)


def pattern(step: float, pitches: list[tuple[int, ...]]) -> tuple[Note, ...]:
    """Repeat the pitches of each bar at every step; one bar has several steps."""
    notes = []
    for bar, stack in enumerate(pitches):
        for place in range(int(4 / step)):
            onset = int((bar * 4 + place * step) * QUARTER)
            notes.append(Note(onset, int(step * QUARTER * 0.9), stack[place % len(stack)], 80))
    return tuple(notes)


def together(step: float, pitches: list[tuple[int, ...]]) -> tuple[Note, ...]:
    voices = zip(*pitches, strict=True)
    return tuple(sorted(note for voice in voices for note in pattern(step, [(pitch,) for pitch in voice])))


CHORDS = Track("", 0, 1, together(2, [tuple(pitch - 12 for pitch in chord) for chord in BARS]))
BASS = Track("", 0, 2, pattern(2, [(chord[0] - 24,) for chord in BARS]))
ARPEGGIO = Track("", 0, 3, pattern(0.25, [(*(pitch + 24 for pitch in chord), chord[1] + 24) for chord in BARS]))
CLICK = Track("", 0, 4, tuple(note._replace(duration_ticks=60) for note in pattern(1, [(84,)] * 8)))
LEAD = Track("", 0, 0, melody())


def leads(*tracks: Track) -> list[int]:
    return [guess.track for guess in assign(Score(tracks=tracks)) if guess.role is Role.LEAD]


def test_an_arpeggio_above_the_tune_is_no_lead() -> None:
    assert leads(ARPEGGIO, CHORDS, LEAD, BASS) == [2]


def test_a_click_has_no_role() -> None:
    guesses = assign(Score(tracks=(CLICK, LEAD, CHORDS, BASS)))
    assert [guess.role for guess in guesses] == [None, Role.LEAD, Role.HARMONY, Role.BASS]
    accented = replace(
        CLICK, notes=tuple(note._replace(pitch=84 + 5 * (i % 4 == 0)) for i, note in enumerate(CLICK.notes))
    )
    assert assign(Score(tracks=(LEAD, accented)))[1].role is None
    assert assign(Score(tracks=(CLICK,)))[0].role is not None


def test_a_tune_below_the_chords_leads() -> None:
    high = Track("", 0, 1, together(2, [tuple(pitch + 12 for pitch in chord) for chord in BARS]))
    assert leads(high, Track("", 0, 0, melody(-12))) == [1]


def test_a_second_voice_in_thirds_is_no_lead() -> None:
    below = Track(
        "", 0, 5, tuple(note._replace(pitch=note.pitch - 3 - (note.pitch % 12 in (0, 5, 7))) for note in LEAD.notes)
    )
    assert leads(below, CHORDS, LEAD, BASS) == [2]
    both = Track("", 0, 0, tuple(sorted((*LEAD.notes, *below.notes))))
    assert leads(CHORDS, both, BASS) == [1]


def test_an_instrument_that_answers_is_no_lead() -> None:
    answers = tuple(
        Note(note.onset_ticks + QUARTER, 200, note.pitch + 12, 90)
        for note in LEAD.notes
        if note.duration_ticks > QUARTER
    )
    fills = tuple(sorted(note._replace(onset_ticks=note.onset_ticks + i * 240) for note in answers for i in range(2)))
    assert leads(Track("", 0, 4, fills), CHORDS, LEAD, BASS) == [2]


def test_tracks_of_one_line_lead_together() -> None:
    strings = [
        Track("Guitar", 25, 4 + i, tuple(note for note in LEAD.notes if low <= note.pitch < low + 3))
        for i, low in enumerate((60, 63, 66))
    ]
    assert leads(*strings, replace(CHORDS, program=27, name="Rhythm"), BASS) == [0, 1, 2]
    violins = (Track("Violin", 40, 0, LEAD.notes), Track("Violin", 40, 1, melody(-5)))
    assert leads(*violins, BASS) == [0]


def test_a_line_in_two_tracks_at_once_is_one_lead() -> None:
    assert leads(LEAD, CHORDS, replace(LEAD, program=48, channel=5), BASS) == [0, 2]


def test_a_piano_in_two_tracks_leads_with_its_right_hand() -> None:
    right = Track("", 0, 0, tuple(sorted((*LEAD.notes, *melody(-4)[::3]))))
    left = Track("", 0, 0, pattern(0.5, [tuple(pitch - 24 for pitch in chord) for chord in BARS]))
    assert leads(left, right) == [1]


def test_the_only_pitched_track_leads_unless_it_is_a_bass() -> None:
    kit = Track("", 0, 9, pattern(1, [(36, 38)] * 8))
    assert leads(LEAD, kit) == [0]
    assert [guess.role for guess in assign(Score(tracks=(BASS, kit)))] == [Role.BASS, Role.DRUMS]
    assert leads(Track("", 0, 0, melody(-17))) == [0]


@pytest.mark.parametrize(
    "name",
    [
        "Lead Vocal",
        "VOX",
        "Voz",
        "Canto",
        "Gesang",
        "Chant",
        "Mélodie",
        "Zang",
        "Śpiew",
        "Мелодия",
        "メロディ",
        "主旋律",
        "보컬",
    ],
)
def test_the_singer_leads_in_any_language(name: str) -> None:
    upper, lower = Track("Backing", 53, 0, LEAD.notes), Track(name, 53, 1, melody(-3))
    assert leads(upper, CHORDS, lower, BASS) == [2]


@pytest.mark.parametrize("name", ["Backing Vox", "Choir", "BGV", "Coro", "Хор", "コーラス", "和声"])
def test_a_choir_behind_the_singer_does_not_lead(name: str) -> None:
    assert leads(Track(name, 52, 5, melody(-4)), CHORDS, Track("Voice", 52, 0, LEAD.notes), BASS) == [2]


def test_confidence_is_lower_where_two_parts_could_lead() -> None:
    other = Track(
        "", 0, 5, tuple(note._replace(pitch=note.pitch + (2, 0, -2, 3)[i % 4]) for i, note in enumerate(LEAD.notes))
    )
    clear, unclear = (
        max(guess.confidence for guess in assign(Score(tracks=tracks)) if guess.role is Role.LEAD)
        for tracks in ((LEAD, CHORDS, BASS), (LEAD, other))
    )
    assert clear > 0.99 > unclear
