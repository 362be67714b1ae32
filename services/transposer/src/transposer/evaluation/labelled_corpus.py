"""Music with labelled keys, divided into training, development and test splits.

A corpus is a folder of MIDI files with an ``index.csv`` with the columns path, source, style, key, key_source,
final_bass_is_tonic, roles, title and group. Training and benchmarks read it here, so that they divide it alike.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import NamedTuple

from transposer.key_detection.key import Key

TRAINING, DEVELOPMENT, TEST = "training", "development", "test"

_PITCH_CLASS_OF_LETTER = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MINOR_MODES = {"minor", "dorian", "phrygian", "aeolian"}
_SPLIT_OF_TENTH = (TRAINING,) * 6 + (DEVELOPMENT,) * 2 + (TEST,) * 2


class LabelledPiece(NamedTuple):
    """A piece with its label.

    Attributes
    ----------
    path : Path
    key : Key
        The labelled key; a church mode counts as the major or minor key that is nearest to it.
    mode : str
        The mode in the label's own word ("dorian").
    is_sure : bool
        Whether the last bass note is the labelled tonic.
    split : str
        `TRAINING`, `DEVELOPMENT` or `TEST`.
    source, style, title : str
    """

    path: Path
    key: Key
    mode: str
    is_sure: bool
    split: str
    source: str
    style: str
    title: str


def read_corpus(corpus: Path) -> list[LabelledPiece]:
    """Return the pieces of a corpus that have a labelled key and other notes than drums."""
    with (corpus / "index.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["key"] and row["roles"] != "drums"]
    return [
        LabelledPiece(
            path=corpus / row["path"],
            key=parse_key(row["key"]),
            mode=row["key"].split()[1],
            is_sure=row["final_bass_is_tonic"] == "1",
            split=split_of_group(row["group"]),
            source=row["source"],
            style=row["style"],
            title=row["title"],
        )
        for row in rows
    ]


def split_of_group(group: str) -> str:
    """Return the split of a group of pieces: six tenths are for training, two for development, two for tests."""
    return _SPLIT_OF_TENTH[int(hashlib.sha256(group.encode()).hexdigest(), 16) % len(_SPLIT_OF_TENTH)]


def parse_key(text: str) -> Key:
    """Parse ``"Bb minor"`` or ``"A dorian"``; a flat may also be written ``-``, as in music21."""
    tonic, mode = text.split()
    pitch_class = _PITCH_CLASS_OF_LETTER[tonic[0].upper()] + tonic.count("#") - tonic[1:].count("b") - tonic.count("-")
    return Key(pitch_class % 12, mode in _MINOR_MODES)


def mirex_score(detected: Key, label: Key) -> float:
    """Return the score of MIREX's audio key detection: same key 1, fifth .5, relative .3, parallel .2, else 0."""
    distance = (detected.tonic - label.tonic) % 12
    if detected.is_minor == label.is_minor:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(distance, 0.0)
    if distance == (9 if detected.is_minor else 3):
        return 0.3
    return 0.2 if distance == 0 else 0.0
