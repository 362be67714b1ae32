"""Read a corpus once and write the features that training needs.

    python -m training.prepare --corpus DIR --out FILE.npz

Run in the service's folder. Every labelled piece gives one row of key features
(`transposer.key_detection.key_features`) and the features of some of its bars (`transposer.key_detection.local_keys`);
a piece whose key is sure also gives the key features of two random segments.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from score import midi
from transposer.evaluation.labelled_corpus import TEST, LabelledPiece, read_corpus
from transposer.key_detection.beat_chords import extract_beat_pitches
from transposer.key_detection.key_features import extract_key_features
from transposer.key_detection.local_keys import extract_bar_features
from transposer.key_detection.pitched_notes import (
    PitchedNotes,
    extract_pitched_notes,
    has_pitched_notes,
    slice_bars,
)

_MAX_BARS_PER_PIECE = 24
"""Bars of one piece in the training of local keys, so that a long piece does not outweigh many short ones."""

_SEGMENTS_PER_PIECE = 2
_MIN_SEGMENT_BARS, _MAX_SEGMENT_BARS = 4, 16
_MIN_NOTES = 4

Columns = dict[str, list[Any]]


def add_piece(columns: Columns, piece: LabelledPiece, notes: PitchedNotes, rng: np.random.Generator) -> None:
    """Append the rows of a piece.

    Parameters
    ----------
    columns : dict of str to list
        Changed in place. ``bar_pieces`` and ``segment_pieces`` hold the row of the piece that each bar and segment is
        from.
    piece : LabelledPiece
        The piece's label.
    notes : PitchedNotes
        The piece's notes.
    rng : Generator
        Chooses the segments.
    """
    row = len(columns["key"])
    bars = extract_bar_features(extract_beat_pitches(notes), notes.beat_grid)
    chosen = np.unique(np.linspace(0, len(bars) - 1, _MAX_BARS_PER_PIECE).round().astype(int))
    columns["bars"] += list(bars[chosen].astype(np.float32))
    columns["bar_pieces"] += [row] * len(chosen)
    for segment in sample_segments(notes, rng) if piece.is_sure else []:
        columns["segments"].append(extract_key_features(segment).astype(np.float32))
        columns["segment_pieces"].append(row)
    columns["features"].append(extract_key_features(notes).astype(np.float32))
    columns["key"].append(piece.key.class_index)
    columns["is_sure"].append(piece.is_sure)
    columns["split"].append(piece.split)
    columns["source"].append(piece.source)


def sample_segments(notes: PitchedNotes, rng: np.random.Generator) -> list[PitchedNotes]:
    """Sample segments of 4 to 16 bars, all shorter than the piece."""
    n_bars, segments = notes.beat_grid.n_bars, []
    for _ in range(_SEGMENTS_PER_PIECE if n_bars > _MIN_SEGMENT_BARS else 0):
        length = int(rng.integers(_MIN_SEGMENT_BARS, min(_MAX_SEGMENT_BARS, n_bars - 1) + 1))
        first = int(rng.integers(0, n_bars - length + 1))
        segments.append(slice_bars(notes, first, first + length))
    return [segment for segment in segments if len(segment.pitches) >= _MIN_NOTES]


def main() -> None:
    """Prepare all pieces except those of the test split."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    columns: Columns = defaultdict(list)
    rng = np.random.default_rng(1)
    for piece in read_corpus(arguments.corpus):
        score = midi.parse(piece.path.read_bytes())
        if piece.split != TEST and has_pitched_notes(score):
            add_piece(columns, piece, extract_pitched_notes(score), rng)
    tables: dict[str, Any] = {name: np.array(column) for name, column in columns.items()}
    np.savez(arguments.out, **tables)


if __name__ == "__main__":
    main()
