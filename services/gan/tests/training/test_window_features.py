"""Features of windows, in exact numbers."""

from __future__ import annotations

import numpy as np
from gan.network.dims import N_WINDOW_BEATS
from gan_training.data import window_features  # type: ignore[import-not-found]
from score.arrays import I16
from score.encoding import sounding_pitch

C4, E4, G4 = 60 - 19, 64 - 19, 67 - 19


def line(steps: int = 32, **events: int) -> I16:
    values = np.zeros((1, steps), np.int16)
    values[0, 0] = 1
    for step, event in events.items():
        values[0, int(step[1:])] = event
    return values


def test_a_note_sounds_until_the_next_or_its_end() -> None:
    pitches = sounding_pitch(line(s4=C4, s8=E4, s10=1), axis=-1)
    assert pitches[0, :12].tolist() == [0, 0, 0, 0, 60, 60, 60, 60, 64, 64, 0, 0]


def test_chroma_has_each_pitch_class_that_sounds_in_a_beat() -> None:
    chroma = window_features.beat_chroma(line(s0=C4, s6=G4, s8=1))
    assert np.argwhere(chroma[0]).tolist() == [[0, 0], [1, 0], [1, 7]]


def test_drums_are_marked_by_class_and_beat() -> None:
    events = np.zeros((1, 24), np.int16)
    events[0, 0], events[0, 5] = 0b101, 0b10
    presence = window_features.beat_drums(events)
    assert np.argwhere(presence[0]).tolist() == [[0, 0], [0, 2], [1, 1]]
    assert presence.shape == (1, N_WINDOW_BEATS, 9)


def test_window_features_end_with_onsets_and_mean_pitch_in_octaves() -> None:
    measured = window_features.window_features(line(s0=C4, s4=C4 + 24, s8=1), is_drum=False)[0]
    onsets = measured[12 * N_WINDOW_BEATS : -1]
    assert onsets.tolist() == [0.25, 0.25, 0, 0, 0, 0, 0, 0]
    assert measured[-1] == 1.0


def test_harmony_voices_sound_together() -> None:
    events = np.zeros((1, 32, 4), np.int16)
    events[0, 0] = [G4, E4, C4, 1]
    assert np.flatnonzero(window_features.beat_chroma(events)[0, 7]).tolist() == [0, 4, 7]
    assert window_features.step_onsets(events, is_drum=False)[0].tolist() == [1.0] + [0.0] * 31
