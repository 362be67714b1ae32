"""Each rule, on music that has just the fault that it measures."""

from __future__ import annotations

import numpy as np
import pytest
from gan.network.dims import NO_SOURCE
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


def faults(**events: I16) -> dict[str, float]:
    scores = check_rules({Role(role): values for role, values in events.items()}, 16, is_minor=False)
    return {name: value for name, value in scores.shares.items() if value}


TUNE = (60, 64, 67, 65, 62, 59, 60, 64, 67, 69, 71, 72, 67, 64)


def test_good_music_has_no_faults() -> None:
    assert faults(lead=line(*TUNE[:-2], 60), harmony=chords(67, 64, 60), bass=line(36, 43, 43, 36, every=16)) == {}


def test_measures_silent_bars_and_nearly_absent_roles() -> None:
    drums = np.zeros(64, np.int16)
    drums[:16:4] = 1
    assert faults(drums=drums) == {"silent_bars": 0.75, "absent_role": pytest.approx(0.5 / 0.75)}


def test_measures_another_key() -> None:
    sharp = tuple(pitch + 2 for pitch in TUNE)
    assert faults(lead=line(*sharp[:-2], 60), bass=line(36, every=16))["unclear_key"] == 1.0
    assert "unclear_key" not in faults(lead=line(*TUNE[:-2], 60), harmony=chords(67, 64, 60), bass=line(36, every=16))


def test_measures_a_missing_cadence() -> None:
    assert faults(lead=line(*TUNE, 60, 62), harmony=chords(67, 64, 60), bass=line(36, every=16))["no_cadence"] == 1.0


@pytest.mark.parametrize(
    ("bars", "pitches", "lacking"), [(8, 2, 1 / 3), (8, 3, 0), (16, 3, 1 / 4), (16, 4, 0), (64, 4, 0)]
)
def test_measures_a_static_bass(bars: int, pitches: int, lacking: float) -> None:
    notes = [36, 43, 48, 41, 38][: pitches + 1] * bars
    bass = line(*notes[: 2 * bars], every=8, steps=16 * bars)
    assert faults(bass=bass).get("static_bass", 0) == pytest.approx(lacking)
    assert "static_bass" not in faults(bass=line(steps=16 * bars))


def test_measures_repeated_notes_and_leaps() -> None:
    assert check_melody(line(*[60] * 16)) == {"repeated_notes": 8 / 16, "leaps": 0.0}
    assert check_melody(line(*(60, 74, 67, 64) * 4))["leaps"] == pytest.approx(4 / 15)
    assert check_melody(line()) == {"repeated_notes": 1.0, "leaps": 0.0}


def test_the_penalty_is_the_weighted_sum() -> None:
    scores = check_rules({Role.LEAD: line(*[61] * 16)}, 16, is_minor=False)
    assert scores.shares == {
        "unclear_key": 1.0,
        "silent_bars": 0.0,
        "absent_role": 0.0,
        "no_cadence": 1.0,
        "repeated_notes": 0.5,
        "leaps": 0.0,
    }
    assert scores.penalty == pytest.approx(12 + 0.5 + 3 * 0.5)


def test_measures_repeats_of_bars_planned_as_new() -> None:
    first, second = [60] + [0] * 15, [0, 62] + [0] * 14
    tune = np.array([*first, *second, *first, *first], np.int16)
    note_sources = np.full((6, 4), NO_SOURCE)

    def unplanned() -> float:
        return check_rules({Role.LEAD: tune}, 16, is_minor=False, note_sources=note_sources).shares["unplanned_repeats"]

    assert unplanned() == 0.5
    note_sources[3, 0] = 0
    assert unplanned() == pytest.approx(1 / 3)
    note_sources[2, 0] = 0
    assert unplanned() == 0.0
    assert "unplanned_repeats" not in check_rules({Role.LEAD: tune}, 16, is_minor=False).shares


@pytest.mark.parametrize(
    ("bars", "share"), [("AAAAABBBB", 0), ("AAAAAAAB", 2 / 8), ("ABABABABAAAAABAA", 1.4 / 16), ("    AAAA", 0)]
)
def test_measures_static_harmony(bars: str, share: float) -> None:
    triads = {"A": (67, 64, 60), "B": (67, 62, 59), " ": ()}
    harmony = np.concatenate([chords(*triads[bar], steps=16) for bar in bars])
    assert faults(harmony=harmony).get("static_harmony", 0) == pytest.approx(share)
