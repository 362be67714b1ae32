"""Forms: those of real pieces are cut to length, others are laid out as songs, and every length has a plan."""

from __future__ import annotations

import numpy as np
import pytest
from gan.planning.structure import FEWEST_OF_MODE, NO_SOURCE, Structure, number_labels, sample_structure, serialize


@pytest.mark.parametrize("n_windows", range(1, 33))
def test_every_length_has_a_plan(n_windows: int) -> None:
    for seed in range(5):
        letters = sample_structure((), n_windows, np.random.default_rng(seed)).letters
        assert len(letters) == n_windows
        assert number_labels(letters.tolist()).tolist() == letters.tolist()


def test_a_form_is_one_that_is_known_and_long_enough() -> None:
    new = "." * 16
    known = (
        f"A{new}B{new}",
        f"A{new}B{new}A{new}C{new}A{new}",
        f"A{new}B{new}C{new}B{new}D{new}",
    )
    drawn = {sample_structure(known, 4, np.random.default_rng(seed)).name for seed in range(20)}
    assert drawn == {"ABAC", "ABCB"}


def test_what_repeats_to_the_note_and_in_rhythm_is_as_written() -> None:
    source, rhythm = np.full((2, 6, 4), NO_SOURCE)
    source[3] = [0, 1, NO_SOURCE, 0]
    source[4, 2] = 3
    rhythm[3, 2] = 1
    chords = np.array([[0, NO_SOURCE], [14, 23], [20, 0], [NO_SOURCE, NO_SOURCE], [5, 5], [0, 1]])
    text = serialize(Structure(np.array([0, 1, 0]), source, rhythm, chords), is_minor=False)
    assert text == "A................B........AB.A..B.A..D.............:MA.OXUA..FFAB"
    found = sample_structure([text] * FEWEST_OF_MODE, 3, np.random.default_rng(1))
    assert (found.source.tolist(), found.rhythm.tolist()) == (source.tolist(), rhythm.tolist())
    assert found.chords.tolist() == chords.tolist()
    assert sample_structure([text] * FEWEST_OF_MODE, 2, np.random.default_rng(1)).chords.tolist() == chords[:4].tolist()


def test_a_form_of_the_other_mode_says_nothing_of_chords() -> None:
    new = "." * 16
    major, minor = f"A{new}B{new}:MAAKKOOAA", f"A{new}A{new}:mTTTTFFTT"
    few = [*[major] * FEWEST_OF_MODE, minor]
    drawn = [sample_structure(few, 2, np.random.default_rng(seed), is_minor=True) for seed in range(60)]
    told = {(form.name, *form.chords.ravel().tolist()) for form in drawn}
    assert told == {("AB", *[NO_SOURCE] * 8), ("AA", 19, 19, 19, 19, 5, 5, 19, 19)}
    enough = [*few, *[minor] * FEWEST_OF_MODE]
    assert {sample_structure(enough, 2, np.random.default_rng(seed), is_minor=True).name for seed in range(60)} == {
        "AA"
    }


def test_every_bar_of_the_longest_piece_has_a_name() -> None:
    source = np.full((64, 4), NO_SOURCE)
    source[1:, 0] = np.arange(63)
    free = np.full((64, 2), NO_SOURCE)
    text = serialize(Structure(np.zeros(32, np.int64), source, np.full_like(source, NO_SOURCE), free), is_minor=False)
    assert sample_structure((text,), 32, np.random.default_rng(1)).source.tolist() == source.tolist()


def test_most_of_what_comes_back_in_a_song_is_exact() -> None:
    songs = [sample_structure((), 16, np.random.default_rng(seed)) for seed in range(10)]
    exact = np.concatenate([song.source[:, 0] != NO_SOURCE for song in songs])
    again = [np.repeat([letter in song.letters[:at] for at, letter in enumerate(song.letters)], 2) for song in songs]
    again = np.concatenate(again)
    assert not exact[~again].any()
    assert exact[again].mean() == pytest.approx(0.7, abs=0.15)


def test_songs_bring_phrases_back_and_end_anew() -> None:
    letters = sample_structure((), 16, np.random.default_rng(2)).letters
    assert len(set(letters.tolist())) < 12
    assert letters[-1] not in letters[:-1]


def test_letters_are_numbered_by_first_appearance() -> None:
    assert number_labels(["d", "a", "d", "c"]).tolist() == [0, 1, 0, 2]
