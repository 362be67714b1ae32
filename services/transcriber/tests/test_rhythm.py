"""Tempo, beats and bars, of notes whose rhythm is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from transcriber.constants import FRAMES_PER_S
from transcriber.dense_network import Networks
from transcriber.note_detection.note_decoding import HeardNote
from transcriber.rhythm.beat_tracking import Beats, track
from transcriber.rhythm.downbeat_tracking import Bars, find_bars
from transcriber.rhythm.tempo_estimation import Tempo, find_tempo, hypotheses, onset_curve

Make = Callable[..., Any]
Notes = list[tuple[float, float, int]]


def accompanied(bars: int, beats: int, beat_s: Callable[[float], float]) -> Notes:
    """Give a bass on each first beat, chords on the others, and a melody of eighths; times by a map from beats."""
    notes: Notes = []
    for bar in range(bars):
        root = (48, 53, 55, 48)[bar % 4]
        first = bar * beats

        def put(at: float, length: float, pitch: int, first: int = first) -> None:
            notes.append((beat_s(first + at), beat_s(first + at + 0.95 * length), pitch))

        put(0, beats, root - 12)
        for at in range(1, beats):
            for step in (4, 7):
                put(at, 1, root + step)
        for eighth in range(2 * beats):
            put(eighth / 2, 0.5, root + 24 + (0, 4, 7, 4, 2, 4, 7, 9)[eighth % 8])
    return sorted(notes)


def rhythm_of(notes: list[HeardNote], networks: Networks) -> tuple[Tempo, Beats, Bars]:
    """Find tempo, beats and bars as a transcription does."""
    onsets_s = np.array([note.onset_s for note in notes])
    curve = onset_curve(onsets_s, int(FRAMES_PER_S * (onsets_s[-1] + 2)))
    tempo = find_tempo(notes, curve, networks.tempo)
    beats = track(curve, onsets_s, tempo.period_s)
    return tempo, beats, find_bars(notes, beats.times_s, networks.downbeat)


@pytest.mark.parametrize("bpm", [72, 96, 120, 150])
@pytest.mark.parametrize("beats", [3, 4])
def test_a_steady_piece(heard: Make, networks: Networks, bpm: float, beats: int) -> None:
    period_s = 60 / bpm
    notes = heard(accompanied(16, beats, lambda beat: 0.4 + beat * period_s))
    tempo, found, bars = rhythm_of(notes, networks)
    octaves = np.log2(tempo.period_s / period_s)
    assert octaves == pytest.approx(round(octaves), abs=0.03)
    assert abs(octaves) < 1.1
    assert tempo.confidence > 0.5
    if round(octaves) == 0:
        assert found.is_constant
        assert found.regularity > 0.9
        assert bars.numerator == beats
        bar_s = bars.beats_s[:: bars.quarters]
        off_s = np.abs(bar_s[:, None] - (0.4 + period_s * beats * np.arange(-1, 18))).min(axis=1)
        assert np.median(off_s) < 0.02


def test_a_tempo_that_slows_down_is_followed(heard: Make, networks: Networks) -> None:
    """From 120 to 96 a minute: beat b falls at b/2 + b²/1000 seconds or so."""
    notes = heard(accompanied(16, 4, lambda beat: 0.5 * beat + 0.001 * beat**2))
    _, found, _ = rhythm_of(notes, networks)
    assert not found.is_constant
    expected_s = np.array([0.5 * beat + 0.001 * beat**2 for beat in range(64)])
    inside = found.times_s[(found.times_s > 2) & (found.times_s < 32)]
    off_s = np.abs(inside[:, None] - expected_s).min(axis=1)
    assert np.quantile(off_s, 0.9) < 0.04
    early, late = np.diff(inside)[:8].mean(), np.diff(inside)[-8:].mean()
    assert late / early > 1.1


def test_hypotheses_hold_the_true_period(heard: Make) -> None:
    notes = heard(accompanied(8, 4, lambda beat: beat * 0.6))
    curve = onset_curve(np.array([note.onset_s for note in notes]), int(FRAMES_PER_S * 22))
    periods_s, features = hypotheses(notes, curve)
    assert np.abs(periods_s / 0.6 - 1).min() < 0.02
    assert features.shape[0] == len(periods_s)
    assert np.isfinite(features).all()


def test_a_chord_is_not_as_many_beats() -> None:
    curve = onset_curve(np.array([1.0, 1.0, 1.0, 1.0, 2.0]), 300)
    assert curve.max() == pytest.approx(2.0)
    assert curve[round(2 * FRAMES_PER_S)] == pytest.approx(1.0, abs=0.01)


def test_two_notes_and_one_have_beats_too(heard: Make, networks: Networks) -> None:
    for notes in ([(0.5, 1.0, 60)], [(0.5, 1.0, 60), (1.1, 1.5, 62)]):
        _, found, bars = rhythm_of(heard(notes), networks)
        assert len(found.times_s) >= 2
        assert (np.diff(found.times_s) > 0).all()
        assert found.times_s[0] <= 0.6
        assert bars.numerator in (3, 4, 6)


def test_a_jig_is_written_in_six_eighths(heard: Make, networks: Networks) -> None:
    eighth_s, notes = 0.18, []
    for bar in range(24):
        for at in range(6):
            pitch = (74, 71, 67, 72, 69, 66)[at] + (0, 2, -3, 0)[bar % 4]
            onset_s = (6 * bar + at) * eighth_s
            notes.append((onset_s, onset_s + 0.95 * eighth_s, pitch))
        for half in range(2):
            onset_s = (6 * bar + 3 * half) * eighth_s
            notes.append((onset_s, onset_s + 2.7 * eighth_s, (43, 48, 50, 43)[bar % 4] + 7 * half))
    tempo, _, bars = rhythm_of(heard(notes), networks)
    ratio = tempo.period_s / eighth_s
    assert min(abs(ratio / each - 1) for each in (1, 2, 3, 4, 6)) < 0.03
    if abs(ratio / 2 - 1) < 0.03:
        assert (bars.numerator, bars.denominator) == (6, 8)
