"""Distances between windows, on windows whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance

LEAD, HARMONY, DRUMS = (ROLE_SPECS[role] for role in ("lead", "harmony", "drums"))


def test_a_note_is_a_step_and_a_pitch_and_optionally_its_end() -> None:
    reference = np.array([[10, 0, 1, 12]], np.int16)
    longer = np.array([[10, 0, 0, 12]], np.int16)
    assert window_distance.note_f1(reference, longer, LEAD).tolist() == [1.0]
    assert window_distance.note_f1(reference, longer, LEAD, with_ends=True).tolist() == [0.5]
    assert window_distance.note_f1(reference, np.array([[10, 1, 0, 0]], np.int16), LEAD) == pytest.approx([2 / 3])


def test_voices_of_a_chord_may_change_places_and_strokes_count_by_class() -> None:
    chord = np.array([[[30, 20, 10, 0]]], np.int16)
    assert window_distance.note_f1(chord, chord[..., ::-1], HARMONY).tolist() == [1.0]
    assert window_distance.note_f1(np.array([[0b101]]), np.array([[0b001]]), DRUMS) == pytest.approx([2 / 3])
    silence = np.zeros((1, 4), np.int16)
    assert window_distance.note_f1(silence, silence, LEAD).tolist() == [1.0]


def test_distance_is_half_tokens_and_half_notes() -> None:
    first, second = np.array([[10, 0, 12, 0]], np.int16), np.array([[10, 0, 0, 0]], np.int16)
    assert window_distance.distance(first, second, LEAD) == pytest.approx([0.5 * 0.25 + 0.5 * (1.0 - 2 / 3)])
