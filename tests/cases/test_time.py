"""Beats, bars, tempo and lengths."""

from __future__ import annotations

import numpy as np
import pytest

from cases.midi_notes import line_f1
from cases.workbench import Workbench, messages, read

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PERFORMANCE = "performance-87.mid"
PICKUPS = {"time-pickup-3-4-before-4-4.mid": 1440, "time-pickup-5-8-before-6-8.mid": 1200}
"""Ticks of the first whole bar, at 480 a quarter and 120 quarters a minute."""


def test_the_beat_of_a_performance_is_found(workbench: Workbench) -> None:
    file = workbench.describe(workbench.upload(PERFORMANCE))
    summary = file["summary"]
    assert summary["grid"] == "found"
    assert 85 <= summary["tempo_bpm"] <= 89
    assert (summary["bars"], summary["meter"]) == (12, "4/4")
    assert "beat" in messages(file)
    roll = workbench.piano_roll(file["file_id"])
    assert roll["bars_s"][0] == pytest.approx(1.7, abs=0.07)
    onsets_s = [note[0] for track in roll["tracks"] for note in track["notes"]]
    assert min(onsets_s) == pytest.approx(1.7, abs=0.01)


def test_the_notes_of_a_performance_are_on_its_beats_in_a_blend(workbench: Workbench) -> None:
    result = workbench.midi(workbench.blend(PERFORMANCE, PERFORMANCE))
    onsets = np.array([note.onset_quarters for note in result.pitched])
    assert np.mean(np.abs(onsets - np.round(onsets)) < 0.2) > 0.95
    reference = workbench.midi(workbench.upload(PERFORMANCE)).pitched
    assert abs(len(result.pitched) - len(reference)) <= 5
    blended = workbench.describe(workbench.blend(PERFORMANCE, "ode.mid"))
    assert [notice["piece"] for notice in blended["notices"] if "beat" in notice["message"]] == ["performance-87"]


def test_the_grid_of_a_performance_is_overruled_and_found_again(workbench: Workbench) -> None:
    file_id = workbench.upload_bytes("played.mid", read(PERFORMANCE))
    assert workbench.client.download_midi(file_id) == read(PERFORMANCE)
    as_written = workbench.change(file_id, grid="file")
    assert (as_written["summary"]["grid"], as_written["summary"]["tempo_bpm"]) == ("file", 120)
    assert workbench.piano_roll(file_id)["tempo_bpm"] == pytest.approx(120)
    as_played = workbench.change(file_id, grid="found")
    assert as_played["summary"]["grid"] == "found"
    assert 85 <= workbench.piano_roll(file_id)["tempo_bpm"] <= 89
    assert workbench.client.download_midi(file_id) == read(PERFORMANCE)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 0.7, 1.0])
def test_one_music_in_two_note_values_blends_to_itself(workbench: Workbench, weight: float) -> None:
    result = workbench.blend("ode.mid", "ode-in-eighths-60.mid", weight=weight)
    tune = workbench.midi(workbench.upload("ode.mid")).track("Flute")
    assert line_f1(tune, workbench.midi(result).track("Lead")) > 0.9
    tempo_bpm = workbench.describe(result)["summary"]["tempo_bpm"]
    assert min(abs(tempo_bpm - 60), abs(tempo_bpm - 120)) < 1
    if 0 < weight < 1:
        assert any(word in messages(workbench.describe(result)) for word in ("half", "halves", "double"))


@pytest.mark.parametrize("name", ["time-ritardando.mid", "time-fermata.mid"])
def test_a_tempo_curve_is_kept_at_every_beat(workbench: Workbench, name: str) -> None:
    result = workbench.blend(name, name)
    before = workbench.midi(workbench.upload(name)).seconds_of_beats(0, 64)
    after = workbench.midi(result).seconds_of_beats(0, 64)
    assert np.abs(after / before - 1).max() < 0.02
    notices = workbench.describe(result)["notices"]
    assert len(notices) == 1, notices
    assert "tempo" in notices[0]["message"].lower()


@pytest.mark.parametrize("name", PICKUPS)
def test_a_pickup_in_a_meter_of_its_own_keeps_its_eighths(workbench: Workbench, name: str) -> None:
    first_bar_s = PICKUPS[name] / 960
    file_id = workbench.upload(name)
    assert workbench.piano_roll(file_id)["bars_s"][1] == pytest.approx(first_bar_s, abs=0.01)
    result = workbench.blend(name, name)
    original = [note.onset_s for note in workbench.midi(file_id).pitched]
    blended = [note.onset_s for note in workbench.midi(result).track("Lead")]
    assert np.allclose(np.diff(original), np.diff(blended), atol=0.03)
    offset_s = blended[0] - original[0]
    bars_s = np.array(workbench.piano_roll(result)["bars_s"])
    assert np.abs(bars_s - (first_bar_s + offset_s)).min() < 0.03


def test_the_bar_line_after_a_pickup_without_padding_is_found(workbench: Workbench) -> None:
    result = workbench.blend("time-pickup-without-padding.mid", "ode.mid")
    onsets = np.array([note.onset_quarters for note in workbench.midi(result).track("Bass")])
    in_bar = onsets % 4
    distance = np.minimum(np.abs(in_bar % 2), 2 - np.abs(in_bar % 2))
    assert distance.max() < 0.1, sorted(set(np.round(in_bar, 2).tolist()))


@pytest.mark.parametrize("weight", [0.3, 0.5, 0.7])
def test_silence_before_the_music_is_no_music(workbench: Workbench, weight: float) -> None:
    result = workbench.describe(workbench.blend("time-thirty-silent-bars.mid", "saints.mid", weight=weight))
    assert result["summary"]["bars"] == 16
    text = messages(result).lower()
    assert "silen" in text or "empty" in text, text


def test_silence_comes_back_with_the_original(workbench: Workbench) -> None:
    result = workbench.blend("time-thirty-silent-bars.mid", "saints.mid", weight=0.0, ends="original")
    assert workbench.midi(result).notes[0].onset_quarters == 120


def test_a_tick_over_the_bar_line_adds_no_bar(workbench: Workbench) -> None:
    name = "time-one-tick-over.mid"
    file_id = workbench.upload(name)
    assert workbench.describe(file_id)["summary"]["bars"] == 8
    assert len(workbench.piano_roll(file_id)["bars_s"]) == 8
    sections = workbench.client.http.get(f"/files/{file_id}/sections").json()["sections"]
    assert sum(section["bars"] for section in sections) == 8
    result = workbench.blend(name, name)
    assert workbench.describe(result)["summary"]["bars"] == 8


@pytest.mark.parametrize("weight", [0.3, 0.4, 0.5])
def test_no_note_lasts_longer_than_the_longest_of_its_parents(workbench: Workbench, weight: float) -> None:
    parents = ("time-last-note.mid", "saints.mid")
    result = workbench.midi(workbench.blend(*parents, weight=weight))
    longest = [max(note.duration_quarters for note in workbench.midi(workbench.upload(name)).notes) for name in parents]
    assert max(note.duration_quarters for note in result.notes) <= max(longest) + 0.26
