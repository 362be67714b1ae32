"""Training of a dense network, from examples to the tensors that the service reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from score.arrays import F32, I64, Bool

from training.examples import Examples

BATCH_SIZE = 1024
FEATURE_NOISE = 0.1
MIN_DEVIATION = 0.02

Report = Callable[[F32, Bool], str]
"""Describes probabilities of validation examples, given their labels; both of shape (n, outputs)."""


class Hyperparameters(NamedTuple):
    """How a network is trained.

    Attributes
    ----------
    widths : tuple of int
        Sizes of its hidden layers.
    epochs : int
    negative_weight : float
        Weight of a negative example.
    dropout : float
    learning_rate : float
        The highest one.
    """

    widths: tuple[int, ...]
    epochs: int
    negative_weight: float
    dropout: float
    learning_rate: float = 3e-3


class TrainedNetwork(NamedTuple):
    """A network with the mean and deviation by which its features are standardized."""

    mean: F32
    deviation: F32
    network: torch.nn.Sequential

    def outputs(self, features: F32) -> torch.Tensor:
        """Apply the network: shape (n, features) to (n, outputs)."""
        result: torch.Tensor = self.network(self.standardize(features))
        return result

    def logits(self, features: F32) -> torch.Tensor:
        """Apply the network and return its first output."""
        return self.outputs(features)[:, 0]

    def standardize(self, features: F32) -> torch.Tensor:
        """Return features with mean 0 and deviation 1."""
        return torch.tensor((features - self.mean) / self.deviation, dtype=torch.float32)

    def tensors(self, name: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]]:
        """Return the tensors that `transcriber.dense_network.network_from_tensors` reads."""
        tensors: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]] = {
            f"{name}.mean": self.mean,
            f"{name}.deviation": self.deviation,
        }
        for index, layer in enumerate(self._linear_layers()):
            weights = layer.weight.detach().numpy().T
            tensors[f"{name}.weights{index}"] = np.ascontiguousarray(weights).astype(np.float16)
            tensors[f"{name}.biases{index}"] = layer.bias.detach().numpy()
        return tensors

    def _linear_layers(self) -> list[torch.nn.Linear]:
        return [layer for layer in self.network if isinstance(layer, torch.nn.Linear)]

    def load(self, tensors: Mapping[str, F32], name: str, columns: I64) -> TrainedNetwork:
        """Continue from the weights of an earlier network, which saw only some of the features.

        Parameters
        ----------
        tensors : mapping of str to ndarray
            Of a file of weights.
        name : str
            Name of the network in it.
        columns : ndarray, shape (old features,), int64
            The place of each old feature among the features; new ones have no effect at first.
        """
        mean, deviation = self.mean.copy(), self.deviation.copy()
        mean[columns], deviation[columns] = tensors[f"{name}.mean"], tensors[f"{name}.deviation"]
        with torch.no_grad():
            for index, layer in enumerate(self._linear_layers()):
                weights = torch.tensor(tensors[f"{name}.weights{index}"].astype(np.float32).T)
                layer.bias.copy_(torch.tensor(tensors[f"{name}.biases{index}"]))
                if index:
                    layer.weight.copy_(weights)
                else:
                    layer.weight.zero_()
                    layer.weight[:, torch.tensor(columns)] = weights
        return self._replace(mean=mean, deviation=deviation)


def initialize(hyperparameters: Hyperparameters, features: F32, n_outputs: int = 1) -> TrainedNetwork:
    """Build a network with random weights for these features."""
    layers: list[torch.nn.Module] = []
    size = features.shape[1]
    for width in hyperparameters.widths:
        layers += [torch.nn.Linear(size, width), torch.nn.ReLU(), torch.nn.Dropout(hyperparameters.dropout)]
        size = width
    network = torch.nn.Sequential(*layers, torch.nn.Linear(size, n_outputs))
    mean, deviation = features.mean(axis=0), features.std(axis=0) + MIN_DEVIATION
    return TrainedNetwork(mean.astype(np.float32), deviation.astype(np.float32), network)


def fit(
    trained: TrainedNetwork,
    hyperparameters: Hyperparameters,
    training: Examples,
    validation: Examples,
    report: Report,
) -> TrainedNetwork:
    """Train on the cross-entropy; print loss and report of the validation examples after each epoch.

    Parameters
    ----------
    trained : TrainedNetwork
        The network to train.
    hyperparameters : Hyperparameters
    training, validation : Examples
    report : Report
        What is printed about the validation examples.
    """
    features, labels = trained.standardize(training.features), _to_targets(training)
    weights = torch.where(labels > 0, 1.0, hyperparameters.negative_weight) * _to_weights(training)
    n_batches = len(labels) // BATCH_SIZE
    rate = hyperparameters.learning_rate
    optimizer = torch.optim.AdamW(trained.network.parameters(), lr=rate, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=hyperparameters.epochs * n_batches + 1)
    for epoch in range(hyperparameters.epochs):
        trained.network.train()
        for batch in torch.randperm(len(labels))[: n_batches * BATCH_SIZE].split(BATCH_SIZE):
            noisy = features[batch] + FEATURE_NOISE * torch.randn(BATCH_SIZE, features.shape[1])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                trained.network(noisy), labels[batch], weight=weights[batch]
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
        outputs = trained.outputs(validation.features)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            outputs, _to_targets(validation), weight=_to_weights(validation)
        )
    labels = validation.labels.reshape(len(outputs), -1)
    return f"loss {loss.item():.4f} {report(torch.sigmoid(outputs).numpy(), labels)}"


def _to_targets(examples: Examples) -> torch.Tensor:
    return torch.tensor(examples.labels.reshape(len(examples.labels), -1), dtype=torch.float32)


def _to_weights(examples: Examples) -> torch.Tensor:
    return torch.tensor(examples.is_known.reshape(len(examples.labels), -1), dtype=torch.float32)
