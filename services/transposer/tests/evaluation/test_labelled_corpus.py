"""Labels, and the division into training, development and test splits."""

from __future__ import annotations

from pathlib import Path

import pytest
from transposer.evaluation.labelled_corpus import mirex_score, parse_key, read_corpus, split_of_group
from transposer.key_detection.key import Key


@pytest.mark.parametrize(
    ("text", "key"),
    [("Bb minor", (10, True)), ("A dorian", (9, True)), ("E- major", (3, False)), ("F# mixolydian", (6, False))],
)
def test_keys_are_parsed(text: str, key: tuple[int, bool]) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize(
    ("detected", "score"),
    [((0, False), 1), ((7, False), 0.5), ((5, False), 0.5), ((9, True), 0.3), ((0, True), 0.2), ((2, False), 0)],
)
def test_mirex_scores_against_c_major(detected: tuple[int, bool], score: float) -> None:
    assert mirex_score(Key(*detected), Key(0, False)) == score


def test_a_group_belongs_to_one_split_and_splits_have_their_sizes() -> None:
    splits = [split_of_group(f"group {number}") for number in range(2000)]
    assert splits == [split_of_group(f"group {number}") for number in range(2000)]
    shares = [splits.count(split) / 2000 for split in ("training", "development", "test")]
    assert shares == pytest.approx([0.6, 0.2, 0.2], abs=0.03)


def test_a_corpus_has_its_labelled_pieces(tmp_path: Path) -> None:
    columns = "path,key,final_bass_is_tonic,roles,source,style,title,group"
    rows = ["a.mid,A dorian,1,melody,ryan,folk-reel,A,g1", "b.mid,,,drums,groove,rock,B,g2"]
    (tmp_path / "index.csv").write_text("\n".join([columns, *rows]), encoding="utf-8")
    (piece,) = read_corpus(tmp_path)
    assert (piece.path, piece.key, piece.mode, piece.is_sure) == (tmp_path / "a.mid", Key(9, True), "dorian", True)
