"""What is heard: mutes, pedal, repeated keys, bends and programs."""

from __future__ import annotations

import numpy as np
import pytest

from cases.midi_notes import line_f1
from cases.workbench import Workbench, messages, roles

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SAMPLE_RATE_HZ = 44100


def test_a_muted_track_has_no_role_and_no_note_in_a_blend(workbench: Workbench) -> None:
    file = workbench.describe(workbench.upload("heard-muted-track.mid"))
    assert roles(file)[3] is None
    assert "Old take" in messages(file)
    assert workbench.piano_roll(file["file_id"])["tracks"][3]["notes"] == []
    result = workbench.midi(workbench.blend("heard-muted-track.mid", "ode.mid", weight=0.0))
    tune = workbench.midi(workbench.upload("ode.mid")).track("Flute")
    assert line_f1(tune, result.track("Lead")) > 0.9
    assert max(note.pitch for note in result.pitched) <= max(note.pitch for note in tune)


def test_notes_under_the_pedal_last_as_long_as_they_sound(workbench: Workbench) -> None:
    name = "heard-pedal.mid"
    upload, result = workbench.upload(name), workbench.blend(name, name)
    loudness = [np.sqrt(np.mean(np.square(workbench.play(file_id)))) for file_id in (upload, result)]
    assert loudness[1] / loudness[0] == pytest.approx(1.0, abs=0.2)
    # The pedal is up in the last 48 ticks of each half bar of four or two quarters; the keys are held for 96 ticks.
    notes = workbench.midi(result).pitched
    chords = [note for note in notes if note.pitch < 60 and note.onset_quarters % 4 == 0]
    assert chords
    assert min(note.duration_quarters for note in chords) > 1.5


def test_a_key_that_is_struck_while_it_sounds_is_struck_again(workbench: Workbench) -> None:
    file_id = workbench.upload("heard-overlap.mid")
    samples = workbench.play(file_id)
    seconds = [samples[second * SAMPLE_RATE_HZ : (second + 1) * SAMPLE_RATE_HZ] for second in range(9)]
    assert min(float(each.std()) for each in seconds) > 0.001
    roll = [note for track in workbench.piano_roll(file_id)["tracks"] for note in track["notes"]]
    assert [round(onset_s) for onset_s, *_ in roll] == [0, 2, 4, 6]
    for second in range(9):
        assert any(onset_s <= second and second + 0.9 <= onset_s + duration_s for onset_s, duration_s, *_ in roll)


def test_bends_are_pitches(workbench: Workbench) -> None:
    name = "heard-bends.mid"
    tune = workbench.midi(workbench.upload("ode.mid")).track("Flute")
    roll = workbench.piano_roll(workbench.upload(name))["tracks"][0]["notes"]
    assert [pitch for _, _, pitch, _ in roll] == [note.pitch for note in tune]
    result = workbench.midi(workbench.blend(name, "saints.mid", weight=0.0))
    assert line_f1(tune, result.track("Lead")) > 0.9


def test_the_program_is_that_of_the_first_note(workbench: Workbench) -> None:
    file = workbench.describe(workbench.upload("heard-program-late.mid"))
    assert file["summary"]["tracks"][0]["program"] == 73


def test_a_change_of_program_stays_or_a_notice_tells(workbench: Workbench) -> None:
    name = "heard-program-changes.mid"
    result = workbench.blend(name, name)
    found = workbench.midi(result).programs & {73, 56}
    text = messages(workbench.describe(result))
    assert found == {73, 56} or (found and "bar 9" in text.replace("bars 9", "bar 9")), text
