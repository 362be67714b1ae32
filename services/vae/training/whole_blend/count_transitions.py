"""Count the chord transitions of training pieces: writes the table of `phrase_blend.analysis.chord_recognition`.

    python -m training.whole_blend.count_transitions --corpus DIR --out chord_transitions.npz

Chords are recognized with the table that is in force. Folk tunes and drums are left out: they have no harmony.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from score.arrays import F64
from score.roles import Role
from vae.analysis.chord_recognition import N_CHORDS, transpose_chord
from vae.analysis.parent import Parent

from .key_estimation import estimate_key
from .pairs import iter_by_style, list_pieces, read_piece

_MAX_BARS = 100
_PRIOR_WEIGHT = 20.0
"""Weight of the chords' own frequencies, in counts, beside the transitions from each chord."""

_STYLES_WITHOUT_HARMONY = ("folk", "drums")


def log_probabilities(counts: F64) -> F64:
    """Return smoothed log-probabilities of transitions.

    Parameters
    ----------
    counts : ndarray, shape (N_CHORDS, N_CHORDS), float64
        How often one chord (row) is followed by another (column).

    Returns
    -------
    ndarray, of the same shape, float64
        Each row is a distribution.
    """
    frequencies = (counts.sum(axis=0) + 0.5) / (counts.sum() + 0.5 * len(counts))
    totals = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.log((counts + _PRIOR_WEIGHT * frequencies) / (totals + _PRIOR_WEIGHT)))


def count_transitions(folders: Sequence[Path], n_pieces: int, seed: int) -> F64:
    """Return how often one chord follows another in pieces that are not held out, transposed to C major or A minor.

    Parameters
    ----------
    folders : sequence of Path
        Corpora with an `index.csv`.
    n_pieces : int
    seed : int

    Returns
    -------
    ndarray, shape (N_CHORDS, N_CHORDS), float64
    """
    counts = np.zeros((N_CHORDS, N_CHORDS))
    n_counted = 0
    for piece in iter_by_style(list_pieces(folders, held_out=False), seed):
        if n_counted == n_pieces:
            break
        read = None if piece.style.startswith(_STYLES_WITHOUT_HARMONY) else read_piece(piece)
        if read is None or Role.HARMONY not in read[1].events or read[1].n_bars > _MAX_BARS:
            continue
        parent = Parent(read[1], *estimate_key(read[0]))
        chords = [transpose_chord(int(chord), -parent.major_tonic) for chord in parent.chord_symbols]
        for before, after in pairwise(chords):
            counts[before, after] += 1
        n_counted += 1
    return counts


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="a folder with an index.csv")
    parser.add_argument("--pieces", type=int, default=450)
    parser.add_argument("--seed", type=int, default=30)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    table = log_probabilities(count_transitions(options.corpus, options.pieces, options.seed))
    np.savez_compressed(options.out, logs=table.astype(np.float32))


if __name__ == "__main__":
    main()
