"""Chords and keys as the decoders are steered by them."""

from __future__ import annotations

import numpy as np
from gan import harmony
from gan.hearing import Events


def chord(*pitches: int, steps: int = 32) -> Events:
    """Hold a chord for a piece of one window: shape (1, 1, steps, 4)."""
    events = np.zeros((1, 1, steps, 4), np.int16)
    events[..., 0, :] = 1
    for voice, pitch in enumerate(pitches):
        events[..., 0, voice] = pitch - 19
    return events


def test_names_the_triad_of_each_beat() -> None:
    events = chord(69, 65, 62)  # D minor
    events[..., 16, :] = [72 - 19, 67 - 19, 64 - 19, 1]  # C major in the second bar
    assert harmony.chords_of([events]).tolist() == [[[15, 15, 15, 15, 1, 1, 1, 1]]]
    bass = np.zeros((1, 1, 32), np.int16)
    bass[..., 16] = 45 - 19  # C and E are A minor over A
    assert harmony.chords_of([chord(64, 60), bass]).tolist() == [[[1, 1, 1, 1, 22, 22, 22, 22]]]


def test_a_short_window_has_chords_for_its_own_beats_only() -> None:
    assert harmony.chords_of([chord(67, 64, 60, steps=24)]).tolist() == [[[1] * 6 + [0, 0]]]


def test_a_window_goes_on_with_what_was_held_before_it() -> None:
    events = np.concatenate([chord(67, 64, 60), np.zeros((1, 1, 32, 4), np.int16)], axis=1)
    assert harmony.chords_of([events]).tolist() == [[[1] * 8] * 2]


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
    chords = np.array([[1, 1, 1, 1, 0, 0, 0, 0]])
    pull = harmony.step_bias(chords, np.zeros(12, np.float32), 32, strong=3.0, weak=1.0)
    assert (pull[0, 0, 0], pull[0, 0, 2], pull[0, 1, 2], pull[0, 16, 2]) == (0.0, -3.0, -1.0, 0.0)
    assert np.flatnonzero(harmony.OUTSIDE_TRIAD[15] == 0).tolist() == [2, 5, 9]
