"""Structures: those of real pieces are cut to length, others follow song patterns, and every length has one."""

from __future__ import annotations

import numpy as np
import pytest
from gan.network.dims import NO_SOURCE
from gan.planning.structure import MIN_STRUCTURES_OF_MODE, Structure, number_labels, sample_structure, serialize


@pytest.mark.parametrize("n_windows", range(1, 33))
def test_every_length_has_a_structure(n_windows: int) -> None:
    for seed in range(5):
        labels = sample_structure((), n_windows, np.random.default_rng(seed)).labels
        assert len(labels) == n_windows
        assert number_labels(labels.tolist()).tolist() == labels.tolist()


def test_samples_a_known_structure_that_is_long_enough() -> None:
    new_bars = "." * 16
    known = (
        f"A{new_bars}B{new_bars}",
        f"A{new_bars}B{new_bars}A{new_bars}C{new_bars}A{new_bars}",
        f"A{new_bars}B{new_bars}C{new_bars}B{new_bars}D{new_bars}",
    )
    sampled = {sample_structure(known, 4, np.random.default_rng(seed)).label_text for seed in range(20)}
    assert sampled == {"ABAC", "ABCB"}


def test_serialized_sources_and_chords_are_read_back() -> None:
    note_sources, rhythm_sources = np.full((2, 6, 4), NO_SOURCE)
    note_sources[3] = [0, 1, NO_SOURCE, 0]
    note_sources[4, 2] = 3
    rhythm_sources[3, 2] = 1
    chords = np.array([[0, NO_SOURCE], [14, 23], [20, 0], [NO_SOURCE, NO_SOURCE], [5, 5], [0, 1]])
    text = serialize(Structure(np.array([0, 1, 0]), note_sources, rhythm_sources, chords), is_minor=False)
    assert text == "A................B........AB.A..B.A..D.............:MA.OXUA..FFAB"
    found = sample_structure([text] * MIN_STRUCTURES_OF_MODE, 3, np.random.default_rng(1))
    assert (found.note_sources.tolist(), found.rhythm_sources.tolist()) == (
        note_sources.tolist(),
        rhythm_sources.tolist(),
    )
    assert found.chords.tolist() == chords.tolist()
    assert (
        sample_structure([text] * MIN_STRUCTURES_OF_MODE, 2, np.random.default_rng(1)).chords.tolist()
        == chords[:4].tolist()
    )


def test_structures_of_the_other_mode_give_no_chords() -> None:
    new_bars = "." * 16
    major, minor = f"A{new_bars}B{new_bars}:MAAKKOOAA", f"A{new_bars}A{new_bars}:mTTTTFFTT"
    few = [*[major] * MIN_STRUCTURES_OF_MODE, minor]
    sampled = [sample_structure(few, 2, np.random.default_rng(seed), is_minor=True) for seed in range(60)]
    found_chords = {(structure.label_text, *structure.chords.ravel().tolist()) for structure in sampled}
    assert found_chords == {("AB", *[NO_SOURCE] * 8), ("AA", 19, 19, 19, 19, 5, 5, 19, 19)}
    enough = [*few, *[minor] * MIN_STRUCTURES_OF_MODE]
    assert {
        sample_structure(enough, 2, np.random.default_rng(seed), is_minor=True).label_text for seed in range(60)
    } == {"AA"}


def test_every_bar_of_the_longest_piece_has_a_symbol() -> None:
    note_sources = np.full((64, 4), NO_SOURCE)
    note_sources[1:, 0] = np.arange(63)
    free = np.full((64, 2), NO_SOURCE)
    text = serialize(
        Structure(np.zeros(32, np.int64), note_sources, np.full_like(note_sources, NO_SOURCE), free), is_minor=False
    )
    assert sample_structure((text,), 32, np.random.default_rng(1)).note_sources.tolist() == note_sources.tolist()


def test_most_repeats_of_song_patterns_are_exact() -> None:
    songs = [sample_structure((), 16, np.random.default_rng(seed)) for seed in range(10)]
    exact = np.concatenate([song.note_sources[:, 0] != NO_SOURCE for song in songs])
    again = [np.repeat([label in song.labels[:at] for at, label in enumerate(song.labels)], 2) for song in songs]
    again = np.concatenate(again)
    assert not exact[~again].any()
    assert exact[again].mean() == pytest.approx(0.7, abs=0.15)


def test_song_patterns_repeat_phrases_and_end_with_a_new_window() -> None:
    labels = sample_structure((), 16, np.random.default_rng(2)).labels
    assert len(set(labels.tolist())) < 12
    assert labels[-1] not in labels[:-1]


def test_labels_are_numbered_by_first_appearance() -> None:
    assert number_labels(["d", "a", "d", "c"]).tolist() == [0, 1, 0, 2]
