"""Read the written rhythm of a corpus into one file, so that training needs no MIDI.

::

    python -m training.beats.prepare --corpus DIR --corpus DIR2 --out RUNS/beats/rhythms.pickle
"""

from __future__ import annotations

import argparse
import pickle
from collections import Counter
from pathlib import Path

from score import midi
from servicekit.faults import Fault

from training import corpus
from training.beats.written_rhythm import Piece, in_common_values, read_written_rhythm


def main() -> None:
    """Read all usable pieces and write them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    pieces = []
    for row in corpus.read_index(arguments.corpus):
        if row.style.startswith("drums-"):
            continue
        try:
            rhythm = read_written_rhythm(midi.parse(row.path.read_bytes()))
        except Fault:
            continue
        if rhythm is not None:
            is_dance = row.style.startswith("folk-")
            pieces.append(Piece(row, in_common_values(rhythm) if is_dance else rhythm))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("wb") as file:
        pickle.dump(pieces, file, protocol=pickle.HIGHEST_PROTOCOL)
    print(len(pieces), Counter(piece.row.fold for piece in pieces))


if __name__ == "__main__":
    main()
