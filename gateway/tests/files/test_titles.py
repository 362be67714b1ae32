"""Titles of results: what tells two results apart, in few words."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.domain.job_settings import BlendSettings, SectionWeight
from gateway.domain.jobs import GenerationInfo
from gateway.files.titles import (
    blend_title,
    generation_title,
    interpolation_title,
    short_title,
)

PAIR = ["Funk", "Waltz"]


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ({}, "Funk x Waltz, 50%"),
        ({"weight": 0.6}, "Funk x Waltz, 60%"),
        ({"weight": 0.0}, "Funk x Waltz, 0%"),
        ({"curve": [(0, 0), (1, 1)]}, "Funk x Waltz, morph"),
        ({"curve": [(0, 0.25), (1, 0.25)]}, "Funk x Waltz, 25%"),
        ({"weights": {"drums": 1.0}}, "Funk x Waltz, 50%, drums 100%"),
        ({"weights": {"lead": 0.0, "bass": 0.3, "drums": 1.0}}, "Funk x Waltz, 50%, 3 roles"),
        ({"ingredients": {"harmony": 0.0, "groove": 1.0}}, "Funk x Waltz, 50%, chords 0%, groove 100%"),
        ({"ingredients": {"form": 0.0, "bass": 1.0, "feel": 0.5}}, "Funk x Waltz, 50%, 3 ingredients"),
        ({"section_weights": [SectionWeight(label="B", weight=1.0)]}, "Funk x Waltz, 50% by section"),
    ],
)
def test_a_blend_is_named_after_its_parents_and_what_was_set(settings: dict[str, Any], title: str) -> None:
    assert blend_title(PAIR, BlendSettings(**settings)) == title


def test_a_blend_of_several_pieces_names_their_shares() -> None:
    settings = BlendSettings(shares=[0.5, 0.25, 0.25])
    assert blend_title(["Funk", "Waltz", "Pop"], settings) == "Funk x Waltz x Pop, 50-25-25%"


def test_eight_parents_still_make_a_title_of_one_line() -> None:
    settings = BlendSettings(shares=[0.125] * 8)
    assert len(blend_title(["A rather long name of a piece"] * 8, settings)) < 150


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Funk", "Funk"),
        ("Funk x Waltz, 60%", "(Funk x Waltz)"),
        ("Funk x Waltz, 60%, groove 100% (2)", "(Funk x Waltz)"),
        ("Funk x Waltz, morph", "(Funk x Waltz)"),
        ("Funk x Waltz x Pop, 50-25-25%", "(Funk x Waltz x Pop)"),
        ("Jazz in C minor, 96 BPM (3)", "Jazz in C minor"),
        ("Hello, Dolly", "Hello, Dolly"),
        ("my_old__song\n", "my old song"),
        ("AC/DC", "AC-DC"),
        ("x" * 40, "x" * 31 + "…"),
        (f"{'y' * 40} x Waltz, 50%", f"({'y' * 29}…)"),
    ],
)
def test_a_parent_is_named_without_its_settings(title: str, short: str) -> None:
    assert short_title(title) == short


def test_pieces_between_two_are_named_by_their_weight() -> None:
    assert interpolation_title(PAIR, 0.25) == "Funk to Waltz, 25%"


@pytest.mark.parametrize(
    ("key", "written"), [("C minor", "C minor"), ("F# major", "F♯ major"), ("Bb minor", "B♭ minor")]
)
def test_a_generated_piece_is_named_after_style_key_and_tempo(key: str, written: str) -> None:
    generation = GenerationInfo(style="jazz", key=key, bpm=95.6, meter="4/4", bars=24, seed=1)
    assert generation_title("Jazz", generation) == f"Jazz in {written}, 96 BPM"
