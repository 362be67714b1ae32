"""Reading labels, and the division into training, development and test."""

from __future__ import annotations

from pathlib import Path

import pytest
from transposer.evaluation.labelled_corpus import mirex_weight, parse_key, part_of, read_corpus
from transposer.key_detection.detector import Key


@pytest.mark.parametrize(
    ("text", "key"),
    [("Bb minor", (10, True)), ("A dorian", (9, True)), ("E- major", (3, False)), ("F# mixolydian", (6, False))],
)
def test_keys_are_read(text: str, key: tuple[int, bool]) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize(
    ("found", "weight"),
    [((0, False), 1), ((7, False), 0.5), ((5, False), 0.5), ((9, True), 0.3), ((0, True), 0.2), ((2, False), 0)],
)
def test_mirex_weights_against_c_major(found: tuple[int, bool], weight: float) -> None:
    assert mirex_weight(Key(*found), Key(0, False)) == weight


def test_a_group_is_never_divided_and_the_parts_are_as_planned() -> None:
    parts = [part_of(f"group {number}") for number in range(2000)]
    assert parts == [part_of(f"group {number}") for number in range(2000)]
    shares = [parts.count(part) / 2000 for part in ("training", "development", "test")]
    assert shares == pytest.approx([0.6, 0.2, 0.2], abs=0.03)


def test_a_corpus_gives_its_labelled_pieces(tmp_path: Path) -> None:
    columns = "path,key,final_bass_is_tonic,roles,source,style,title,group"
    rows = ["a.mid,A dorian,1,melody,ryan,folk-reel,A,g1", "b.mid,,,drums,groove,rock,B,g2"]
    (tmp_path / "index.csv").write_text("\n".join([columns, *rows]), encoding="utf-8")
    (piece,) = read_corpus(tmp_path)
    assert (piece.path, piece.key, piece.mode, piece.is_sure) == (tmp_path / "a.mid", Key(9, True), "dorian", True)
