"""Fit the weights of `vae.analysis.tactus_weights`: which note value of a piece is its written quarter.

    python -m training.tactus --corpus DIR

The folder contains an `index.csv` with the columns path, style, n_notes and group. A fifth of the groups is held out.
"""

from __future__ import annotations

import argparse
import csv
import random
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from score import midi
from score.arrays import F64, Bool
from score.sounding import sounding
from servicekit.faults import Fault
from vae.analysis.tactus import OCTAVES, describe_candidates

_MAX_PER_STYLE, _MIN_NOTES, _MAX_NOTES, _HELD_OUT_ONE_IN = 90, 30, 6000, 5
_RIDGE = 1e-3
_WRITTEN = OCTAVES.index(0)


def read_features(corpus: Path) -> tuple[F64, Bool]:
    """Return the candidates of pieces, shape (n_pieces, n_octaves, n_features), and which pieces are held out."""
    with (corpus / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(0).shuffle(rows)
    features, is_held_out, n_read = [], [], Counter[str]()
    for row in rows:
        if n_read[row["style"]] >= _MAX_PER_STYLE or not _MIN_NOTES <= int(row["n_notes"] or 0) <= _MAX_NOTES:
            continue
        try:
            table = describe_candidates(sounding(midi.parse((corpus / row["path"]).read_bytes())))
        except Fault:
            continue
        if table is not None:
            n_read[row["style"]] += 1
            features.append(table)
            is_held_out.append(zlib.crc32(row["group"].encode()) % _HELD_OUT_ONE_IN == 0)
    return np.stack(features), np.array(is_held_out)


def fit(features: F64) -> F64:
    """Fit a conditional logit with a ridge penalty on standardized features; return the weights of the raw ones."""
    deviation = features.reshape(-1, features.shape[2]).std(axis=0) + 1e-9
    scaled = features / deviation

    def loss(weights: F64) -> tuple[float, F64]:
        scores = scaled @ weights
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        odds /= odds.sum(axis=1, keepdims=True)
        gradient = (np.einsum("nk,nkf->f", odds, scaled) - scaled[:, _WRITTEN].sum(axis=0)) / len(scaled)
        cost = -np.log(odds[:, _WRITTEN] + 1e-12).mean() + _RIDGE * weights @ weights
        return float(cost), gradient + 2 * _RIDGE * weights

    found = minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 3000})
    return np.asarray(found.x / deviation)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    features, is_held_out = read_features(parser.parse_args().corpus)
    weights = fit(features[~is_held_out])
    for name, of_split in (("training", ~is_held_out), ("held out", is_held_out)):
        is_right = (features[of_split] @ weights).argmax(axis=1) == _WRITTEN
        print(f"{name}: the likeliest beat is the written quarter in {is_right.mean():.1%} of {len(is_right)} pieces")
    print(", ".join(f"{weight:.4g}" for weight in weights))


if __name__ == "__main__":
    main()
