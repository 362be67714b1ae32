"""Pairs of whole pieces: keys, choice of works, and the table of a run."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from score import grid as grids
from score import midi
from score.grid import Grid
from score.roles import Role
from vae_training.whole_blend import (  # type: ignore[import-not-found]
    __main__,
    blenders,
    count_transitions,
    key_estimation,
    pairs,
    parent_plots,
    summary_table,
)
from vae_training.whole_blend.measures.recognition import TuneIndex  # type: ignore[import-not-found]

SCALE = (0, 2, 4, 5, 7, 9, 11, 12)


def scale_piece(build_grid: Callable[..., Grid], seed: int, tonic: int) -> Grid:
    """Return 16 bars of a random melody in major over its tonic chord, which ends on the tonic."""
    rng = np.random.default_rng(seed)
    degrees = [0, *rng.integers(0, 8, 62).tolist(), 0]
    lead = [(4 * at, 4 * at + 4, 60 + tonic + SCALE[degree]) for at, degree in enumerate(degrees)]
    chord = [(16 * bar, 16 * bar + 16, 48 + tonic + tone) for bar in range(16) for tone in (0, 4, 7)]
    programs = {Role.LEAD: seed % 8, Role.HARMONY: 8 + seed % 8, Role.BASS: 32 + seed % 8}
    bass = [(16 * bar, 16 * bar + 16, 36 + tonic) for bar in range(16)]
    return build_grid({Role.LEAD: lead, Role.HARMONY: chord, Role.BASS: bass}, 16, programs)


@pytest.fixture
def corpus(build_grid: Callable[..., Grid], tmp_path: Path) -> Path:
    """Write 150 pieces of two styles; with one work in 25 held out, some of both are."""
    columns = ("path", "style", "key", "group", "n_bars", "source", "licence", "composer", "risk")
    with (tmp_path / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(150):
            name = f"{number}.mid"
            data = midi.write(grids.to_score(scale_piece(build_grid, number, number % 12)))
            (tmp_path / name).write_bytes(data)
            writer.writerow([name, ("reel", "waltz")[number % 2], "", f"work {number}", 16, "", "", "", ""])
    return tmp_path


@pytest.mark.parametrize("tonic", [0, 5, 11])
def test_the_key_is_estimated_and_moves_to_a_signature(build_grid: Callable[..., Grid], tonic: int) -> None:
    score = grids.to_score(scale_piece(build_grid, 1, tonic))
    key = key_estimation.estimate_key(score)
    assert key == (tonic, False)
    a_minor = key_estimation.EstimatedKey(9, True)
    moved, moved_key = key_estimation.transpose_to_signature(score, key, a_minor)
    assert moved_key == (0, False)
    assert key_estimation.estimate_key(moved) == (0, False)


def test_pairs_are_of_held_out_works_of_two_styles_in_one_signature(corpus: Path) -> None:
    held_out = {piece.path.name for piece in pairs.list_pieces([corpus], held_out=True)}
    chosen, tunes = pairs.choose_pairs([corpus], 2, 4, 25)
    assert 2 <= len(held_out) < 30
    assert chosen
    for pair in chosen:
        assert set(pair.names) <= held_out & set(tunes)
        assert pair.styles[0] != pair.styles[1]
        assert pair.keys[0].fifths == pair.keys[1].fifths
        assert [key_estimation.estimate_key(midi.parse(data)) for data in pair.files] == list(pair.keys)
    development, _ = pairs.choose_pairs([corpus], 1, 4, 25, held_out=False)
    assert not set(development[0].names) & held_out


def test_transitions_are_counted_relative_to_the_key_and_smoothed(corpus: Path) -> None:
    counts = count_transitions.count_transitions([corpus], 3, 0)
    assert counts.sum() == 3 * 31
    table = np.exp(count_transitions.log_probabilities(counts))
    assert table.sum(axis=1) == pytest.approx(1.0)
    assert table[0].argmax() == 0


def test_a_run_gives_a_table_and_pictures(corpus: Path, models: Path, tmp_path: Path) -> None:
    chosen, tunes = pairs.choose_pairs([corpus], 1, 6, 25, held_out=False)
    names = (blenders.SEGUE, "recombination")
    tables = {}
    for name in names:
        blender = blenders.build_blender(name, models, tmp_path)
        tables[name] = __main__.evaluate(blender, chosen, TuneIndex(tunes), {}, 3)
        __main__.draw_rolls(name, blender, chosen, 3, tmp_path / "rolls")
    assert [path.name for path in (tmp_path / "rolls").iterdir()] == ["segue-00.png"]
    lines = summary_table.format_table(tables).splitlines()
    assert lines[0].startswith("| at weight .5 unless given | parents | segue | recombination |")
    assert len(lines) >= 18
    assert tables[blenders.SEGUE].mean("lead ends on tonic") == 1.0
    assert not [line for line in lines if "5-gram" in line or "way by" in line]
    assert len(parent_plots.COLORS) == 6
