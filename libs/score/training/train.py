"""Train the network that finds the lead and the bass, and write it with its card into the package.

    python -m training.train --data FILE.npz --out src/score/roles/weights

Run in the folder of the library, after ``training.prepare``; some minutes on one core. Every step is seeded. The
development split sets the temperature; the test split is not read: ``bench/roles.py`` reports on it.
"""

from __future__ import annotations

import argparse
import json
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from score.arrays import F32, F64, I64, Bool
from score.roles.part_network import MAX_DEVIATIONS, PartNetwork

from .labelled_parts import UNKNOWN

SEED = 20
N_HIDDEN, N_EPOCHS, BATCH, RATE, DECAY, DROPOUT = 64, 40, 256, 3e-3, 0.05, 0.3
BASS_WEIGHT = 0.3
"""Of the loss for the bass beside that for the lead."""
POP_WEIGHT = 1.5
"""Of a song whose accompaniment has a second melody: the hardest kind, and of a small share."""
_TEMPERATURES = np.linspace(0.6, 2.5, 77)
_LEARNED = ("hidden", "hidden_bias", "output", "bias")


class Rows(NamedTuple):
    """Pieces: features (n, parts, features), which parts there are, labels of lead and bass, weights."""

    features: F32
    is_part: Bool
    labels: I64
    weights: F64


class Gradients(NamedTuple):
    """Derivatives of the loss by the learned weights, as in `PartNetwork`."""

    hidden: F32
    hidden_bias: F32
    output: F32
    bias: F32


def read_rows(data: dict[str, Any], is_chosen: Bool) -> Rows:
    """Return the chosen pieces of what ``training.prepare`` wrote."""
    n_parts = data["n_parts"][is_chosen]
    is_part = np.arange(data["features"].shape[1]) < n_parts[:, None]
    labels = np.stack([data["lead"][is_chosen], data["bass"][is_chosen]], axis=1)
    weights = np.where(data["source"][is_chosen] == "pop909", POP_WEIGHT, 1.0)
    return Rows(data["features"][is_chosen], is_part, labels, weights)


def fit(rows: Rows) -> PartNetwork:
    """Fit the network by Adam with decoupled weight decay and a rate that falls to zero."""
    rng = np.random.default_rng(SEED)
    network = _new_network(rows, rng)
    first, second = ([np.zeros_like(getattr(network, name)) for name in _LEARNED] for _ in range(2))
    n_steps, step = N_EPOCHS * -(-len(rows.labels) // BATCH), 0
    for _ in range(N_EPOCHS):
        for chosen in np.array_split(rng.permutation(len(rows.labels)), -(-len(rows.labels) // BATCH)):
            step += 1
            gradients = _gradients(network, _select(rows, chosen), rng)
            rate = RATE * (1 - step / n_steps) * min(1.0, step / 200)
            for place, (name, gradient) in enumerate(zip(_LEARNED, gradients, strict=True)):
                first[place] += 0.1 * (gradient - first[place])
                second[place] += 0.001 * (gradient**2 - second[place])
                moved = (first[place] / (1 - 0.9**step)) / (np.sqrt(second[place] / (1 - 0.999**step)) + 1e-8)
                values = getattr(network, name)
                values -= rate * (moved + DECAY * values * (values.ndim > 1))
    return network


def _select(rows: Rows, chosen: I64) -> Rows:
    return Rows(rows.features[chosen], rows.is_part[chosen], rows.labels[chosen], rows.weights[chosen])


def _new_network(rows: Rows, rng: np.random.Generator) -> PartNetwork:
    known = rows.features[rows.is_part]
    n_features = known.shape[1]
    return PartNetwork(
        mean=known.mean(axis=0),
        deviation=known.std(axis=0) + 1e-3,
        hidden=rng.normal(0, n_features**-0.5, (n_features, N_HIDDEN)).astype(np.float32),
        hidden_bias=np.zeros(N_HIDDEN, dtype=np.float32),
        output=rng.normal(0, N_HIDDEN**-0.5, (N_HIDDEN, 2)).astype(np.float32),
        bias=np.zeros(2, dtype=np.float32),
    )


def _gradients(network: PartNetwork, rows: Rows, rng: np.random.Generator) -> Gradients:
    """Return the gradients of the mean cross-entropy, with dropout of hidden units."""
    inputs = np.clip((rows.features - network.mean) / network.deviation, -MAX_DEVIATIONS, MAX_DEVIATIONS)
    inputs = (inputs * rows.is_part[..., None]).astype(np.float32)
    scales = (rng.random((*inputs.shape[:2], N_HIDDEN)) >= DROPOUT) / np.float32(1 - DROPOUT)
    before = inputs @ network.hidden + network.hidden_bias
    hidden = np.maximum(before, 0.0) * scales
    shares = probabilities(hidden @ network.output + network.bias, rows.is_part)
    errors = (shares - _targets(rows))[:, :-1] * _label_weights(rows)[:, None, :] / len(rows.labels)
    errors = errors.astype(np.float32)
    back = (errors @ network.output.T) * scales * (before > 0)
    return Gradients(
        hidden=np.einsum("npf,nph->fh", inputs, back, optimize=True).astype(np.float32),
        hidden_bias=back.sum(axis=(0, 1)).astype(np.float32),
        output=np.einsum("nph,npk->hk", hidden, errors, optimize=True).astype(np.float32),
        bias=errors.sum(axis=(0, 1)),
    )


def probabilities(logits: F64, is_part: Bool) -> F64:
    """Return the softmax over parts and none, shape (n, parts + 1, 2), for logits of shape (n, parts, 2)."""
    masked = np.where(is_part[..., None], logits, -np.inf)
    with_none = np.concatenate([masked, np.zeros((len(masked), 1, 2))], axis=1)
    exponentials = np.exp(with_none - with_none.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _targets(rows: Rows) -> F64:
    n_parts = rows.is_part.shape[1]
    places = np.where(rows.labels < 0, n_parts, rows.labels)
    return np.asarray(np.eye(n_parts + 1)[places].swapaxes(1, 2))


def _label_weights(rows: Rows) -> F64:
    known = (rows.labels != UNKNOWN) * np.array([1.0, BASS_WEIGHT])
    return np.asarray(known * rows.weights[:, None])


def cross_entropy(network: PartNetwork, rows: Rows, temperature: float) -> float:
    """Return the mean cross-entropy of the lead at a temperature."""
    shares = probabilities(network.logits(rows.features) / temperature, rows.is_part)
    right = (shares * _targets(rows)).sum(axis=1)[:, 0]
    return float(-np.log(np.maximum(right, 1e-9)).mean())


def right_share(network: PartNetwork, rows: Rows) -> list[float]:
    """Return the share of pieces whose lead is right, and of those with a known bass whose bass is right."""
    shares = probabilities(network.logits(rows.features), rows.is_part)
    is_right = shares.argmax(axis=1) == _targets(rows).argmax(axis=1)
    return [round(float(is_right[rows.labels[:, each] != UNKNOWN, each].mean()), 4) for each in range(2)]


def main() -> None:
    """Train the network, set its temperature, and write weights and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with np.load(arguments.data, allow_pickle=False) as stored:
        data = {name: stored[name] for name in stored.files}
    training = read_rows(data, ~data["is_development"])
    development = read_rows(data, data["is_development"])
    plain = read_rows(data, data["is_development"] & ~data["is_arranged"])
    network = fit(training)
    losses = [cross_entropy(network, development, temperature) for temperature in _TEMPERATURES]
    temperature = float(_TEMPERATURES[int(np.argmin(losses))])
    network = network._replace(output=network.output / temperature, bias=network.bias / temperature)
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "parts.npz"
    np.savez_compressed(path, **{name: values.astype(np.float16) for name, values in network._asdict().items()})
    report = {
        "sha256": sha256(path.read_bytes()).hexdigest(),
        "seed": SEED,
        "hidden_units": N_HIDDEN,
        "epochs": N_EPOCHS,
        "temperature": round(temperature, 3),
        "training_pieces": len(training.labels),
        "development_pieces": len(development.labels),
        "development_loss": round(min(losses), 4),
        "development_right_lead_and_bass": right_share(network, development),
        "development_right_of_unchanged_pieces": right_share(network, plain),
    }
    (arguments.out / "trained.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
