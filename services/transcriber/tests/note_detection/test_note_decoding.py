"""Decoding of notes from posteriors and levels, and the spectrum that they are read from."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from score.arrays import F32
from servicekit.faults import Cancelled
from transcriber.audio.band_spectrum import band_spectrum
from transcriber.audio.spectrum import FFT_SAMPLES, semitone_filters, semitone_levels
from transcriber.cancellation import NOT_CANCELLED
from transcriber.dense_network import TranscriptionNetworks
from transcriber.note_detection.basic_pitch_model import BasicPitchModel, concatenate_windows
from transcriber.note_detection.note_decoding import DetectedNote, decode_notes, detect_onsets
from transcriber.note_detection.note_features import NoteFeatures

Make = Callable[..., Any]
RATE_HZ = 22_050


@pytest.fixture
def detect(basic_pitch: BasicPitchModel, networks: TranscriptionNetworks) -> Callable[..., list[DetectedNote]]:
    def run(audio: F32) -> list[DetectedNote]:
        posteriors = concatenate_windows(list(basic_pitch.iter_posteriors(audio)))
        features = NoteFeatures(posteriors, semitone_levels(audio), band_spectrum(audio))
        onsets = detect_onsets(features, networks.onset, NOT_CANCELLED)
        return list(decode_notes(features, onsets, networks.end, NOT_CANCELLED))

    return run


def test_onsets_and_ends_are_where_they_are_played(detect: Make, play: Make) -> None:
    played = [(0.5, 1.3, 60), (1.5, 1.8, 64), (2.0, 3.5, 67), (3.6, 3.8, 60), (4.0, 5.0, 72)]
    notes = detect(play(played))
    assert [note.pitch for note in notes] == [60, 64, 67, 60, 72]
    assert [note.onset_s for note in notes] == pytest.approx([each[0] for each in played], abs=0.03)
    assert [note.end_s for note in notes] == pytest.approx([each[1] for each in played], abs=0.15)
    assert min(note.probability for note in notes) > 0.5


def test_a_repeated_note_has_its_own_onsets(detect: Make, play: Make) -> None:
    notes = detect(play([(0.5 + 0.4 * at, 0.88 + 0.4 * at, 57) for at in range(6)]))
    repeated = [note for note in notes if note.pitch == 57]
    assert [note.onset_s for note in repeated] == pytest.approx([0.5 + 0.4 * at for at in range(6)], abs=0.03)
    assert all(one.end_s <= other.onset_s + 0.02 for one, other in pairwise(repeated))


def test_a_chord_has_its_notes_and_not_their_octaves(detect: Make, play: Make) -> None:
    chord = (48, 55, 64, 67)
    notes = detect(play([(at, at + 0.9, pitch) for at in (0.5, 1.5, 2.5) for pitch in chord]))
    pitches = [note.pitch for note in notes]
    assert set(chord) <= set(pitches)
    assert sum(pitch not in chord for pitch in pitches) <= 1


def test_louder_notes_have_higher_velocities(detect: Make, play: Make) -> None:
    soft, loud = play([(0.3, 1.0, 62)]), play([(0.3, 1.0, 62)])
    notes = detect(np.concatenate((0.08 * soft, loud)))
    assert [note.pitch for note in notes] == [62, 62]
    assert notes[0].velocity + 20 < notes[1].velocity
    assert all(1 <= note.velocity <= 127 for note in notes)


def test_levels_are_highest_at_the_pitch(play: Make) -> None:
    levels = semitone_levels(play([(0, 2, 57)]))
    assert levels.shape == (int(2.5 * RATE_HZ) // 256 + 1, 88)
    assert (levels[20:100].argmax(axis=1) == 57 - 21).all()
    assert levels.max() == 1.0
    assert levels.min() >= 0.0


def test_every_semitone_has_a_filter() -> None:
    filters = semitone_filters()
    assert filters.shape == (FFT_SAMPLES // 2 + 1, 88)
    assert (filters.max(axis=0) > 0.3).all()


def test_silence_has_no_notes(detect: Make) -> None:
    assert detect(np.zeros(RATE_HZ, np.float32)) == []
    assert detect(np.zeros(1, np.float32)) == []


def test_decoding_can_be_cancelled(basic_pitch: BasicPitchModel, networks: TranscriptionNetworks, play: Make) -> None:
    audio = play([(0.2, 0.6, 60), (0.6, 1, 64)])
    posteriors = concatenate_windows(list(basic_pitch.iter_posteriors(audio)))
    features = NoteFeatures(posteriors, semitone_levels(audio), band_spectrum(audio))
    cancelled = threading.Event()
    onsets = detect_onsets(features, networks.onset, cancelled)
    cancelled.set()
    with pytest.raises(Cancelled, match="was cancelled"):
        detect_onsets(features, networks.onset, cancelled)
    with pytest.raises(Cancelled, match="was cancelled"):
        list(decode_notes(features, onsets, networks.end, cancelled))
