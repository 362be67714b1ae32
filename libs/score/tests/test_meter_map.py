"""Meter map: bars of any meter as bars of a grid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from score.meter_map import build_meter_map, irregular_meters
from score.model import Meter, Note, Score, Track


def piece(quarters: float, *meters: tuple[float, int, int]) -> Score:
    """A piece of one long note; meters by the quarter at which they begin."""
    return Score(
        meters=tuple(Meter(round(at * 480), numerator, denominator) for at, numerator, denominator in meters),
        tracks=(Track(notes=(Note(0, round(quarters * 480), 60, 80),)),),
    )


def steps(score: Score, *quarters: float) -> list[float]:
    found: list[float] = build_meter_map(score).steps_at([at * 480 for at in quarters]).tolist()
    return found


@pytest.mark.parametrize(
    ("meter", "expected", "words"),
    [
        ((4, 4), "4/4", None),
        ((2, 2), "4/4", None),
        ((2, 4), "4/4", "2/4 is counted as 4/4: the notes stay where they are."),
        ((3, 4), "3/4", None),
        ((6, 8), "6/8", None),
        ((3, 8), "6/8", "3/8 is counted as 6/8"),
        ((12, 8), "6/8", "12/8 is counted as 6/8"),
        ((3, 2), "3/4", "3/2 is counted as 3/4"),
        ((9, 8), "6/8", "9/8 is counted in dotted beats, two to a bar of 6/8: the notes stay where they are."),
        ((15, 8), "6/8", "15/8 is counted in dotted beats"),
        ((9, 4), "3/4", "9/4 is counted as 3/4"),
        ((5, 4), "4/4", "5/4 is not supported: read as 4/4"),
        ((7, 8), "4/4", "7/8 is not supported: read as 4/4"),
    ],
)
def test_every_meter_is_converted_with_a_notice(meter: tuple[int, int], expected: str, words: str | None) -> None:
    read = build_meter_map(piece(40, (0, *meter)))
    assert read.meter == expected
    assert read.steps_at([480 * 7]).tolist() == [28.0]
    messages = [notice.message for notice in read.notices]
    assert len(messages) == (words is not None)
    assert words is None or messages[0].startswith(words)


def test_without_a_meter_it_is_four_four() -> None:
    assert build_meter_map(piece(4)).meter == "4/4"


def test_a_change_of_meter_begins_a_bar() -> None:
    score = piece(18, (0, 4, 4), (8, 2, 4), (10, 4, 4))
    assert steps(score, 4, 8, 9.9, 10, 14) == pytest.approx([16, 32, 39.6, 48, 64])
    assert [notice.message for notice in build_meter_map(score).notices] == [
        "The meter changes 2 times (bars 3 and 4): read as 4/4.",
        "2/4 is counted as 4/4: the notes stay where they are.",
    ]


def test_a_short_first_bar_is_a_pickup() -> None:
    assert steps(piece(9, (0, 1, 4), (1, 4, 4)), 0, 1, 5) == pytest.approx([12, 16, 32])


@pytest.mark.parametrize(
    ("pickup", "meter", "n_steps"),
    [((3, 4), (4, 4), 12), ((5, 8), (6, 8), 10), ((3, 8), (4, 4), 6), ((2, 4), (3, 4), 8)],
)
def test_a_pickup_in_a_meter_of_its_own_keeps_its_rhythm(
    pickup: tuple[int, int], meter: tuple[int, int], n_steps: int
) -> None:
    quarters, per_bar = n_steps / 4, 16 if meter == (4, 4) else 12
    score = piece(quarters + 24, (0, *pickup), (quarters, *meter))
    expected = [per_bar - n_steps, per_bar - n_steps + 2, per_bar - 2, per_bar, per_bar + 4]
    assert steps(score, 0, 0.5, quarters - 0.5, quarters, quarters + 1) == pytest.approx(expected)
    assert build_meter_map(score).notices == ()


def tune(beats_of_pickup: int, n_bars: int = 12) -> Score:
    """A tune with long notes and a bass on the bar lines, after some beats alone."""
    start = 480 * beats_of_pickup
    lead = [Note(480 * beat, 450, 60 + beat, 80) for beat in range(beats_of_pickup)]
    bass = []
    for bar in range(n_bars):
        at = start + 1920 * bar
        lead += [Note(at, 1400, 67 + bar % 4, 80), Note(at + 1440, 450, 65, 80)]
        bass += [Note(at, 1800, (36, 41, 43, 38)[bar % 4], 80)]
    return Score(meters=(Meter(0, 4, 4),), tracks=(Track("Lead", notes=tuple(lead)), Track("Bass", notes=tuple(bass))))


@pytest.mark.parametrize("beats", [0, 1, 2, 3])
def test_a_pickup_without_padding_is_found_from_the_music(beats: int) -> None:
    score = tune(beats)
    assert build_meter_map(score).steps_at([480 * beats]).tolist() == [16.0 if beats else 0.0]
    assert [notice.reason for notice in build_meter_map(score).notices] == ["PICKUP_FOUND"] * (beats > 0)
    again = replace(score, provenance={"method": "vae"})
    assert build_meter_map(again).steps_at([480 * beats]).tolist() == [4.0 * beats]


def test_bars_without_evidence_stay_where_they_are() -> None:
    even = Score(tracks=(Track(notes=tuple(Note(480 * beat, 450, 60 + beat % 5, 80) for beat in range(64))),))
    assert build_meter_map(even).notices == ()


def test_the_rest_of_the_last_bar_keeps_its_rhythm() -> None:
    score = piece(20, (0, 1, 4), (1, 4, 4), (17, 3, 4))
    assert steps(score, 17, 18, 19, 20) == pytest.approx([80, 84, 88, 92])
    assert irregular_meters(score) == []


def test_a_waltz_in_a_march_keeps_its_beats_and_lengthens_the_last() -> None:
    score = piece(22, (0, 4, 4), (8, 3, 4), (14, 4, 4))
    assert build_meter_map(score).meter == "4/4"
    assert steps(score, 8, 9, 10, 10.5, 11, 12, 14) == pytest.approx([32, 36, 40, 42, 48, 52, 64])
    message = "3/4 was converted to 4/4: the last beat of each bar lasts for two."
    assert build_meter_map(score).notices[1][:2] == ("METER_CONVERTED", message)


def test_a_march_in_a_waltz_has_each_half_bar_in_a_bar() -> None:
    score = piece(22, (0, 3, 4), (12, 4, 4), (16, 3, 4))
    assert build_meter_map(score).meter == "3/4"
    assert steps(score, 12, 13, 13.5, 14, 15, 16, 17) == pytest.approx([48, 52, 54, 60, 64, 72, 76])


def test_what_is_played_just_before_a_lengthened_bar_line_stays_just_before_it() -> None:
    score = piece(22, (0, 4, 4), (8, 3, 4), (14, 4, 4))
    assert steps(score, 10.75, 10.9, 11) == pytest.approx([43, 47.6, 48])


def test_dotted_beats_in_a_march_are_half_bars() -> None:
    score = piece(28, (0, 4, 4), (16, 6, 8), (22, 4, 4))
    assert steps(score, 16, 16.5, 17, 17.5, 18, 19, 22) == pytest.approx([64, 66, 68, 72, 74, 80, 96])


@pytest.mark.parametrize(
    "meter", [(12, 8), (9, 8), (15, 8), (6, 8), (3, 8), (9, 16), (3, 4), (9, 4), (2, 4), (5, 4), (7, 8)]
)
def test_a_piece_in_one_meter_keeps_every_onset(meter: tuple[int, int]) -> None:
    eighths = [half / 2 for half in range(80)]
    assert steps(piece(40, (0, *meter)), *eighths) == [4 * at for at in eighths]


@pytest.mark.parametrize(
    ("meters", "names"),
    [
        ([(0, 5, 4)], ["5/4"]),
        ([(0, 7, 8), (14, 5, 8)], ["7/8", "5/8"]),
        ([(0, 4, 4), (16, 5, 4), (21, 4, 4)], ["5/4"]),
        ([(0, 4, 4), (32, 7, 8), (35.5, 4, 4)], []),
        ([(0, 12, 8), (12, 9, 8), (21, 3, 4)], []),
        ([(0, 2, 2), (12, 4, 2)], []),
    ],
)
def test_meters_are_irregular_where_they_last_for_more_than_a_tenth(
    meters: list[tuple[float, int, int]], names: list[str]
) -> None:
    score = piece(40, *meters)
    assert irregular_meters(score) == names
    found = [notice.message for notice in build_meter_map(score).notices if notice.reason == "IRREGULAR_METER"]
    assert [message.split()[0] for message in found] == names


def test_a_repeated_meter_changes_nothing() -> None:
    score = piece(12, (0, 4, 4), (2, 4, 4), (6, 4, 4))
    assert (steps(score, 6), build_meter_map(score).notices) == ([24], ())


def test_too_many_changes_of_meter_are_ignored() -> None:
    score = piece(2000, *[(at, 3 + at % 2, 4) for at in range(1500)])
    assert build_meter_map(score).meter == "3/4"
    assert steps(score, 1000) == [4000]
    message = "The meter changes 1499 times, as in a corrupt file: 3/4 is used throughout."
    assert build_meter_map(score).notices[0].message == message
