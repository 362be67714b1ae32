"""Read corpora once and write the features of their pieces, and of arrangements of them, for training.

    python -m training.prepare --corpus DIR --corpus DIR2 --out FILE.npz

Run in the folder of the library; a quarter of an hour on one core. The pieces of the test split are not read.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from score.arrays import F32
from score.roles.part_features import part_features

from .arrangements import arrange, shuffle
from .labelled_parts import DEVELOPMENT, TRAINING, LabelledParts, read_pieces

SEED = 20
_ARRANGED_PER_PIECE = {"pop909": 5, "music21-bach": 4, "openscore-quartets": 4, "openscore-lieder": 2, "mutopia": 2}
_ARRANGED_PER_OTHER_PIECE = 4
_ARRANGED_PER_DEVELOPMENT_PIECE = 1
MAX_PARTS = 12


class Row(NamedTuple):
    """One piece for training: features of its parts, labels, and where it is from."""

    features: F32
    lead: int
    bass: int
    source: str
    is_arranged: bool
    is_development: bool


def rows_of(piece: LabelledParts, rng: np.random.Generator) -> list[Row]:
    """Return the row of a piece, with its parts in a random order, and those of pieces of arrangements of it."""
    is_development = piece.split == DEVELOPMENT
    n_arranged = (
        _ARRANGED_PER_DEVELOPMENT_PIECE
        if is_development
        else _ARRANGED_PER_PIECE.get(piece.source, _ARRANGED_PER_OTHER_PIECE)
    )
    pieces = [shuffle(piece, rng), *(arrange(piece, rng) for _ in range(n_arranged))]
    return [
        Row(part_features(each.parts), each.lead, each.bass, each.source, index > 0, is_development)
        for index, each in enumerate(pieces)
        if len(each.parts) <= MAX_PARTS
    ]


def main() -> None:
    """Prepare the pieces of the training and development splits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    rows: list[Row] = []
    for corpus in arguments.corpus:
        for piece in read_pieces(corpus, (TRAINING, DEVELOPMENT)):
            rows += rows_of(piece, rng)
    features = np.zeros((len(rows), MAX_PARTS, rows[0].features.shape[1]), dtype=np.float32)
    for index, row in enumerate(rows):
        features[index, : len(row.features)] = row.features
    np.savez(
        arguments.out,
        features=features,
        n_parts=np.array([len(row.features) for row in rows]),
        lead=np.array([row.lead for row in rows]),
        bass=np.array([row.bass for row in rows]),
        source=np.array([row.source for row in rows]),
        is_arranged=np.array([row.is_arranged for row in rows]),
        is_development=np.array([row.is_development for row in rows]),
    )


if __name__ == "__main__":
    main()
