"""Key features rotate with a transposed piece, and the network scores all keys alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from score.model import Score
from transposer.key_detection.detector import key_probabilities
from transposer.key_detection.key_features import extract_key_features, rotate_to_tonics
from transposer.key_detection.pitched_notes import extract_pitched_notes

Make = Callable[..., Score]


def transposed(score: Score, semitones: int) -> Score:
    tracks = tuple(
        replace(track, notes=tuple(note._replace(pitch=note.pitch + semitones) for note in track.notes))
        for track in score.tracks
    )
    return replace(score, tracks=tracks)


@pytest.mark.parametrize("semitones", range(-6, 6))
def test_features_rotate_with_the_piece(cadence: Make, semitones: int) -> None:
    score = cadence(62, drums=False)
    original = rotate_to_tonics(extract_key_features(extract_pitched_notes(score)))
    rotated = rotate_to_tonics(extract_key_features(extract_pitched_notes(transposed(score, semitones))))
    assert rotated == pytest.approx(np.roll(original, semitones, axis=0))


@given(st.lists(st.integers(40, 90), min_size=1, max_size=24), st.integers(-11, 11))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_keys_are_scored_alike(line: Make, pitches: list[int], semitones: int) -> None:
    probabilities = key_probabilities(extract_pitched_notes(line(*pitches)))
    assert probabilities.sum() == pytest.approx(1)
    rotated = key_probabilities(extract_pitched_notes(line(*(pitch + semitones for pitch in pitches))))
    assert rotated == pytest.approx(np.roll(probabilities, semitones, axis=1), abs=1e-3)
