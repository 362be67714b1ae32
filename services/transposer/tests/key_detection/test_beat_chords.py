"""Pitches and chords of beats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from score.model import Note, Score, Track
from transposer.key_detection.beat_chords import classify_chords, extract_beat_pitches
from transposer.key_detection.pitched_notes import extract_pitched_notes

Make = Callable[..., Score]


def test_beats_of_a_cadence(cadence: Make) -> None:
    beats = extract_beat_pitches(extract_pitched_notes(cadence(60)))
    assert beats.chroma.shape == (8, 12)
    # C major over its root, for two beats, then F over its own.
    assert beats.chroma[0].tolist() == [2, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]
    assert beats.lowest.tolist() == [36, 36, 41, 41, 43, 43, 36, 36]
    assert beats.highest.tolist() == [67, 67, 72, 72, 74, 74, 67, 67]


def test_very_many_long_notes_are_limited() -> None:
    tracks = tuple(Track(notes=(Note(at, 16_000 * 480, 60, 80),)) for at in range(20_000))
    beats = extract_beat_pitches(extract_pitched_notes(Score(tracks=tracks)))
    # Each of them counts for 50 beats, in place of 16,000.
    assert beats.chroma.sum() == pytest.approx(20_000 * 50, rel=0.02)


def test_a_last_note_shorter_than_a_moment_belongs_to_the_last_beat() -> None:
    notes = (Note(0, 100, 60, 90), Note(2**20, 1, 62, 90))
    beats = extract_beat_pitches(extract_pitched_notes(Score(ticks_per_quarter=32_767, tracks=(Track(notes=notes),))))
    assert beats.sounding_beats.tolist() == [0, 32]
    assert beats.lowest.tolist() == [60, 62]


def test_chords_are_labelled() -> None:
    chroma = np.zeros((5, 12))
    for row, degrees in enumerate(((0, 4, 7), (9, 0, 4), (4,), (7, 11, 2, 5), (11, 2, 5))):
        chroma[row, list(degrees)] = 1
    # C major, A minor, E of some kind, G seventh, B diminished.
    labels = classify_chords(chroma, np.array([60, 57, 64, 67, 71]))
    assert labels.tolist() == [0, 12 + 9, 4, 36 + 7, 24 + 11]


def test_notes_that_begin_between_beats_are_counted_whole() -> None:
    score = Score(tracks=(Track(notes=(Note(240, 960, 60, 80), Note(1200, 480, 64, 80))),))
    notes = extract_pitched_notes(score)
    assert extract_beat_pitches(notes).chroma.sum(axis=0).tolist() == [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
