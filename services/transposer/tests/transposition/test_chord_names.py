"""Chord names: parsing, and spelling in another key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transposer.transposition.chord_names import parse_chord_name, parse_chord_names, transpose_chord_names

ROOTS = [letter + sign for letter in "CDEFGAB" for sign in ("", "#", "b")]
PLAIN = st.sampled_from([root + kind for root in ROOTS for kind in ("", "m", "7", "maj7", "m7b5", "sus4", "dim7")])
TABLE = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
HARTE = st.sampled_from([f"{root}:{kind}" for root in TABLE for kind in ("maj", "min7", "sus4(b7)")])


def transpose(text: str, semitones: int) -> str:
    chord = parse_chord_name(text)
    assert chord is not None
    return transpose_chord_names([chord], semitones)[0]


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
def test_names_are_transposed(text: str, semitones: int, name: str) -> None:
    assert transpose(text, semitones) == name


@pytest.mark.parametrize(
    "text", ["Verse", "Dad", "Go", "Coda", "Fine", "Emma", "N.C.", "A1", "D.C.", "", "H7", "Am Bach"]
)
def test_words_are_not_chord_names(text: str) -> None:
    assert parse_chord_name(text) is None


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
def test_words_and_letters_alone_are_not_chord_names(texts: list[str], chords: int) -> None:
    assert sum(chord is not None for chord in parse_chord_names(texts)) == chords


def test_spelling_is_consistent() -> None:
    song = [chord for chord in parse_chord_names(["C", "F", "G7", "Am"]) if chord]
    assert transpose_chord_names(song, 1) == ["Db", "Gb", "Ab7", "Bbm"]
    assert transpose_chord_names(song, -1) == ["B", "E", "F#7", "G#m"]
    assert transpose_chord_names(song, 12) == ["C", "F", "G7", "Am"]


@given(st.lists(HARTE, min_size=1, max_size=12), st.integers(-11, 11))
def test_harte_annotations_are_restored(texts: list[str], semitones: int) -> None:
    transposed = transpose_chord_names([chord for chord in parse_chord_names(texts) if chord], semitones)
    assert transpose_chord_names([chord for chord in parse_chord_names(transposed) if chord], -semitones) == texts


@given(st.lists(PLAIN, min_size=1, max_size=12), st.integers(-11, 11))
def test_roots_are_transposed_by_the_interval(texts: list[str], semitones: int) -> None:
    chords = [parse_chord_name(text) for text in texts]
    assert all(chords)
    transposed = transpose_chord_names([chord for chord in chords if chord], semitones)
    for before, name in zip(chords, transposed, strict=True):
        after = parse_chord_name(name)
        assert before
        assert after
        # A position on the line of fifths is 7 semitones from the next one.
        assert (7 * (after.roots[0].fifths - before.roots[0].fifths) - semitones) % 12 == 0
