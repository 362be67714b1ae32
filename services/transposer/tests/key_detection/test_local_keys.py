"""Local keys of pieces in one key and of pieces that modulate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from score.model import Note, Score, Track
from transposer.evaluation.synthetic_modulations import concatenate_pieces, modulate_middle, score_segments
from transposer.key_detection.key import Key
from transposer.key_detection.local_keys import KeySegment, TransitionModel, decode_keys, detect_key_segments
from transposer.key_detection.pitched_notes import extract_pitched_notes

Make = Callable[..., Score]


def repeat(score: Score, times: int, semitones: int = 0) -> list[list[Note]]:
    """Repeat a cadence of two bars, transposed; return its notes by track."""
    return [
        [
            note._replace(onset_ticks=note.onset_ticks + 3840 * repetition, pitch=note.pitch + semitones)
            for repetition in range(times)
            for note in track.notes
        ]
        for track in score.tracks
    ]


def concatenate(score: Score, *repeats: tuple[int, int]) -> Score:
    """Concatenate repeats of a cadence: the number of repetitions, and the transposition in semitones."""
    tracks: list[list[Note]] = [[] for _ in score.tracks]
    start = 0
    for times, semitones in repeats:
        for notes, more in zip(tracks, repeat(score, times, semitones), strict=True):
            notes += [note._replace(onset_ticks=note.onset_ticks + start) for note in more]
        start += 3840 * times
    return replace(
        score,
        tracks=tuple(replace(track, notes=tuple(notes)) for track, notes in zip(score.tracks, tracks, strict=True)),
    )


def test_a_piece_in_one_key_is_one_segment(cadence: Make) -> None:
    score = concatenate(cadence(62, drums=False), (6, 0))
    (segment,) = detect_key_segments(extract_pitched_notes(score))
    assert segment[:3] == (0, 12, Key(2, False))
    assert segment.confidence > 0.8


@pytest.mark.parametrize("semitones", [7, 2, 3, 8])
def test_a_modulation_is_found_within_a_bar(cadence: Make, semitones: int) -> None:
    score = concatenate(cadence(55, drums=False), (8, 0), (8, semitones - 12 * (semitones > 5)))
    first, second = detect_key_segments(extract_pitched_notes(score))
    assert (first.key, second.key) == (Key(7, False), Key((7 + semitones) % 12, False))
    assert abs(second.first_bar - 16) <= 1
    assert (first.first_bar, second.first_bar + second.n_bars) == (0, 32)


def test_segments_rotate_with_the_piece(cadence: Make) -> None:
    notes = extract_pitched_notes(concatenate(cadence(57, drums=False), (5, 0), (5, 3)))
    transposed = detect_key_segments(notes._replace(pitches=notes.pitches + 4))
    for low, high in zip(detect_key_segments(notes), transposed, strict=True):
        assert (low.first_bar, low.n_bars, (low.key.tonic + 4) % 12) == (high.first_bar, high.n_bars, high.key.tonic)


def test_a_single_bar_has_a_key(line: Make) -> None:
    (segment,) = detect_key_segments(extract_pitched_notes(line(60, 64, 67)))
    assert segment[:3] == (0, 1, Key(0, False))


def test_bars_of_silence_are_covered() -> None:
    notes = (Note(0, 480, 60, 80), Note(20 * 1920, 480, 67, 80))
    segments = detect_key_segments(extract_pitched_notes(Score(tracks=(Track(notes=notes),))))
    assert sum(segment.n_bars for segment in segments) == 21


def test_the_path_changes_key_only_for_strong_evidence() -> None:
    logits = np.full((9, 24), -4.0)
    logits[:, 0] = 0
    logits[4, 7] = 2
    assert decode_keys(logits, TransitionModel()).tolist() == [0] * 9
    logits[4:, 7] = 6
    assert decode_keys(logits, TransitionModel()).tolist() == [0] * 4 + [7] * 5


def test_synthetic_modulations_have_the_right_keys(cadence: Make) -> None:
    rng = np.random.default_rng(1)
    notes = extract_pitched_notes(concatenate(cadence(60, drums=False), (12, 0)))
    modulating = modulate_middle(notes, Key(0, False), rng)
    assert modulating is not None
    keys = modulating.keys.tolist()
    assert keys[:8] == keys[16:] == [0] * 8
    assert len(set(keys[8:16])) == 1
    assert keys[8] in (7, 5, 2, 10, 9, 3)
    assert modulate_middle(extract_pitched_notes(cadence(60)), Key(0, False), rng) is None
    concatenated = concatenate_pieces((notes, Key(0, False)), (notes, Key(0, False)), np.random.default_rng(2))
    assert concatenated is not None
    assert len(concatenated.keys) == concatenated.notes.beat_grid.n_bars == 48


def test_scores_of_segments() -> None:
    keys = np.array([0] * 8 + [7] * 8)
    segments = [
        KeySegment(0, 9, Key(0, False), 1.0),
        KeySegment(9, 3, Key(7, False), 1.0),
        KeySegment(12, 4, Key(2, False), 1.0),
    ]
    assert score_segments(segments, keys) == (11 / 16, 1, 0, 1)
