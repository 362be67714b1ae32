"""Reads a corpus once and keeps what training needs.

    python -m training.prepare --corpus DIR --out FILE.npz

in this folder's parent. Every labelled piece gives one row: its evidence (`transposer.key_detection.key_features`);
for local keys also the evidence of its bars (`transposer.key_detection.local_keys`), and, where its key is sure, that
of two stretches drawn from it.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from score import midi
from transposer.evaluation.labelled_corpus import TEST, Piece, read_corpus
from transposer.key_detection import key_features, local_keys
from transposer.key_detection.pitched_notes import Pitches, cut, gather, has_pitches

_MOST_BARS = 24
"""Bars that one piece gives to local keys: no long piece may outweigh many short ones."""

_STRETCHES, _STRETCH_BARS = 2, (4, 16)
_FEWEST_NOTES = 4

Columns = dict[str, list[Any]]


def add(columns: Columns, piece: Piece, pitches: Pitches, chance: np.random.Generator) -> None:
    """Add what a piece gives."""
    row = len(columns["key"])
    bars = local_keys.bar_values(key_features.beats_of(pitches), pitches.pulse)
    chosen = np.unique(np.linspace(0, len(bars) - 1, _MOST_BARS).round().astype(int))
    columns["bars"] += list(bars[chosen].astype(np.float32))
    columns["owners"] += [row] * len(chosen)
    for stretch in stretches(pitches, chance) if piece.is_sure else []:
        columns["stretches"].append(key_features.measure(stretch).astype(np.float32))
        columns["stretch_owners"].append(row)
    columns["values"].append(key_features.measure(pitches).astype(np.float32))
    columns["key"].append(piece.key.tonic + 12 * piece.key.is_minor)
    columns["is_sure"].append(piece.is_sure)
    columns["part"].append(piece.part)
    columns["source"].append(piece.source)


def stretches(pitches: Pitches, chance: np.random.Generator) -> list[Pitches]:
    """Draw stretches of a piece, 4 to 16 bars, none as long as the piece."""
    n_bars, found = len(pitches.pulse.bars), []
    fewest, most = _STRETCH_BARS
    for _ in range(_STRETCHES if n_bars > fewest else 0):
        length = int(chance.integers(fewest, min(most, n_bars - 1) + 1))
        first = int(chance.integers(0, n_bars - length + 1))
        found.append(cut(pitches, first, first + length))
    return [each for each in found if len(each.pitches) >= _FEWEST_NOTES]


def main() -> None:
    """Prepare all pieces but those of the test part."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    given = arguments.parse_args()
    columns: Columns = defaultdict(list)
    chance = np.random.default_rng(1)
    for piece in read_corpus(given.corpus):
        score = midi.parse(piece.path.read_bytes())
        if piece.part != TEST and has_pitches(score):
            add(columns, piece, gather(score), chance)
    tables: dict[str, Any] = {name: np.array(column) for name, column in columns.items()}
    np.savez(given.out, **tables)


if __name__ == "__main__":
    main()
