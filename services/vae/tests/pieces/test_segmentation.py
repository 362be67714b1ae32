"""Where sections begin, and which are alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from vae.pieces import segmentation
from vae.pieces.piece import read_midi
from vae.pieces.sections import Section, merge_labels, section_label, window_labels

Song = Callable[..., bytes]

FIRST, SECOND, THIRD = np.eye(3)


def test_novelty_peaks_where_the_music_changes() -> None:
    new = segmentation.novelty_curve(np.array([FIRST] * 6 + [SECOND] * 6))
    assert new.argmax() == 6
    assert new[6] == pytest.approx(1.0)
    assert new[[0, 1, 2, 11]] == pytest.approx([0.0, 0.0, 0.0, 0.0], abs=1e-9)


def test_music_that_stays_the_same_is_one_section() -> None:
    assert segmentation.segment(np.array([FIRST] * 9)) == (Section(0, 9, "A"),)


def test_one_window_is_one_section() -> None:
    assert segmentation.segment(FIRST[None]) == (Section(0, 1, "A"),)


def test_sections_that_are_alike_share_a_label() -> None:
    features = np.array([FIRST] * 4 + [SECOND] * 4 + [FIRST] * 4 + [THIRD] * 4)
    assert segmentation.segment(features) == (
        Section(0, 4, "A"),
        Section(4, 8, "B"),
        Section(8, 12, "A"),
        Section(12, 16, "C"),
    )


def test_a_section_twice_as_long_is_another() -> None:
    features = np.array([FIRST] * 4 + [SECOND] * 4 + [FIRST] * 8)
    assert [section.label for section in segmentation.segment(features)] == ["A", "B", "C"]


def test_a_song_is_cut_where_its_sections_begin(song: Song) -> None:
    found = read_midi(song("ABAC", 8, seed=1)).sections
    assert [(section.start, section.label) for section in found] == [(0, "A"), (4, "B"), (8, "A"), (12, "C")]


@pytest.mark.parametrize(("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (53, "BB")])
def test_sections_are_named_in_order(index: int, name: str) -> None:
    assert section_label(index) == name


def test_labels_and_sections_convert_into_each_other() -> None:
    sections = (Section(0, 2, "A"), Section(2, 3, "B"), Section(3, 5, "A"))
    assert window_labels(sections) == ["A", "A", "B", "A", "A"]
    assert merge_labels(window_labels(sections)) == sections
