"""Each check of a musician, on music that has just the fault it counts."""

from __future__ import annotations

import numpy as np
import pytest
from gan.choice import WEIGHTS, judge, judge_line
from gan.hearing import Events, sounding_pitches
from score.roles import Role


def line(*pitches: int, every: int = 4, steps: int = 64) -> Events:
    events = np.zeros(steps, np.int16)
    events[0] = 1
    for index, pitch in enumerate(pitches):
        events[index * every] = pitch - 19
    return events


def chords(*pitches: int, steps: int = 64) -> Events:
    events = np.zeros((steps, 4), np.int16)
    events[0] = 1
    events[0, : len(pitches)] = [pitch - 19 for pitch in pitches]
    return events


def checks(**events: Events) -> dict[str, float]:
    return dict(judge({Role(role): values for role, values in events.items()}, 16, is_minor=False).checks)


def test_good_music_has_nothing_to_object_to() -> None:
    judged = checks(lead=line(*(60, 64, 67, 64) * 4), harmony=chords(67, 64, 60), bass=line(36, 43, 40, 48, every=16))
    assert judged == dict.fromkeys(WEIGHTS, 0.0)


def test_counts_empty_bars() -> None:
    drums = np.zeros(64, np.int16)
    drums[:16:4] = 1
    judged = checks(drums=drums)
    assert judged.pop("empty_bars") == 0.75
    assert set(judged.values()) == {0.0}


def test_counts_what_is_outside_the_key_and_clashes() -> None:
    judged = checks(lead=line(61, every=64), harmony=chords(60), bass=line(36, every=64))
    assert judged["outside_key"] == pytest.approx(1 / 3)
    assert judged["clashes"] == 1.0
    assert judged["lead_apart"] == 1.0
    assert judged["bass_apart"] == 0.0


def test_counts_thin_harmony_and_a_bass_that_stays() -> None:
    harmony = chords(67, 64)
    harmony[32, 1] = 1
    judged = checks(harmony=harmony, bass=line(36, 36, 43, 43, every=16))
    assert judged["thin"] == 0.5
    assert judged["one_chord"] == pytest.approx(1 / 3)


def test_the_leading_tone_belongs_to_minor() -> None:
    events = {Role.LEAD: line(68, every=64)}
    assert judge(events, 16, is_minor=True).checks["outside_key"] == 0.0
    assert judge(events, 16, is_minor=False).checks["outside_key"] == 1.0


def judged_line(*pitches: int) -> dict[str, float]:
    events = line(*pitches)
    return judge_line(events, sounding_pitches(events[None])[0], 16)


def test_counts_repeated_notes_leaps_and_standing_still() -> None:
    assert judged_line(*[60] * 16) == {"stuck": 12 / 16, "leaps": 0.0, "static": 1.0}
    assert judged_line(*(60, 74, 67, 64) * 4)["leaps"] == pytest.approx(4 / 15)
    assert judged_line() == {"stuck": 1.0, "leaps": 0.0, "static": 1.0}


def test_objection_is_the_weighted_sum() -> None:
    judgement = judge({Role.LEAD: line(*[61] * 16)}, 16, is_minor=False)
    assert judgement.objection == pytest.approx(4.0 + 3.0 * 12 / 16 + 2.0)
