"""Fits the networks that find keys, of a piece, of a stretch of one and of a bar, and writes them into the package.

    python -m training.train --data FILE.npz --out ../src/transposer/weights

in this folder's parent. Several plans are fitted on the training part, the development part chooses between them and
sets the temperature; the test part is not looked at (``bench/key_detection.py`` is what reports on it).

A label is trusted as far as its source goes: one whose tonic is also the last bass note counts in full, one that an
editor wrote over a melody counts half, any other a tenth, since the signatures of chorales are often modal, those of
many movements hold for the first one only, and those of the songs were guessed from audio.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transposer.evaluation.labelled_corpus import DEVELOPMENT, TRAINING
from transposer.key_detection import key_features, local_keys
from transposer.key_detection.key_network import Network, chances

from .network_fit import Labelled, Plan, cooled, fit

PLANS = (
    Plan(n_hidden=0, epochs=10, decay=0.1, dropout=0.0),
    Plan(n_hidden=16, epochs=16, dropout=0.4),
)
STRETCH_PLANS = (Plan(n_hidden=16, epochs=8),)
LOCAL_PLANS = (
    Plan(n_hidden=0, epochs=3, decay=0.1, dropout=0.0, batch=512, rate=4e-3),
    Plan(n_hidden=16, epochs=3, decay=0.1, dropout=0.1, batch=512, rate=4e-3),
)
_EDITORS = ("aird", "oneill", "ryan", "northumb")
_TEMPERATURES = np.linspace(0.5, 2.5, 81)

Stored = dict[str, Any]


def trust(data: Stored) -> NDArray[np.float64]:
    """Say how far each row's label is trusted, 0 to 1."""
    edited = np.where(np.isin(data["source"], _EDITORS), 0.5, 0.1)
    return np.where(data["is_sure"], 1.0, edited)


def train_whole(data: Stored) -> tuple[Network, dict[str, object]]:
    """Fit what finds the key of a piece."""
    rows = Labelled(data["values"], key_features.TURNS, data["key"], trust(data))
    learn, choose = (_part(rows, data["part"] == part) for part in (TRAINING, DEVELOPMENT))
    return _best(learn, choose, PLANS)


def train_stretch(data: Stored) -> tuple[Network, dict[str, object]]:
    """Fit what finds the key of a stretch, from whole pieces and from stretches of pieces whose key is sure."""
    owners = data["stretch_owners"].astype(np.int64)
    values = np.concatenate([data["values"], data["stretches"]])
    keys, parts = (np.concatenate([data[name], data[name][owners]]) for name in ("key", "part"))
    is_stretch = np.arange(len(keys)) >= len(data["key"])
    rows = Labelled(values, key_features.TURNS, keys, np.concatenate([trust(data), np.ones(len(owners))]))
    learn, choose = _part(rows, parts == TRAINING), _part(rows, (parts == DEVELOPMENT) & is_stretch)
    return _best(learn, choose, STRETCH_PLANS)


def train_local(data: Stored) -> tuple[Network, dict[str, object]]:
    """Fit what finds the key of a bar, from bars of pieces whose key is sure."""
    owners = data["owners"].astype(np.int64)
    weights = np.where(data["is_sure"], 1.0, 0.0)[owners]
    rows = Labelled(data["bars"], local_keys.TURNS, data["key"][owners], weights)
    parts = data["part"][owners]
    learn, choose = (_part(rows, (parts == part) & (weights > 0)) for part in (TRAINING, DEVELOPMENT))
    return _best(learn, choose, LOCAL_PLANS)


def _best(learn: Labelled, choose: Labelled, plans: tuple[Plan, ...]) -> tuple[Network, dict[str, object]]:
    """Fit every plan, keep the best, and set its temperature."""
    fitted = []
    for plan in plans:
        network = fit(learn, plan)
        fitted.append((_loss_of(_scores(network, choose), choose), plan, network))
        print(json.dumps({**asdict(plan), "loss": fitted[-1][0], "right": _right(network, choose)}), flush=True)
    _, plan, network = min(fitted, key=lambda each: each[0])
    scores = _scores(network, choose)
    tempered = [_loss_of(scores / each, choose) for each in _TEMPERATURES]
    temperature = float(_TEMPERATURES[int(np.argmin(tempered))])
    told = {
        "plan": asdict(plan),
        "temperature": round(temperature, 4),
        "training_rows": len(learn.keys),
        "development_rows": len(choose.keys),
        "development_loss": round(min(tempered), 4),
        "development_right": round(_right(network, choose), 4),
    }
    return cooled(network, temperature), told


def _part(rows: Labelled, chosen: NDArray[np.bool_]) -> Labelled:
    return Labelled(rows.values[chosen], rows.turns, rows.keys[chosen], rows.weights[chosen])


def _scores(network: Network, rows: Labelled) -> NDArray[np.float64]:
    pieces = np.array_split(rows.values, max(1, len(rows.values) // 512))
    return np.concatenate([network.scores(piece[:, rows.turns]) for piece in pieces])


def _loss_of(scores: NDArray[np.float64], rows: Labelled) -> float:
    likely = chances(scores).reshape(-1, 24)[np.arange(len(rows.keys)), rows.keys]
    return float(np.average(-np.log(np.maximum(likely, 1e-9)), weights=rows.weights))


def _right(network: Network, rows: Labelled) -> float:
    found = _scores(network, rows).reshape(-1, 24).argmax(axis=1)
    return float(np.average(found == rows.keys, weights=rows.weights))


def main() -> None:
    """Train and write."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    given = arguments.parse_args()
    with np.load(given.data, allow_pickle=False) as stored:
        data: Stored = {name: stored[name] for name in stored.files}
    manifest = {}
    for name, train in (("key", train_whole), ("stretch", train_stretch), ("local", train_local)):
        network, told = train(data)
        path = given.out / f"{name}.npz"
        np.savez_compressed(path, **{part: value.astype(np.float16) for part, value in network._asdict().items()})
        manifest[name] = {"sha256": sha256(path.read_bytes()).hexdigest(), **told}
    print(json.dumps(manifest, indent=2))
    (given.out / "trained.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
