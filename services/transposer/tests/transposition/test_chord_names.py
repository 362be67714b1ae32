"""Chord names: what is one, and what it is called elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transposer.transposition.chord_names import moved, read, read_all

ROOTS = [letter + sign for letter in "CDEFGAB" for sign in ("", "#", "b")]
NAMED = st.sampled_from([root + kind for root in ROOTS for kind in ("", "m", "7", "maj7", "m7b5", "sus4", "dim7")])
TABLE = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
ANNOTATED = st.sampled_from([f"{root}:{kind}" for root in TABLE for kind in ("maj", "min7", "sus4(b7)")])


def renamed(text: str, semitones: int) -> str:
    chord = read(text)
    assert chord is not None
    return moved([chord], semitones)[0]


@pytest.mark.parametrize(
    ("text", "semitones", "name"),
    [
        ("Am7", 3, "Cm7"),
        ("C:maj", 2, "D:maj"),
        ("Ab:min7/b3", 1, "A:min7/b3"),
        ("F#m7b5/C", -1, "Fm7b5/Cb"),
        ("G/B", 5, "C/E"),
        ("E7(#9)", 1, "F7(#9)"),
        ("Bbmaj7", -3, "Gmaj7"),
        ("C6/9", 7, "G6/9"),
        ("Bm", 2, "C#m"),
        ("B♭sus4", 2, "Csus4"),
        (" Dm ", 2, " Em "),
    ],
)
def test_names_move(text: str, semitones: int, name: str) -> None:
    assert renamed(text, semitones) == name


@pytest.mark.parametrize(
    "text", ["Verse", "Dad", "Go", "Coda", "Fine", "Emma", "N.C.", "A1", "D.C.", "", "H7", "Am Bach"]
)
def test_words_are_no_chords(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("texts", "chords"),
    [
        (["A", "B", "C"], 0),
        (["A2", "B4"], 0),
        (["A", "Am7", "B"], 3),
        (["Am", "Dm", "G"], 3),
        (["Am", " Brun", "nen", "vor"], 0),
        (["Verse", "Chorus", "C:maj", "Bridge"], 1),
        (["N", "Am", "", "N.C."], 1),
    ],
)
def test_a_lonely_letter_is_a_mark_and_a_word_a_word(texts: list[str], chords: int) -> None:
    assert sum(chord is not None for chord in read_all(texts)) == chords


def test_a_song_keeps_to_one_spelling() -> None:
    song = [chord for chord in read_all(["C", "F", "G7", "Am"]) if chord]
    assert moved(song, 1) == ["Db", "Gb", "Ab7", "Bbm"]
    assert moved(song, -1) == ["B", "E", "F#7", "G#m"]
    assert moved(song, 12) == ["C", "F", "G7", "Am"]


@given(st.lists(ANNOTATED, min_size=1, max_size=12), st.integers(-11, 11))
def test_annotations_come_back(texts: list[str], semitones: int) -> None:
    there = moved([chord for chord in read_all(texts) if chord], semitones)
    assert moved([chord for chord in read_all(there) if chord], -semitones) == texts


@given(st.lists(NAMED, min_size=1, max_size=12), st.integers(-11, 11))
def test_roots_move_by_the_interval(texts: list[str], semitones: int) -> None:
    chords = [read(text) for text in texts]
    assert all(chords)
    there = moved([chord for chord in chords if chord], semitones)
    for before, name in zip(chords, there, strict=True):
        after = read(name)
        assert before
        assert after
        # A place on the line of fifths is 7 semitones from the next.
        assert (7 * (after.roots[0][0] - before.roots[0][0]) - semitones) % 12 == 0
