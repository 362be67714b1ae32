"""The MIDI fixtures have the properties that their docstrings state, and are the same on every machine."""

from __future__ import annotations

import hashlib

import midi_fixtures
import pytest
from score import midi, roles
from score.grid import from_score
from score.model import Score
from score.tempo_map import TempoMap
from servicekit.faults import Fault
from transposer.key_detection.detector import detect_key

E_MINOR, F_MAJOR, G_MAJOR = (4, True), (5, False), (7, False)

REASONS = {
    "frames_of_no_rate": "UNSUPPORTED_TIME_DIVISION",
    "zero_ticks_a_quarter": "UNSUPPORTED_TIME_DIVISION",
    "no_notes": "NO_NOTES",
    "too_large_3_mb": "MIDI_TOO_LARGE",
}
"""Reasons of the invalid files that are refused for another reason than `MIDI_UNREADABLE`."""


def seconds(score: Score) -> float:
    """Return the time of the last note's end."""
    return TempoMap.from_score(score).seconds(score.end_ticks)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("funk", "395ca62445bc35a6"),
        ("waltz", "5ff4150560ca25e1"),
        ("pop", "4ea6f2b1b3d64605"),
    ],
)
def test_songs_are_the_same_bytes_everywhere(name: str, digest: str) -> None:
    assert hashlib.sha256(getattr(midi_fixtures, name)()).hexdigest()[:16] == digest


@pytest.mark.parametrize(
    ("name", "bars", "meter", "bpm", "key"),
    [
        ("funk", 16, "4/4", 110, E_MINOR),
        ("waltz", 24, "3/4", 150, F_MAJOR),
        ("pop", 16, "4/4", 124, G_MAJOR),
    ],
)
def test_songs_are_as_described(name: str, bars: int, meter: str, bpm: float, key: tuple[int, bool]) -> None:
    score = midi.parse(getattr(midi_fixtures, name)())
    grid = from_score(score)
    assert (grid.meter, grid.n_bars, round(grid.mean_bpm)) == (meter, bars, bpm)
    assert [guess.role for guess in roles.assign(score)] == [
        roles.Role.LEAD,
        roles.Role.HARMONY,
        roles.Role.BASS,
        roles.Role.DRUMS,
    ]
    assert tuple(detect_key(score).key) == key
    assert score.notices == ()


def test_songs_can_be_repeated() -> None:
    once, twice = (from_score(midi.parse(midi_fixtures.pop(repeats))) for repeats in (1, 2))
    assert twice.n_bars == 2 * once.n_bars == 32


@pytest.mark.parametrize(
    ("name", "tracks", "length_s"),
    [
        ("drums_only", 1, 19.2),
        ("hundred_tracks", 100, 8.0),
        ("twenty_minutes", 4, 1200.0),
        ("seven_eight", 4, 18.0),
        ("forty_tempos", 2, sum(4 * 60 / (80 + 2 * bar) for bar in range(40))),
    ],
)
def test_unusual_files_are_accepted(name: str, tracks: int, length_s: float) -> None:
    score = midi.parse(getattr(midi_fixtures, name)())
    assert len(score.tracks) == tracks
    assert seconds(score) == pytest.approx(length_s, abs=0.1)


def test_there_are_enough_invalid_files() -> None:
    assert len(midi_fixtures.invalid_files()) >= 20


@pytest.mark.parametrize("name", sorted(midi_fixtures.invalid_files()))
def test_invalid_files_are_refused_with_a_reason(name: str) -> None:
    with pytest.raises(Fault, match=r"\w+ \w+.*\.$|bytes") as caught:
        midi.parse(midi_fixtures.invalid_files()[name])
    assert caught.value.reason == REASONS.get(name, "MIDI_UNREADABLE")


@pytest.mark.parametrize("name", sorted(midi_fixtures.damaged_files()))
def test_damaged_files_are_read_with_notices(name: str) -> None:
    score = midi.parse(midi_fixtures.damaged_files()[name])
    assert score.notices
    assert score.n_notes >= (300 if name == "truncated_half" else 630)
    assert midi.parse(midi.write(score)) == score


def test_pieces_with_flipped_bits_keep_what_is_before_the_damage() -> None:
    scores = [midi.parse(data) for data in midi_fixtures.bit_flipped_files(60).values()]
    assert {"TRACKS_DAMAGED", "VALUES_OUT_OF_RANGE"} <= {notice.reason for score in scores for notice in score.notices}
    assert min(score.n_notes for score in scores) >= 350
