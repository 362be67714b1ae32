"""TempoEstimate, beats and bars, of notes whose rhythm is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from transcriber.constants import FRAMES_PER_S
from transcriber.dense_network import TranscriptionNetworks
from transcriber.note_detection.note_decoding import DetectedNote
from transcriber.rhythm.beat_tracking import Beats, track_beats
from transcriber.rhythm.downbeat_tracking import BarGrid, track_downbeats
from transcriber.rhythm.tempo_estimation import TempoEstimate, estimate_tempo, onset_envelope, tempo_candidates

Make = Callable[..., Any]
Notes = list[tuple[float, float, int]]


def accompanied(bars: int, beats: int, beat_s: Callable[[float], float]) -> Notes:
    """Return a bass on each first beat, chords on the others, and a melody of eighths; times by a map from beats."""
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


def analyze_rhythm(notes: list[DetectedNote], networks: TranscriptionNetworks) -> tuple[TempoEstimate, Beats, BarGrid]:
    """Find tempo, beats and bars as in a transcription."""
    onsets_s = np.array([note.onset_s for note in notes])
    envelope = onset_envelope(onsets_s, int(FRAMES_PER_S * (onsets_s[-1] + 2)))
    tempo = estimate_tempo(notes, envelope, networks.tempo)
    beats = track_beats(envelope, onsets_s, tempo.period_s)
    return tempo, beats, track_downbeats(notes, beats.times_s, networks.downbeat)


@pytest.mark.parametrize("bpm", [72, 96, 120, 150])
@pytest.mark.parametrize("beats", [3, 4])
def test_a_constant_tempo(detected: Make, networks: TranscriptionNetworks, bpm: float, beats: int) -> None:
    period_s = 60 / bpm
    notes = detected(accompanied(16, beats, lambda beat: 0.4 + beat * period_s))
    tempo, tracked, bars = analyze_rhythm(notes, networks)
    octaves = np.log2(tempo.period_s / period_s)
    assert octaves == pytest.approx(round(octaves), abs=0.03)
    assert abs(octaves) < 1.1
    assert tempo.confidence > 0.5
    if round(octaves) == 0:
        assert tracked.is_constant
        assert tracked.regularity > 0.9
        assert bars.numerator == beats
        bar_s = bars.beats_s[:: bars.quarters_per_bar]
        off_s = np.abs(bar_s[:, None] - (0.4 + period_s * beats * np.arange(-1, 18))).min(axis=1)
        assert np.median(off_s) < 0.02


def test_a_ritardando_is_followed(detected: Make, networks: TranscriptionNetworks) -> None:
    """From 120 to 96 a minute: beat b falls at b/2 + b²/1000 seconds or so."""
    notes = detected(accompanied(16, 4, lambda beat: 0.5 * beat + 0.001 * beat**2))
    _, tracked, _ = analyze_rhythm(notes, networks)
    assert not tracked.is_constant
    expected_s = np.array([0.5 * beat + 0.001 * beat**2 for beat in range(64)])
    inside = tracked.times_s[(tracked.times_s > 2) & (tracked.times_s < 32)]
    off_s = np.abs(inside[:, None] - expected_s).min(axis=1)
    assert np.quantile(off_s, 0.9) < 0.04
    early, late = np.diff(inside)[:8].mean(), np.diff(inside)[-8:].mean()
    assert late / early > 1.1


def test_candidates_contain_the_true_period(detected: Make) -> None:
    notes = detected(accompanied(8, 4, lambda beat: beat * 0.6))
    envelope = onset_envelope(np.array([note.onset_s for note in notes]), int(FRAMES_PER_S * 22))
    periods_s, features = tempo_candidates(notes, envelope)
    assert np.abs(periods_s / 0.6 - 1).min() < 0.02
    assert features.shape[0] == len(periods_s)
    assert np.isfinite(features).all()


def test_a_chord_is_not_as_strong_as_its_notes() -> None:
    envelope = onset_envelope(np.array([1.0, 1.0, 1.0, 1.0, 2.0]), 300)
    assert envelope.max() == pytest.approx(2.0)
    assert envelope[round(2 * FRAMES_PER_S)] == pytest.approx(1.0, abs=0.01)


def test_one_and_two_notes_have_beats(detected: Make, networks: TranscriptionNetworks) -> None:
    for notes in ([(0.5, 1.0, 60)], [(0.5, 1.0, 60), (1.1, 1.5, 62)]):
        _, tracked, bars = analyze_rhythm(detected(notes), networks)
        assert len(tracked.times_s) >= 2
        assert (np.diff(tracked.times_s) > 0).all()
        assert tracked.times_s[0] <= 0.6
        assert bars.numerator in (3, 4, 6)


def test_a_jig_is_in_six_eighths(detected: Make, networks: TranscriptionNetworks) -> None:
    eighth_s, notes = 0.18, []
    for bar in range(24):
        for at in range(6):
            pitch = (74, 71, 67, 72, 69, 66)[at] + (0, 2, -3, 0)[bar % 4]
            onset_s = (6 * bar + at) * eighth_s
            notes.append((onset_s, onset_s + 0.95 * eighth_s, pitch))
        for half in range(2):
            onset_s = (6 * bar + 3 * half) * eighth_s
            notes.append((onset_s, onset_s + 2.7 * eighth_s, (43, 48, 50, 43)[bar % 4] + 7 * half))
    tempo, _, bars = analyze_rhythm(detected(notes), networks)
    ratio = tempo.period_s / eighth_s
    assert min(abs(ratio / each - 1) for each in (1, 2, 3, 4, 6)) < 0.03
    if abs(ratio / 2 - 1) < 0.03:
        assert (bars.numerator, bars.denominator) == (6, 8)
