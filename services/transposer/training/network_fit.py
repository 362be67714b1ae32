"""Fits a `KeyNetwork` to labelled rows with Adam, on the cross-entropy over all 24 keys.

Kingma and Ba, *Adam: a method for stochastic optimization*, ICLR 2015; decoupled weight decay after Loshchilov and
Hutter, ICLR 2019; dropout after Srivastava et al., JMLR 15, 2014. Implemented in numpy, because the networks are small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from score.arrays import F32, F64, I64
from transposer.key_detection.key import N_KEYS
from transposer.key_detection.key_network import KeyNetwork, softmax

_BETA1, _BETA2, _EPSILON = 0.9, 0.98, 1e-8


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """All numbers that determine a run; the field names are those of the manifest."""

    n_hidden: int = 32
    epochs: int = 15
    rate: float = 2e-3
    decay: float = 0.3
    dropout: float = 0.3
    batch: int = 64
    seed: int = 1


class LabelledRows(NamedTuple):
    """Training rows.

    Attributes
    ----------
    features : ndarray, shape (rows, features), float32
    rotations : ndarray, shape (12, features), int64
        Index of each feature relative to each tonic.
    keys : ndarray, shape (rows,), int64
        Class index of the labelled key.
    weights : ndarray, shape (rows,), float64
        Weight of each row in the loss.
    """

    features: F32
    rotations: I64
    keys: I64
    weights: F64


def fit_network(rows: LabelledRows, hyperparameters: Hyperparameters) -> KeyNetwork:
    """Fit a network. The same arguments give the same weights on the same kind of machine."""
    rng = np.random.default_rng(hyperparameters.seed)
    weights = _initial_weights(rows.features.shape[1], hyperparameters.n_hidden, rng)
    means = [np.zeros_like(part) for part in weights]
    squares = [np.zeros_like(part) for part in weights]
    n_steps = hyperparameters.epochs * -(-len(rows.keys) // hyperparameters.batch)
    for step, batch in enumerate(_batches(len(rows.keys), hyperparameters, rng), 1):
        gradients = _gradients(KeyNetwork(*weights), rows, batch, hyperparameters.dropout, rng)
        # Linear warm-up over a tenth of the steps, times a cosine decay over all of them.
        rate = hyperparameters.rate * min(1.0, 10 * step / n_steps) * 0.5 * (1 + np.cos(np.pi * step / n_steps))
        for part, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            mean += (1 - _BETA1) * (gradient - mean)
            square += (1 - _BETA2) * (gradient**2 - square)
            update = mean / (1 - _BETA1**step) / (np.sqrt(square / (1 - _BETA2**step)) + _EPSILON)
            part -= rate * (update + hyperparameters.decay * part)
    return KeyNetwork(*weights)


def apply_temperature(network: KeyNetwork, temperature: float) -> KeyNetwork:
    """Return a network whose logits are divided by a temperature."""
    return network._replace(
        direct=network.direct / np.float32(temperature),
        output=network.output / np.float32(temperature),
        bias=network.bias / np.float32(temperature),
    )


def _initial_weights(n_features: int, n_hidden: int, rng: np.random.Generator) -> list[F32]:
    """Return the initial weights in the order of a network's fields."""

    def sample(*shape: int) -> F32:
        return np.asarray(rng.standard_normal(shape) / np.sqrt(max(shape[0], 1)), dtype=np.float32)

    direct = np.zeros((n_features, 2), dtype=np.float32)
    bias, hidden_bias = np.zeros(2, dtype=np.float32), np.zeros(n_hidden, dtype=np.float32)
    return [direct, sample(n_features, n_hidden), hidden_bias, sample(n_hidden, 2), bias]


def _batches(n_rows: int, hyperparameters: Hyperparameters, rng: np.random.Generator) -> Iterator[I64]:
    """Yield the row indices of each batch, shuffled in every epoch."""
    for _ in range(hyperparameters.epochs):
        order = rng.permutation(n_rows)
        yield from (order[at : at + hyperparameters.batch] for at in range(0, n_rows, hyperparameters.batch))


def _gradients(
    network: KeyNetwork, rows: LabelledRows, batch: I64, dropout: float, rng: np.random.Generator
) -> list[F32]:
    """Return the gradient of the weighted cross-entropy of a batch, in the order of a network's fields."""
    # Forward pass. Dropout acts on the input of the hidden layer and on its output, not on the linear part.
    features = rows.features[batch][:, rows.rotations]
    hidden_input = _apply_dropout(features, dropout, rng)
    activations = hidden_input @ network.hidden + network.hidden_bias
    hidden = _apply_dropout(np.maximum(activations, 0), dropout, rng)
    logits = np.swapaxes(features @ network.direct + hidden @ network.output + network.bias, 1, 2)
    # Backward pass. The gradient of the cross-entropy by the logits is the probabilities minus the one-hot label.
    errors = softmax(logits.astype(np.float64)).reshape(len(batch), N_KEYS)
    errors[np.arange(len(batch)), rows.keys[batch]] -= 1
    errors *= (rows.weights[batch] / len(batch))[:, None]
    error = np.swapaxes(errors.reshape(-1, 2, 12), 1, 2).reshape(-1, 2).astype(np.float32)
    hidden_error = (error @ network.output.T) * (hidden.reshape(len(error), -1) > 0) / np.float32(1 - dropout)
    return [
        features.reshape(len(error), -1).T @ error,
        hidden_input.reshape(len(error), -1).T @ hidden_error,
        hidden_error.sum(axis=0),
        hidden.reshape(len(error), -1).T @ error,
        error.sum(axis=0),
    ]


def _apply_dropout(values: F32, share: float, rng: np.random.Generator) -> F32:
    if not share:
        return values
    mask = rng.random(values.shape, dtype=np.float32) >= share
    return np.asarray(values * mask / np.float32(1 - share))
