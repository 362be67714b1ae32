"""Chords and keys as the decoders are steered by them."""

from __future__ import annotations

import numpy as np
from gan import harmony
from gan.hearing import Events


def chord(*pitches: int, steps: int = 32) -> Events:
    events = np.ones((1, steps, 4), np.int16)
    events[:, 1:] = 0
    for voice, pitch in enumerate(pitches):
        events[0, 0, voice] = pitch - 19
    return events


def test_finds_the_triad_under_each_half_bar() -> None:
    events = chord(69, 65, 62)  # D minor
    events[0, 16] = [72 - 19, 67 - 19, 64 - 19, 1]  # C major in the second bar
    chords = harmony.chords_by_half_bar(events, 16)
    assert chords.shape == (1, 4, 12)
    assert [np.flatnonzero(half).tolist() for half in chords[0]] == [[2, 5, 9], [2, 5, 9], [0, 4, 7], [0, 4, 7]]


def test_a_half_bar_of_rest_keeps_the_chord_before() -> None:
    events = chord(67, 64, 60)
    events[0, 4] = 1
    chords = harmony.chords_by_half_bar(events, 16)
    assert [np.flatnonzero(half).tolist() for half in chords[0]] == [[0, 4, 7]] * 4


def test_an_open_chord_is_completed_and_a_root_counts_more() -> None:
    weights = np.zeros(12, np.float32)
    weights[[7, 2]] = 1.0
    assert harmony.best_triad(weights) == (7, "major")


def test_key_bias_spares_the_key_and_the_leading_tone() -> None:
    major, minor = harmony.key_bias(0.0, is_minor=False), harmony.key_bias(0.0, is_minor=True)
    assert major[[0, 2, 4, 5, 7, 9, 11]].tolist() == [0.0] * 7
    assert major[[1, 3, 6, 8, 10]].tolist() == [-4.0] * 5
    assert np.isclose(minor[8], -1.6)
    assert harmony.key_bias(0.1, is_minor=False)[1] == np.float32(-1.6)


def test_event_bias_follows_pitch_class_and_range() -> None:
    by_class = np.zeros((1, 12), np.float32)
    by_class[0, 1] = -3.0
    bias = harmony.event_bias(by_class, 60, 72)[0]
    assert bias[:2].tolist() == [0.0, 0.0]
    assert (bias[60 - 19], bias[61 - 19], bias[59 - 19], bias[73 - 19]) == (0.0, -3.0, -12.0, -15.0)


def test_chord_pull_is_strong_on_beats_only() -> None:
    chords = np.zeros((1, 4, 12), np.float32)
    chords[0, :2, [0, 4, 7]] = 1.0
    pull = harmony.step_bias(chords, np.zeros(12, np.float32), 32, strong=3.0, weak=1.0)
    assert (pull[0, 0, 0], pull[0, 0, 2], pull[0, 1, 2], pull[0, 16, 2]) == (0.0, -3.0, -1.0, 0.0)
