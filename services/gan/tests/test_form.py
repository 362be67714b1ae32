"""Forms: those of real pieces are cut to length, others are laid out as songs, and every length has a plan."""

from __future__ import annotations

import numpy as np
import pytest
from gan.form import NO_SOURCE, number, plan, write


@pytest.mark.parametrize("n_windows", range(1, 33))
def test_every_length_has_a_plan(n_windows: int) -> None:
    for seed in range(5):
        letters = plan((), n_windows, np.random.default_rng(seed)).letters
        assert len(letters) == n_windows
        assert number(letters.tolist()).tolist() == letters.tolist()


def test_a_form_is_one_that_is_known_and_long_enough() -> None:
    known = ("A....B....", "A....B....A..A.C....A....", "A....B....C....B....D....")
    drawn = {plan(known, 4, np.random.default_rng(seed)).name for seed in range(20)}
    assert drawn == {"ABAC", "ABCB"}


def test_what_repeats_to_the_note_is_as_written() -> None:
    source = np.full((3, 4), NO_SOURCE)
    source[2] = [0, 1, NO_SOURCE, 0]
    text = write([0, 1, 0], source)
    assert text == "A....B....AAB.A"
    assert plan((text,), 3, np.random.default_rng(1)).source.tolist() == source.tolist()


def test_most_of_what_comes_back_in_a_song_is_exact() -> None:
    songs = [plan((), 16, np.random.default_rng(seed)) for seed in range(10)]
    exact = np.concatenate([song.source[:, 0] != NO_SOURCE for song in songs])
    again = np.concatenate([[letter in song.letters[:at] for at, letter in enumerate(song.letters)] for song in songs])
    assert not exact[~again].any()
    assert exact[again].mean() == pytest.approx(0.7, abs=0.15)


def test_songs_bring_phrases_back_and_end_anew() -> None:
    letters = plan((), 16, np.random.default_rng(2)).letters
    assert len(set(letters.tolist())) < 12
    assert letters[-1] not in letters[:-1]


def test_letters_are_numbered_by_first_appearance() -> None:
    assert number(["d", "a", "d", "c"]).tolist() == [0, 1, 0, 2]
