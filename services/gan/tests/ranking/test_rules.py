"""Each check of a musician, on music that has just the fault it counts."""

from __future__ import annotations

import numpy as np
import pytest
from gan.planning.structure import NO_SOURCE
from gan.ranking.rules import check_melody, check_rules
from score.arrays import I16
from score.roles import Role


def line(*pitches: int, every: int = 4, steps: int = 64) -> I16:
    events = np.zeros(steps, np.int16)
    events[0] = 1
    for index, pitch in enumerate(pitches):
        events[index * every] = pitch - 19
    return events


def chords(*pitches: int, steps: int = 64) -> I16:
    events = np.zeros((steps, 4), np.int16)
    events[0] = 1
    events[0, : len(pitches)] = [pitch - 19 for pitch in pitches]
    return events


def checks(**events: I16) -> dict[str, float]:
    judged = check_rules({Role(role): values for role, values in events.items()}, 16, is_minor=False)
    return {name: value for name, value in judged.checks.items() if value}


TUNE = (60, 64, 67, 65, 62, 59, 60, 64, 67, 69, 71, 72, 67, 64)


def test_good_music_has_nothing_to_object_to() -> None:
    assert checks(lead=line(*TUNE[:-2], 60), harmony=chords(67, 64, 60), bass=line(36, 43, 43, 36, every=16)) == {}


def test_counts_silent_bars_and_roles_that_are_hardly_there() -> None:
    drums = np.zeros(64, np.int16)
    drums[:16:4] = 1
    assert checks(drums=drums) == {"silent_bars": 0.75, "absent": pytest.approx(0.5 / 0.75)}


def test_counts_another_key() -> None:
    sharp = tuple(pitch + 2 for pitch in TUNE)
    assert checks(lead=line(*sharp[:-2], 60), bass=line(36, every=16))["keyless"] == 1.0
    assert "keyless" not in checks(lead=line(*TUNE[:-2], 60), harmony=chords(67, 64, 60), bass=line(36, every=16))


def test_counts_what_does_not_end() -> None:
    assert checks(lead=line(*TUNE, 60, 62), harmony=chords(67, 64, 60), bass=line(36, every=16))["open"] == 1.0


@pytest.mark.parametrize(
    ("bars", "pitches", "lacks"), [(8, 2, 1 / 3), (8, 3, 0), (16, 3, 1 / 4), (16, 4, 0), (64, 4, 0)]
)
def test_counts_a_bass_on_which_harmony_stands(bars: int, pitches: int, lacks: float) -> None:
    notes = [36, 43, 48, 41, 38][: pitches + 1] * bars
    bass = line(*notes[: 2 * bars], every=8, steps=16 * bars)
    assert checks(bass=bass).get("static", 0) == pytest.approx(lacks)
    assert "static" not in checks(bass=line(steps=16 * bars))


def test_counts_repeated_notes_and_leaps() -> None:
    assert check_melody(line(*[60] * 16)) == {"stuck": 8 / 16, "leaps": 0.0}
    assert check_melody(line(*(60, 74, 67, 64) * 4))["leaps"] == pytest.approx(4 / 15)
    assert check_melody(line()) == {"stuck": 1.0, "leaps": 0.0}


def test_objection_is_the_weighted_sum() -> None:
    judgement = check_rules({Role.LEAD: line(*[61] * 16)}, 16, is_minor=False)
    assert judgement.checks == {
        "keyless": 1.0,
        "silent_bars": 0.0,
        "absent": 0.0,
        "open": 1.0,
        "stuck": 0.5,
        "leaps": 0.0,
    }
    assert judgement.penalty == pytest.approx(12 + 0.5 + 3 * 0.5)


def test_a_new_bar_that_says_again_what_was_said_is_stale() -> None:
    first, second = [60] + [0] * 15, [0, 62] + [0] * 14
    tune = np.array([*first, *second, *first, *first], np.int16)
    source = np.full((6, 4), NO_SOURCE)

    def stale() -> float:
        return check_rules({Role.LEAD: tune}, 16, is_minor=False, source=source).checks["stale"]

    assert stale() == 0.5
    source[3, 0] = 0
    assert stale() == pytest.approx(1 / 3)
    source[2, 0] = 0
    assert stale() == 0.0
    assert "stale" not in check_rules({Role.LEAD: tune}, 16, is_minor=False).checks


@pytest.mark.parametrize(
    ("bars", "standing"), [("AAAAABBBB", 0), ("AAAAAAAB", 2 / 8), ("ABABABABAAAAABAA", 1.4 / 16), ("    AAAA", 0)]
)
def test_counts_harmony_that_stands_still(bars: str, standing: float) -> None:
    triads = {"A": (67, 64, 60), "B": (67, 62, 59), " ": ()}
    harmony = np.concatenate([chords(*triads[bar], steps=16) for bar in bars])
    assert checks(harmony=harmony).get("standing", 0) == pytest.approx(standing)
