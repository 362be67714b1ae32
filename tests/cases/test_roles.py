"""Who leads, and where the drums are."""

from __future__ import annotations

import numpy as np
import pytest

from cases.workbench import Workbench, read, roles

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LEADS = {
    "lead-vox-in-thirds.mid": [0],
    "lead-voz-trumpet-answers.mid": [1],
    "lead-no-names-arpeggio.mid": [0],
    "lead-click.mid": [0],
    "lead-cello-solo.mid": [0],
    "lead-guitar-a-track-a-string.mid": [0, 1, 2],
}
KITS = {"drums-xg-bank.mid": "Part 11", "drums-gs-sysex.mid": "Part 11", "drums-named.mid": "Drums"}
"""The name of the track of drums in each file."""

KIT_PITCHES = {36, 38, 42}


@pytest.mark.parametrize("name", LEADS)
def test_the_tune_leads(workbench: Workbench, name: str) -> None:
    file = workbench.describe(workbench.upload(name))
    assert [index for index, role in enumerate(roles(file)) if role == "lead"] == LEADS[name]


def test_the_upper_voice_of_thirds_is_the_lead_of_a_blend(workbench: Workbench) -> None:
    result = workbench.blend("lead-vox-in-thirds.mid", "ode.mid", weight=0.0)
    tune = workbench.midi(workbench.upload("ode.mid")).track("Flute")
    lead = workbench.midi(result).track("Lead")
    assert np.mean([note.pitch for note in lead]) == pytest.approx(np.mean([note.pitch for note in tune]), abs=1.0)


@pytest.mark.parametrize("name", KITS)
def test_drums_are_found_on_any_channel_and_sound_as_drums(workbench: Workbench, name: str) -> None:
    file = workbench.describe(workbench.upload(name))
    assert roles(file)[3] == "drums"
    assert file["summary"]["tracks"][3]["is_drum"]
    found = workbench.play(file["file_id"], roles="drums")
    expected = workbench.play(workbench.upload("ode.mid"), roles="drums")
    n_samples = min(len(found), len(expected))
    assert np.corrcoef(found[:n_samples], expected[:n_samples])[0, 1] > 0.9


@pytest.mark.parametrize("name", KITS)
@pytest.mark.parametrize("key", ["F major", "Ab major"])
def test_no_transposition_moves_drums(workbench: Workbench, name: str, key: str) -> None:
    moved = workbench.blend(name, "saints.mid", weight=0.0, ends="original", key=key)
    kit = workbench.midi(moved).track(KITS[name])
    assert {note.pitch for note in kit} == KIT_PITCHES
    blended = workbench.blend(name, "saints.mid", weight=0.0, key=key)
    assert {note.pitch for note in workbench.midi(blended).drums} == KIT_PITCHES


def test_a_track_that_a_person_calls_drums_is_not_transposed(workbench: Workbench) -> None:
    file_id = workbench.upload_bytes("percussion.mid", read("ode.mid"))
    before = [note.pitch for note in workbench.midi(file_id).track("Strings")]
    workbench.change(file_id, roles={"1": "drums"})
    moved = workbench.blend_ids(file_id, workbench.upload("saints.mid"), weight=0.0, ends="original", key="F major")
    assert [note.pitch for note in workbench.midi(moved).track("Strings")] == before
    assert [note.pitch for note in workbench.midi(moved).track("Flute")] != [
        note.pitch for note in workbench.midi(file_id).track("Flute")
    ]
