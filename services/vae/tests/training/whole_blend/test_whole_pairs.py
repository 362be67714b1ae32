"""Pairs of whole pieces: keys, choice of works, and the table of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from score import grid as grids
from score import midi
from score.grid import Grid
from vae_training.whole_blend import (  # type: ignore[import-not-found]
    __main__,
    blenders,
    count_transitions,
    key_estimation,
    pairs,
)
from vae_training.whole_blend.measures.recognition import TuneIndex  # type: ignore[import-not-found]
from vae_training.whole_blend.pair_figures import FigureTable  # type: ignore[import-not-found]
from vae_training.whole_blend.report import (  # type: ignore[import-not-found]
    figure_files,
    parent_plots,
    summary_table,
)


@pytest.mark.parametrize("tonic", [0, 5, 11])
def test_the_key_is_estimated_and_moves_to_a_signature(scale_piece: Callable[..., Grid], tonic: int) -> None:
    score = grids.to_score(scale_piece(1, tonic))
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
    assert tables[blenders.SEGUE].parents_mean("lead ends on tonic", arranged=True) == 1.0
    assert not tables["recombination"].arranged_values
    assert next(line for line in lines if "lead ends" in line).split("|")[3].strip() == "100.0% ✓✓"
    assert not [line for line in lines if "5-gram" in line or "way by" in line]
    assert len(parent_plots.COLORS) == 6
    pair_names = [pair.names for pair in chosen]
    figure_files.write(tmp_path / "figures.json", pair_names, tables)
    assert summary_table.format_table(figure_files.read(tmp_path / "figures.json", pair_names)).splitlines() == lines
    with pytest.raises(ValueError, match="other pairs"):
        figure_files.read(tmp_path / "figures.json", [("a", "b")])


def test_figures_are_marked_by_their_distance_from_the_parents() -> None:
    def mark(name: str, value: float, parents: float, label: str) -> str:
        table = FigureTable()
        table.add(name, value, [parents])
        lines = summary_table.format_table({"blender": table}).splitlines()
        cell: str = next(line for line in lines if label in line).split("|")[3]
        return cell.split()[-1]

    assert [mark("leaps", value, 0.05, "leaps") for value in (0.054, 0.06, 0.08)] == ["✓✓", "✓", "✗"]
    repeats = [mark("repeated lead bars", value, 0.4, "lead bars that repeat") for value in (0.39, 0.33, 0.3)]
    assert repeats == ["✓✓", "✓", "✗"]
    distances = [mark("distinct figures", value, 0.5, "distance of the means") for value in (0.51, 0.44, 0.6)]
    assert distances == ["✓✓", "✓", "✗"]
    assert [mark("relative cost", value, 0.0, "5-gram") for value in (0.98, 1.04, 0.9)] == ["✓✓", "✓", "✗"]
