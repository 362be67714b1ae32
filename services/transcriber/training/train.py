r"""Train the four networks, and write them to the folder of models.

    cd services/transcriber && python -m training.train --recordings RUNS/recordings --corpus DIR --corpus DIR2 \
        --models ../../models

About a quarter of an hour on one free core. Prints what each network does with the validation tenth of the corpus; the
test tenth is not read.
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
from numpy.typing import NDArray
from safetensors.numpy import save
from transcriber.constants import Floats
from transcriber.dense_network import FORMAT, MANIFEST_NAME, WEIGHTS_NAME
from transcriber.rhythm.downbeat_tracking import METERS

from training import corpus
from training.examples import Examples, Labelled, label, read
from training.rhythm import OCTAVE, Choice, Halves, Rhythm, rhythms

BATCH = 1024
FEATURE_NOISE = 0.1
LEAST_DEVIATION = 0.02


class Recipe(NamedTuple):
    """How a network is trained: sizes of its hidden layers, rounds, what a negative counts, dropout."""

    widths: tuple[int, ...]
    rounds: int
    negative_weight: float
    dropout: float


ONSET = Recipe((192, 48), 10, 2.0, 0.25)
END = Recipe((96, 32), 5, 1.0, 0.15)
DOWNBEAT = Recipe((64,), 8, 1.0, 0.3)
TEMPO = Recipe((32,), 20, 1.0, 0.0)


class Trained(NamedTuple):
    """A network with what its features were standardised by."""

    mean: Floats
    deviation: Floats
    network: torch.nn.Sequential

    def logits(self, features: Floats) -> torch.Tensor:
        """Apply it."""
        scaled = torch.tensor((features - self.mean) / self.deviation, dtype=torch.float32)
        found: torch.Tensor = self.network(scaled)[:, 0]
        return found

    def tensors(self, name: str) -> dict[str, Floats]:
        """Give the tensors that `transcriber.dense_network.build` reads."""
        linear = [layer for layer in self.network if isinstance(layer, torch.nn.Linear)]
        found = {f"{name}.mean": self.mean, f"{name}.deviation": self.deviation}
        for index, layer in enumerate(linear):
            weights = layer.weight.detach().numpy().T
            found[f"{name}.weights{index}"] = np.ascontiguousarray(weights).astype(np.float16)
            found[f"{name}.biases{index}"] = layer.bias.detach().numpy()
        return found


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--models", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = corpus.choose(corpus.read_index(given.corpus))
    rng = np.random.default_rng(0)
    labelled = [label(read(path), rng) for path in sorted(given.recordings.glob("*.npz"))]
    heard = list(rhythms(rows))
    trained = {
        "onset": train_onset(labelled),
        "end": train_end(labelled),
        "tempo": train_tempo(heard),
        "downbeat": train_downbeat(heard),
    }
    write(given.models / "transcriber", trained, rows, len(labelled))


def train_onset(labelled: Sequence[Labelled]) -> Trained:
    """Train the network that tells notes from what is none."""
    n_missed = sum(each.n_missed for each in labelled if each.is_validation)

    def report(probabilities: Floats, labels: NDArray[np.bool_]) -> str:
        scores = []
        for least in np.arange(0.2, 0.8, 0.05):
            hits = 2 * (labels & (probabilities > least)).sum()
            scores.append((hits / ((probabilities > least).sum() + labels.sum() + n_missed), least))
        return "F1 {:.4f} above {:.2f}".format(*max(scores))

    own = {flag: Examples.joined([each.onsets for each in labelled if each.is_validation == flag]) for flag in (0, 1)}
    return _train(ONSET, own[0], own[1], report)


def train_end(labelled: Sequence[Labelled]) -> Trained:
    """Train the network that tells whether a note still sounds."""
    own = {flag: Examples.joined([each.ends for each in labelled if each.is_validation == flag]) for flag in (0, 1)}
    return _train(END, own[0], own[1], lambda sounds, labels: f"right {((sounds > 0.5) == labels).mean():.4f}")


def train_downbeat(heard: Sequence[Rhythm]) -> Trained:
    """Train the network that tells where bars begin."""
    own = [Examples(each.halves.features, each.halves.begins_bar) for each in heard if not each.is_validation]
    others = [each.halves for each in heard if each.is_validation]
    validation = Examples.joined([Examples(each.features, each.begins_bar) for each in others])
    trained = _train(DOWNBEAT, Examples.joined(own), validation, lambda *_: "")
    found = [_meter_and_place(trained.logits(each.features).detach().numpy(), each) for each in others]
    known = [each for each in found if each is not None]
    meters, places = np.mean(known, axis=0)
    print(f"downbeat: of {len(known)} pieces, meter {meters:.3f}, bars {places:.3f}", flush=True)
    return trained


def _meter_and_place(logits: Floats, halves: Halves) -> tuple[bool, bool] | None:
    """Tell whether meter and bars are right; None for meters that are neither three nor four quarters, or fractions."""
    wanted = {1.5: 6, 3.0: 6, 2.0: 8, 4.0: 8}.get(round(halves.quarters * 2) / 2)
    if wanted is None or len(logits) < 16:
        return None
    places = [(length, phase) for length in METERS for phase in range(length)]
    length, phase = max(places, key=lambda place: logits[place[1] :: place[0]].mean())
    return length == wanted, bool(halves.begins_bar[phase::length].mean() > 0.6)


def train_tempo(heard: Sequence[Rhythm]) -> Trained:
    """Train the network that chooses among periods: the likelihood of the right ones of each piece."""
    own = [choice for each in heard if not each.is_validation for choice in each.choices if choice.worth.sum()]
    others = [choice for each in heard if each.is_validation for choice in each.choices]
    trained = _new(TEMPO, np.concatenate([choice.features for choice in own]))
    optimiser = torch.optim.AdamW(trained.network.parameters(), lr=3e-3, weight_decay=2e-2)
    rng = np.random.default_rng(0)
    for _ in range(TEMPO.rounds):
        order = rng.permutation(len(own))
        for start in range(0, len(order), 32):
            loss = torch.stack([_surprise(trained, own[at]) for at in order[start : start + 32]]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    worth = [choice.worth[int(trained.logits(choice.features).argmax())] for choice in others]
    exact, octave = np.mean(np.array(worth) == 1.0), np.mean(np.array(worth) >= OCTAVE)
    print(f"tempo: of {len(worth)} pieces, exact {exact:.3f}, or half or double {octave:.3f}", flush=True)
    return trained


def _surprise(trained: Trained, choice: Choice) -> torch.Tensor:
    wanted = torch.tensor(choice.worth / choice.worth.sum(), dtype=torch.float32)
    return -(wanted * torch.log_softmax(trained.logits(choice.features), 0)).sum()


def _new(recipe: Recipe, features: Floats) -> Trained:
    layers: list[torch.nn.Module] = []
    size = features.shape[1]
    for width in recipe.widths:
        layers += [torch.nn.Linear(size, width), torch.nn.ReLU(), torch.nn.Dropout(recipe.dropout)]
        size = width
    network = torch.nn.Sequential(*layers, torch.nn.Linear(size, 1))
    mean, deviation = features.mean(axis=0), features.std(axis=0) + LEAST_DEVIATION
    return Trained(mean.astype(np.float32), deviation.astype(np.float32), network)


def _train(
    recipe: Recipe, own: Examples, others: Examples, report: Callable[[Floats, NDArray[np.bool_]], str]
) -> Trained:
    """Train by cross-entropy, and print the loss and a report of the validation examples after each round."""
    trained = _new(recipe, own.features)
    features = torch.tensor((own.features - trained.mean) / trained.deviation, dtype=torch.float32)
    labels = torch.tensor(own.labels, dtype=torch.float32)
    weights = torch.where(labels > 0, 1.0, recipe.negative_weight)
    n_batches = len(labels) // BATCH
    optimiser = torch.optim.AdamW(trained.network.parameters(), lr=2e-3, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=recipe.rounds * n_batches + 1)
    for number in range(recipe.rounds):
        trained.network.train()
        for chosen in torch.randperm(len(labels))[: n_batches * BATCH].split(BATCH):
            noisy = features[chosen] + FEATURE_NOISE * torch.randn(BATCH, features.shape[1])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                trained.network(noisy)[:, 0], labels[chosen], weight=weights[chosen]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        trained.network.eval()
        print(number, _validated(trained, others, report), flush=True)
    return trained


def _validated(trained: Trained, others: Examples, report: Callable[[Floats, NDArray[np.bool_]], str]) -> str:
    with torch.no_grad():
        logits = trained.logits(others.features)
        wanted = torch.tensor(others.labels, dtype=torch.float32)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted).item()
    return f"loss {loss:.4f} {report(torch.sigmoid(logits).numpy(), others.labels)}"


def write(home: Path, trained: dict[str, Trained], rows: Sequence[corpus.Row], n_recordings: int) -> None:
    """Write weights and manifest."""
    home.mkdir(parents=True, exist_ok=True)
    tensors = {key: value for name, each in trained.items() for key, value in each.tensors(name).items()}
    data = save(dict(sorted(tensors.items())))
    (home / WEIGHTS_NAME).write_bytes(data)
    sources = Counter((row.source, row.licence) for row in rows)
    manifest = {
        "name": "transcriber",
        "features": FORMAT,
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
    (home / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
