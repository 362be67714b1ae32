"""Music whose keys are known: what an index says of each piece, and which pieces may tune a method.

A corpus is a folder of MIDI files with an ``index.csv`` of the columns path, source, style, key, key_source,
final_bass_is_tonic, roles, title and group. Training and benches read it here, so that both divide it alike.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import NamedTuple

from transposer.key_detection.detector import Key

TRAINING, DEVELOPMENT, TEST = "training", "development", "test"

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MINOR_MODES = {"minor", "dorian", "phrygian", "aeolian"}
_TENTHS = (TRAINING,) * 6 + (DEVELOPMENT,) * 2 + (TEST,) * 2


class Piece(NamedTuple):
    """One piece and what is known of it.

    ``mode`` is the label's own word ("dorian"), while ``key`` counts it as the major or minor it is nearest to.
    ``is_sure`` says that the last bass note is the labelled tonic. ``part`` is training, development or test.
    """

    path: Path
    key: Key
    mode: str
    is_sure: bool
    part: str
    source: str
    style: str
    title: str


def read_corpus(corpus: Path) -> list[Piece]:
    """List the pieces of a corpus whose key is labelled and that are not drums alone."""
    with (corpus / "index.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["key"] and row["roles"] != "drums"]
    return [
        Piece(
            path=corpus / row["path"],
            key=parse_key(row["key"]),
            mode=row["key"].split()[1],
            is_sure=row["final_bass_is_tonic"] == "1",
            part=part_of(row["group"]),
            source=row["source"],
            style=row["style"],
            title=row["title"],
        )
        for row in rows
    ]


def part_of(group: str) -> str:
    """Say which part a group of pieces belongs to: six tenths train, two choose between methods, two test."""
    return _TENTHS[int(hashlib.sha256(group.encode()).hexdigest(), 16) % len(_TENTHS)]


def parse_key(text: str) -> Key:
    """Read ``"Bb minor"`` or ``"A dorian"``; music21 writes flats as ``-``."""
    tonic, mode = text.split()
    pitch_class = _LETTERS[tonic[0].upper()] + tonic.count("#") - tonic[1:].count("b") - tonic.count("-")
    return Key(pitch_class % 12, mode in _MINOR_MODES)


def mirex_weight(found: Key, truth: Key) -> float:
    """Weigh an answer as MIREX's audio key detection does: same 1, fifth .5, relative .3, parallel .2."""
    distance = (found.tonic - truth.tonic) % 12
    if found.is_minor == truth.is_minor:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(distance, 0.0)
    if distance == (9 if found.is_minor else 3):
        return 0.3
    return 0.2 if distance == 0 else 0.0
