"""Train the networks that detect the key of a piece, of a segment, and of a bar, and write them into the package.

    python -m training.train --data FILE.npz --out src/transposer/weights

Run in the service's folder. Several hyperparameter sets are fitted on the training split. The development split chooses
between them and sets the temperature. The test split is not read; ``bench/key_detection.py`` reports on it.

The weight of a label depends on its source: 1 if the tonic is also the last bass note, 0.5 if an editor wrote it over a
melody, and 0.1 otherwise, since the signatures of chorales are often modal, those of many movements hold for the first
one only, and those of the songs were estimated from audio.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from score.arrays import F64, Bool
from transposer.evaluation.labelled_corpus import DEVELOPMENT, TRAINING
from transposer.key_detection import key_features, local_keys
from transposer.key_detection.key import N_KEYS
from transposer.key_detection.key_network import KeyNetwork, softmax

from .network_fit import Hyperparameters, LabelledRows, apply_temperature, fit_network

KEY_CANDIDATES = (
    Hyperparameters(n_hidden=0, epochs=10, decay=0.1, dropout=0.0),
    Hyperparameters(n_hidden=16, epochs=16, dropout=0.4),
)
SEGMENT_CANDIDATES = (Hyperparameters(n_hidden=16, epochs=8),)
BAR_CANDIDATES = (
    Hyperparameters(n_hidden=0, epochs=3, decay=0.1, dropout=0.0, batch=512, rate=4e-3),
    Hyperparameters(n_hidden=16, epochs=3, decay=0.1, dropout=0.1, batch=512, rate=4e-3),
)
_EDITED_SOURCES = ("aird", "oneill", "ryan", "northumb")
_TEMPERATURES = np.linspace(0.5, 2.5, 81)

Columns = Mapping[str, "np.ndarray[Any, np.dtype[Any]]"]
"""What `training.prepare` has written."""

Report = dict[str, object]


def label_weights(data: Columns) -> F64:
    """Return the weight of each row's label, 0 to 1."""
    unsure = np.where(np.isin(data["source"], _EDITED_SOURCES), 0.5, 0.1)
    return np.where(data["is_sure"], 1.0, unsure)


def train_key(data: Columns) -> tuple[KeyNetwork, Report]:
    """Fit the network for whole pieces."""
    rows = LabelledRows(data["features"], key_features.TONIC_ROTATIONS, data["key"], label_weights(data))
    training, development = (_select(rows, data["split"] == split) for split in (TRAINING, DEVELOPMENT))
    return _fit_best(training, development, KEY_CANDIDATES)


def train_segment(data: Columns) -> tuple[KeyNetwork, Report]:
    """Fit the network for segments, on whole pieces and on segments of pieces whose key is sure."""
    pieces = data["segment_pieces"].astype(np.int64)
    features = np.concatenate([data["features"], data["segments"]])
    keys, splits = (np.concatenate([data[name], data[name][pieces]]) for name in ("key", "split"))
    is_segment = np.arange(len(keys)) >= len(data["key"])
    weights = np.concatenate([label_weights(data), np.ones(len(pieces))])
    rows = LabelledRows(features, key_features.TONIC_ROTATIONS, keys, weights)
    training, development = _select(rows, splits == TRAINING), _select(rows, (splits == DEVELOPMENT) & is_segment)
    return _fit_best(training, development, SEGMENT_CANDIDATES)


def train_bar(data: Columns) -> tuple[KeyNetwork, Report]:
    """Fit the network for bars, on bars of pieces whose key is sure."""
    pieces = data["bar_pieces"].astype(np.int64)
    weights = np.where(data["is_sure"], 1.0, 0.0)[pieces]
    rows = LabelledRows(data["bars"], local_keys.TONIC_ROTATIONS, data["key"][pieces], weights)
    splits = data["split"][pieces]
    training, development = (_select(rows, (splits == split) & (weights > 0)) for split in (TRAINING, DEVELOPMENT))
    return _fit_best(training, development, BAR_CANDIDATES)


def _fit_best(
    training: LabelledRows, development: LabelledRows, candidates: tuple[Hyperparameters, ...]
) -> tuple[KeyNetwork, Report]:
    """Fit a network with every candidate, choose the best one, and set its temperature."""
    fitted = []
    for hyperparameters in candidates:
        network = fit_network(training, hyperparameters)
        loss = _cross_entropy(_logits(network, development), development)
        fitted.append((loss, hyperparameters, network))
        print(
            json.dumps({**asdict(hyperparameters), "loss": loss, "right": _accuracy(network, development)}), flush=True
        )
    _, hyperparameters, network = min(fitted, key=lambda each: each[0])
    logits = _logits(network, development)
    losses = [_cross_entropy(logits / temperature, development) for temperature in _TEMPERATURES]
    temperature = float(_TEMPERATURES[int(np.argmin(losses))])
    report: Report = {
        "plan": asdict(hyperparameters),
        "temperature": round(temperature, 4),
        "training_rows": len(training.keys),
        "development_rows": len(development.keys),
        "development_loss": round(min(losses), 4),
        "development_right": round(_accuracy(network, development), 4),
    }
    return apply_temperature(network, temperature), report


def _select(rows: LabelledRows, is_selected: Bool) -> LabelledRows:
    return LabelledRows(rows.features[is_selected], rows.rotations, rows.keys[is_selected], rows.weights[is_selected])


def _logits(network: KeyNetwork, rows: LabelledRows) -> F64:
    """Return the logits of all rows, in batches that fit into memory."""
    batches = np.array_split(rows.features, max(1, len(rows.features) // 512))
    return np.concatenate([network.logits(batch[:, rows.rotations]) for batch in batches])


def _cross_entropy(logits: F64, rows: LabelledRows) -> float:
    probabilities = softmax(logits).reshape(-1, N_KEYS)[np.arange(len(rows.keys)), rows.keys]
    return float(np.average(-np.log(np.maximum(probabilities, 1e-9)), weights=rows.weights))


def _accuracy(network: KeyNetwork, rows: LabelledRows) -> float:
    predicted = _logits(network, rows).reshape(-1, N_KEYS).argmax(axis=1)
    return float(np.average(predicted == rows.keys, weights=rows.weights))


def main() -> None:
    """Train the networks and write them with a report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with np.load(arguments.data, allow_pickle=False) as stored:
        data: Columns = {name: stored[name] for name in stored.files}
    reports = {}
    for name, train in (("key", train_key), ("segment", train_segment), ("bar", train_bar)):
        network, report = train(data)
        path = arguments.out / f"{name}.npz"
        np.savez_compressed(path, **{part: value.astype(np.float16) for part, value in network._asdict().items()})
        reports[name] = {"sha256": sha256(path.read_bytes()).hexdigest(), **report}
    print(json.dumps(reports, indent=2))
    (arguments.out / "trained.json").write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
