"""Key detection: pieces in a known key, and what must be ignored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from score.model import KeySignature, Note, Score, Track
from servicekit.faults import NoPitchedNotes
from transposer.key_detection.detector import detect_key
from transposer.key_detection.key import Key

Make = Callable[..., Score]

C, D, E, F, G, A, B = 60, 62, 64, 65, 67, 69, 71


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("is_minor", [False, True])
def test_a_cadence_is_in_its_key(cadence: Make, tonic: int, is_minor: bool) -> None:
    detected = detect_key(cadence(60 + tonic, is_minor=is_minor))
    assert detected.key == Key(tonic, is_minor)
    assert detected.confidence > 0.8
    assert detected.runner_up != detected.key


@pytest.mark.parametrize(
    ("pitches", "key", "mode"),
    [
        # "Twinkle, twinkle, little star", "Frère Jacques", "Greensleeves", "What shall we do with the drunken sailor",
        # "She moved through the fair".
        ((C, C, G, G, A, A, G, F, F, E, E, D, D, C), Key(0, False), ""),
        ((C, D, E, C, C, D, E, C, E, F, G, E, F, G, C, G - 12, C, C, G - 12, C), Key(0, False), ""),
        ((A, 72, 74, 76, 77, 76, 74, B, G, A, B, 72, A, A, 68, A, B, 68, 64, A), Key(9, True), ""),
        ((A, A, A, A, A, D, F, A, G, G, G, G, G, C, E, G, A, B, 72, 74, 72, A, G, E, D, D), Key(2, True), "dorian"),
        ((D, G, A, B, D, E, F, E, D, G, A, B, 74, 72, B, A, G, F, D, F, G, G), Key(7, False), "mixolydian"),
    ],
)
def test_known_melodies(line: Make, pitches: tuple[int, ...], key: Key, mode: str) -> None:
    detected = detect_key(line(*pitches))
    assert (detected.key, detected.mode_name) == (key, mode)


def test_confidence_of_a_known_piece(cadence: Make) -> None:
    detected = detect_key(cadence(60))
    assert detected.runner_up == Key(0, True)
    assert detected.confidence > 0.95
    assert 0 < detected.runner_up_confidence < 1 - detected.confidence


def test_drums_are_ignored(cadence: Make) -> None:
    score = cadence(62, drums=False)
    noise = Track("Kit", 0, 9, tuple(Note(i * 60, 480, 37 + i % 3, 127) for i in range(200)))
    assert detect_key(replace(score, tracks=(*score.tracks, noise))) == detect_key(score)


def test_the_key_signature_is_ignored(cadence: Make) -> None:
    plain = cadence(67)
    assert detect_key(replace(plain, keys=(KeySignature(0, -6, True),))) == detect_key(plain)


def test_drums_alone_have_no_key(line: Make) -> None:
    with pytest.raises(NoPitchedNotes, match="Only drums sound"):
        detect_key(line(36, 38, 36, 38, channel=9))


def test_a_single_note_has_a_key(line: Make) -> None:
    detected = detect_key(line(61))
    assert detected.key.tonic == 1
    assert detected.confidence < 0.97


def test_the_final_bass_decides_between_close_keys(line: Make) -> None:
    scale = (C, D, E, F, G, A, B, 72)
    assert detect_key(line(*scale, *scale[::-1], C)).key == Key(0, False)
    assert detect_key(line(*scale, *scale[::-1], A)).key == Key(9, True)
