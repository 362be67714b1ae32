"""Transposition, and the tracks and metadata of a written piece."""

from __future__ import annotations

import numpy as np
import pytest
from gan.composer import Composition
from gan.planning.generation_request import GenerationRequest, resolve
from gan.planning.styles import Style
from gan.ranking.rules import RuleScores
from gan.writing.midi_writer import transpose, write_midi
from score import midi
from score.roles import Role


def test_transposes_pitches_only_and_folds_at_the_edges() -> None:
    events = np.array([0, 1, 41, 89, 2], np.int16)
    assert transpose(events, 3).tolist() == [0, 1, 44, 80, 5]
    assert transpose(transpose(events[:3], 3), -3).tolist() == [0, 1, 41]


def test_writes_key_tempo_meter_programs_and_provenance(styles: tuple[Style, ...]) -> None:
    lead = np.zeros(128, np.int16)
    lead[::4] = 60 - 19
    request = GenerationRequest(
        seed=2**63 + 5, style_id="funk", tonic=2, is_minor=False, tempo_bpm=97.0, n_bars=8, provenance={"job": "x"}
    )
    composition = Composition({Role.LEAD: lead, Role.DRUMS: np.ones(128, np.int16)}, "AB", 1.5, RuleScores({}), 0)
    score = midi.parse(write_midi(composition, resolve(request, styles), {"gan": "ab"}))
    assert [tempo.bpm for tempo in score.tempos] == [pytest.approx(97.0, abs=1e-3)]
    assert [(key.fifths, key.is_minor) for key in score.keys] == [(2, False)]
    assert [meter.name for meter in score.meters] == ["4/4"]
    assert [(track.name, track.program) for track in score.tracks] == [("Lead", 66), ("Drums", 0)]
    assert {note.pitch for note in score.tracks[0].notes} == {62}
    assert score.title == "Funk in D major"
    facts = score.provenance
    assert (facts["job"], facts["style"], facts["seed"], facts["models"]) == ("x", "funk", 2**63 + 5, {"gan": "ab"})
    assert (facts["form"], facts["roles"], facts["bars"]) == ("AB", ["lead", "harmony", "bass", "drums"], 8)
