"""Keys that change: pieces joined in two keys, and what a piece in one key gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from score.model import Note, Score, Track
from transposer.evaluation.synthetic_modulations import departing, following, mark
from transposer.key_detection.detector import Key
from transposer.key_detection.local_keys import Course, Passage, decode, passages
from transposer.key_detection.pitched_notes import gather

Make = Callable[..., Score]


def repeated(score: Score, times: int, semitones: int = 0) -> list[list[Note]]:
    """A cadence of two bars, many times over, by track."""
    return [
        [
            note._replace(onset_ticks=note.onset_ticks + 3840 * turn, pitch=note.pitch + semitones)
            for turn in range(times)
            for note in track.notes
        ]
        for track in score.tracks
    ]


def in_turn(score: Score, *turns: tuple[int, int]) -> Score:
    """Cadences one after the other: how often, and by how many semitones moved."""
    tracks: list[list[Note]] = [[] for _ in score.tracks]
    start = 0
    for times, semitones in turns:
        for notes, more in zip(tracks, repeated(score, times, semitones), strict=True):
            notes += [note._replace(onset_ticks=note.onset_ticks + start) for note in more]
        start += 3840 * times
    return replace(
        score,
        tracks=tuple(replace(track, notes=tuple(notes)) for track, notes in zip(score.tracks, tracks, strict=True)),
    )


def test_a_piece_in_one_key_stays_there(cadence: Make) -> None:
    score = in_turn(cadence(62, drums=False), (6, 0))
    (only,) = passages(gather(score))
    assert only[:3] == (0, 12, Key(2, False))
    assert only.confidence > 0.8


@pytest.mark.parametrize("semitones", [7, 2, 3, 8])
def test_a_change_of_key_is_found_within_a_bar(cadence: Make, semitones: int) -> None:
    score = in_turn(cadence(55, drums=False), (8, 0), (8, semitones - 12 * (semitones > 5)))
    first, second = passages(gather(score))
    assert (first.key, second.key) == (Key(7, False), Key((7 + semitones) % 12, False))
    assert abs(second.first_bar - 16) <= 1
    assert (first.first_bar, second.first_bar + second.n_bars) == (0, 32)


def test_it_turns_with_the_piece(cadence: Make) -> None:
    pitches = gather(in_turn(cadence(57, drums=False), (5, 0), (5, 3)))
    higher = passages(pitches._replace(pitches=pitches.pitches + 4))
    for low, high in zip(passages(pitches), higher, strict=True):
        assert (low.first_bar, low.n_bars, (low.key.tonic + 4) % 12) == (high.first_bar, high.n_bars, high.key.tonic)


def test_one_bar_alone_has_a_key(line: Make) -> None:
    (only,) = passages(gather(line(60, 64, 67)))
    assert only[:3] == (0, 1, Key(0, False))


def test_silence_between_does_not_hurt() -> None:
    notes = (Note(0, 480, 60, 80), Note(20 * 1920, 480, 67, 80))
    found = passages(gather(Score(tracks=(Track(notes=notes),))))
    assert sum(each.n_bars for each in found) == 21


def test_the_likeliest_course_leaves_a_key_only_for_good_reason() -> None:
    scores = np.full((9, 24), -4.0)
    scores[:, 0] = 0
    scores[4, 7] = 2
    assert decode(scores, Course()).tolist() == [0] * 9
    scores[4:, 7] = 6
    assert decode(scores, Course()).tolist() == [0] * 4 + [7] * 5


def test_joined_pieces_know_their_keys(cadence: Make) -> None:
    chance = np.random.default_rng(1)
    pitches = gather(in_turn(cadence(60, drums=False), (12, 0)))
    departed = departing(pitches, Key(0, False), chance)
    assert departed is not None
    keys = departed.keys.tolist()
    assert keys[:8] == keys[16:] == [0] * 8
    assert len(set(keys[8:16])) == 1
    assert keys[8] in (7, 5, 2, 10, 9, 3)
    assert departing(gather(cadence(60)), Key(0, False), chance) is None
    followed = following((pitches, Key(0, False)), (pitches, Key(0, False)), np.random.default_rng(2))
    assert followed is not None
    assert len(followed.keys) == len(followed.pitches.pulse.bars) == 48


def test_marks() -> None:
    truth = np.array([0] * 8 + [7] * 8)
    found = [Passage(0, 9, Key(0, False), 1.0), Passage(9, 3, Key(7, False), 1.0), Passage(12, 4, Key(2, False), 1.0)]
    assert mark(found, truth) == (11 / 16, 1, 0, 1)
