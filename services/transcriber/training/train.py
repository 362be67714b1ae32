r"""Train the networks, and write them to the folder of models.

    cd services/transcriber && python -m training.train --recordings RUNS/recordings --corpus DIR --corpus DIR2 \
        --models ../../models

About a quarter of an hour on one free core. Prints the results of each network on the validation tenth of the corpus;
the test tenth is not read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.numpy import save
from score.arrays import F32, Bool
from servicekit.model_folder import MANIFEST_NAME
from transcriber.dense_network import FEATURES_ID, MODEL_NAME, WEIGHTS_NAME

from training import corpus
from training.examples import Examples, LabelledRecording, label_recording, read_recording

BATCH_SIZE = 1024
FEATURE_NOISE = 0.1
MIN_DEVIATION = 0.02

Report = Callable[[F32, Bool], str]
"""Describes probabilities of validation examples, given their labels."""


class Hyperparameters(NamedTuple):
    """How a network is trained: sizes of its hidden layers, epochs, weight of a negative example, dropout."""

    widths: tuple[int, ...]
    epochs: int
    negative_weight: float
    dropout: float


ONSET = Hyperparameters((192, 48), 10, 2.0, 0.25)
END = Hyperparameters((96, 32), 5, 1.0, 0.15)


class TrainedNetwork(NamedTuple):
    """A network with the mean and deviation by which its features are standardized."""

    mean: F32
    deviation: F32
    network: torch.nn.Sequential

    def logits(self, features: F32) -> torch.Tensor:
        """Apply the network."""
        scaled = torch.tensor((features - self.mean) / self.deviation, dtype=torch.float32)
        logits: torch.Tensor = self.network(scaled)[:, 0]
        return logits

    def tensors(self, name: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]]:
        """Return the tensors that `transcriber.dense_network.network_from_tensors` reads."""
        linear = [layer for layer in self.network if isinstance(layer, torch.nn.Linear)]
        tensors: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]] = {
            f"{name}.mean": self.mean,
            f"{name}.deviation": self.deviation,
        }
        for index, layer in enumerate(linear):
            weights = layer.weight.detach().numpy().T
            tensors[f"{name}.weights{index}"] = np.ascontiguousarray(weights).astype(np.float16)
            tensors[f"{name}.biases{index}"] = layer.bias.detach().numpy()
        return tensors


def main() -> None:
    """Train all networks and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--models", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = corpus.sample_pieces(corpus.read_index(arguments.corpus))
    rng = np.random.default_rng(0)
    recordings = [label_recording(read_recording(path), rng) for path in sorted(arguments.recordings.glob("*.npz"))]
    trained = {
        "onset": train_onset(recordings),
        "end": train_end(recordings),
    }
    write_model(arguments.models / MODEL_NAME, trained, rows, len(recordings))


def train_onset(recordings: Sequence[LabelledRecording]) -> TrainedNetwork:
    """Train the network that separates notes from other candidates."""
    n_missed = sum(recording.n_missed for recording in recordings if recording.is_validation)

    def report(probabilities: F32, labels: Bool) -> str:
        scores = []
        for threshold in np.arange(0.2, 0.8, 0.05):
            hits = 2 * (labels & (probabilities > threshold)).sum()
            scores.append((hits / ((probabilities > threshold).sum() + labels.sum() + n_missed), threshold))
        return "F1 {:.4f} above {:.2f}".format(*max(scores))

    training, validation = (
        Examples.concatenate([each.onsets for each in recordings if each.is_validation == flag]) for flag in (0, 1)
    )
    return _train(ONSET, training, validation, report)


def train_end(recordings: Sequence[LabelledRecording]) -> TrainedNetwork:
    """Train the network that decides whether a note still sounds."""
    training, validation = (
        Examples.concatenate([each.ends for each in recordings if each.is_validation == flag]) for flag in (0, 1)
    )
    return _train(END, training, validation, lambda sounds, labels: f"right {((sounds > 0.5) == labels).mean():.4f}")


def _initialize(hyperparameters: Hyperparameters, features: F32) -> TrainedNetwork:
    layers: list[torch.nn.Module] = []
    size = features.shape[1]
    for width in hyperparameters.widths:
        layers += [torch.nn.Linear(size, width), torch.nn.ReLU(), torch.nn.Dropout(hyperparameters.dropout)]
        size = width
    network = torch.nn.Sequential(*layers, torch.nn.Linear(size, 1))
    mean, deviation = features.mean(axis=0), features.std(axis=0) + MIN_DEVIATION
    return TrainedNetwork(mean.astype(np.float32), deviation.astype(np.float32), network)


def _train(
    hyperparameters: Hyperparameters, training: Examples, validation: Examples, report: Report
) -> TrainedNetwork:
    """Train on the cross-entropy; print loss and report of the validation examples after each epoch."""
    trained = _initialize(hyperparameters, training.features)
    features = torch.tensor((training.features - trained.mean) / trained.deviation, dtype=torch.float32)
    labels = torch.tensor(training.labels, dtype=torch.float32)
    weights = torch.where(labels > 0, 1.0, hyperparameters.negative_weight)
    n_batches = len(labels) // BATCH_SIZE
    optimizer = torch.optim.AdamW(trained.network.parameters(), lr=2e-3, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=hyperparameters.epochs * n_batches + 1)
    for epoch in range(hyperparameters.epochs):
        trained.network.train()
        for batch in torch.randperm(len(labels))[: n_batches * BATCH_SIZE].split(BATCH_SIZE):
            noisy = features[batch] + FEATURE_NOISE * torch.randn(BATCH_SIZE, features.shape[1])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                trained.network(noisy)[:, 0], labels[batch], weight=weights[batch]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        trained.network.eval()
        print(epoch, _validate(trained, validation, report), flush=True)
    return trained


def _validate(trained: TrainedNetwork, validation: Examples, report: Report) -> str:
    with torch.no_grad():
        logits = trained.logits(validation.features)
        targets = torch.tensor(validation.labels, dtype=torch.float32)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets).item()
    return f"loss {loss:.4f} {report(torch.sigmoid(logits).numpy(), validation.labels)}"


def write_model(
    folder: Path, trained: dict[str, TrainedNetwork], rows: Sequence[corpus.CorpusRow], n_recordings: int
) -> None:
    """Write weights and manifest.

    Parameters
    ----------
    folder : Path
        The model's folder.
    trained : dict of str to TrainedNetwork
        By the names in `transcriber.dense_network.NETWORK_NAMES`.
    rows : sequence of CorpusRow
        The pieces that were used.
    n_recordings : int
        Number of recordings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: value for name, each in trained.items() for key, value in each.tensors(name).items()}
    data = save(dict(sorted(tensors.items())))
    (folder / WEIGHTS_NAME).write_bytes(data)
    sources = Counter((row.source, row.licence) for row in rows)
    manifest = {
        "name": MODEL_NAME,
        "features": FEATURES_ID,
        "sha256": hashlib.sha256(data).hexdigest(),
        "format": "safetensors, float16",
        "licence": "Apache-2.0",
        "seed": 0,
        "recordings": n_recordings,
        "data": [
            {"source": source, "licence": licence, "pieces": count}
            for (source, licence), count in sorted(sources.items())
        ],
    }  # fmt: skip
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
