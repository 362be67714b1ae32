"""Whether a file's grid is trusted, and what happens if not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from score.arrays import F64
from score.model import Note, Notice, Score, Track
from score.rhythm import GridSource, choose_grid, is_performed

Play = Callable[..., Score]


def with_onsets(onsets: F64, ticks_per_quarter: int = 480, channel: int = 0) -> Score:
    notes = tuple(Note(int(tick), 100, 60, 80) for tick in np.sort(np.round(onsets)))
    return Score(ticks_per_quarter, tracks=(Track(notes=notes, channel=channel),))


def positions(n: int, rng: np.random.Generator) -> F64:
    """Return positions in quarters, on sixteenths mostly on eighths."""
    return np.cumsum(rng.choice([0.25, 0.5, 0.5, 1.0, 1.5], n))


@pytest.mark.parametrize("deviation_s", [0.0, 0.015, 0.03])
@pytest.mark.parametrize("bpm", [70, 110])
def test_music_played_to_a_click_is_on_the_grid(deviation_s: float, bpm: int) -> None:
    rng = np.random.default_rng(1)
    onsets = positions(120, rng) + 1 + rng.normal(0, deviation_s, 120) * bpm / 60
    assert not is_performed(with_onsets(480 * onsets))


@pytest.mark.parametrize("swing", [0.58, 2 / 3])
def test_swing_is_on_the_grid(swing: float) -> None:
    eighths = np.arange(120) // 2 + np.where(np.arange(120) % 2, swing, 0.0)
    assert not is_performed(with_onsets(480 * eighths + np.random.default_rng(1).normal(0, 8, 120) + 40))


def test_triplets_and_ornaments_are_on_the_grid() -> None:
    triplets = np.concatenate((np.arange(60) / 3, 20 + np.arange(60) / 4, 35 + np.arange(40) / 8))
    assert not is_performed(with_onsets(480 * triplets))
    assert not is_performed(with_onsets(24 * triplets, 24))


@pytest.mark.parametrize("bpm", [63, 87, 119, 122, 151])
def test_free_playing_is_not_on_the_grid(bpm: int) -> None:
    rng = np.random.default_rng(bpm)
    written = positions(150, rng)
    warped = written * 120 / bpm + 0.4 * np.sin(written / 9) + rng.normal(0, 0.02, 150)
    assert is_performed(with_onsets(480 * (warped + 2)))


def test_slow_drift_against_the_click_is_free_playing() -> None:
    written = np.arange(200) / 2
    assert is_performed(with_onsets(480 * written * 1.013 + np.random.default_rng(1).normal(0, 5, 200)))


def test_free_playing_near_the_grid_for_a_while_is_not_on_it() -> None:
    rng = np.random.default_rng(1)
    written = np.cumsum(rng.choice([0.5, 0.5, 1.0], 130))
    near = written * 120 / 60.6 + 0.2 * np.sin(written / 11) + rng.normal(0, 0.024, 130)
    assert is_performed(with_onsets(480 * near))


def test_drums_and_few_notes_keep_the_grid() -> None:
    rng = np.random.default_rng(1)
    free = 480 * np.cumsum(rng.uniform(0.3, 0.9, 60))
    assert is_performed(with_onsets(free))
    assert choose_grid(with_onsets(free, channel=9), GridSource.FOUND).source is GridSource.FILE
    assert choose_grid(with_onsets(free[:7]), GridSource.FOUND).source is GridSource.FILE


def test_a_performance_is_put_on_found_beats(play: Play) -> None:
    score = play()
    found = choose_grid(score)
    assert found.source is GridSource.FOUND
    assert found.confidence > 0.5
    assert [notice.reason for notice in found.score.notices] == ["GRID_FOUND"]
    assert found.score.ticks_per_quarter != score.ticks_per_quarter


def test_the_grid_can_be_asked_for(play: Play) -> None:
    performed, written = play(), play(np.arange(49) * 0.5)
    assert choose_grid(performed, GridSource.FILE) == (performed, GridSource.FILE, 1.0)
    assert choose_grid(written).source is GridSource.FILE
    found = choose_grid(written, GridSource.FOUND)
    assert (found.source, found.confidence) == (GridSource.FOUND, 1.0)


def test_notices_of_the_file_stay(play: Play) -> None:
    score = replace(play(), notices=(Notice("MENDED", "Something was mended."),))
    assert [notice.reason for notice in choose_grid(score).score.notices] == ["MENDED", "GRID_FOUND"]
