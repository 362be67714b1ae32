"""Detection of drum strokes, and the bands that they are detected in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from score.arrays import F32
from servicekit.faults import Cancelled
from transcriber.audio.band_spectrum import N_BANDS, N_FLATNESS_BANDS, band_filters, band_spectrum
from transcriber.cancellation import NOT_CANCELLED
from transcriber.dense_network import TranscriptionNetworks
from transcriber.note_detection.drum_detection import DrumFeatures, DrumStroke, choose_strokes, detect_drums, has_drums

Make = Callable[..., Any]
RATE_HZ = 22_050


@pytest.fixture
def detect(networks: TranscriptionNetworks) -> Callable[[F32], list[DrumStroke]]:
    return lambda audio: detect_drums(band_spectrum(audio), networks.drums, NOT_CANCELLED)


def test_strokes_have_their_time_and_drum(detect: Make, drum: Make, beat: Make) -> None:
    strokes = beat(6)
    found = detect(drum(strokes, 12))
    for pitch in (36, 38):
        true = [onset_s for onset_s, each in strokes if each == pitch]
        onsets = [stroke.onset_s for stroke in found if stroke.pitch == pitch]
        assert sum(min(abs(onset - each) for each in onsets) < 0.03 for onset in true) >= 0.8 * len(true)
        assert len(onsets) <= 1.3 * len(true)
    assert all(1 <= stroke.velocity <= 127 for stroke in found)


def test_pitched_attacks_are_no_drums(detect: Make, play: Make, song: list[tuple[float, float, int]]) -> None:
    assert detect(play(song)) == []


@pytest.mark.parametrize("size", [1, 300, RATE_HZ])
def test_silence_has_no_drums(detect: Make, size: int) -> None:
    assert detect(np.zeros(size, np.float32)) == []


def test_a_few_doubtful_strokes_are_no_drums() -> None:
    clear, doubtful = DrumStroke(0.0, 36, 80, 0.9), DrumStroke(0.0, 36, 80, 0.5)
    assert not has_drums([])
    assert not has_drums([doubtful] * 50)
    assert not has_drums([clear] * 3)
    assert not has_drums([clear] * 10 + [doubtful] * 80)
    assert has_drums([clear] * 10 + [doubtful] * 5)


def test_of_near_strokes_of_a_drum_the_most_probable_remains() -> None:
    frames = np.array([10, 12, 40])
    probabilities = np.zeros((3, 9), np.float32)
    probabilities[:, 0] = 0.6, 0.9, 0.7
    probabilities[0, 1] = 0.8
    strokes = choose_strokes(frames, probabilities, np.array([0.0, 0.5, 1.0], np.float32))
    assert [(stroke.pitch, round(stroke.probability, 1)) for stroke in strokes] == [(38, 0.8), (36, 0.9), (36, 0.7)]
    assert [stroke.velocity for stroke in strokes] == [30, 75, 120]


def test_candidates_are_where_levels_rise(drum: Make) -> None:
    audio = np.concatenate((np.zeros(RATE_HZ // 2, np.float32), drum([(0.0, 38), (0.5, 36)], 1.0)))
    frames = DrumFeatures(band_spectrum(audio)).find_candidates()
    for onset_s in (0.5, 1.0):
        assert np.abs(frames * 256 / RATE_HZ - onset_s).min() < 0.025
    assert not (frames * 256 / RATE_HZ < 0.45).any()


def test_noise_is_flat_and_tones_are_not() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE_HZ).astype(np.float32)
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    noisy, tonal = band_spectrum(noise), band_spectrum(tone)
    assert noisy.levels.shape == (RATE_HZ // 256 + 1, N_BANDS)
    assert noisy.flatness.shape == (RATE_HZ // 256 + 1, N_FLATNESS_BANDS)
    assert noisy.flatness[10:70].mean() > 0.4
    assert tonal.flatness[10:70, 2].mean() < 0.05
    assert (band_filters().max(axis=0) > 0.3).all()


def test_detection_can_be_cancelled(networks: TranscriptionNetworks, drum: Make, beat: Make) -> None:
    bands, cancelled = band_spectrum(drum(beat(1), 2)), threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled, match="was cancelled"):
        detect_drums(bands, networks.drums, cancelled)
    with pytest.raises(Cancelled, match="was cancelled"):
        band_spectrum(np.zeros(RATE_HZ, np.float32), cancelled)
