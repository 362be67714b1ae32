"""Fits a `Network` to labelled views by Adam on the cross-entropy of all 24 keys.

Kingma and Ba, *Adam: a method for stochastic optimization*, ICLR 2015; decoupled weight decay after Loshchilov and
Hutter, ICLR 2019; dropout after Srivastava et al., JMLR 15, 2014. Written out in numpy: the networks are small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from transposer.key_detection.key_network import Network, Numbers, chances

_BETA, _BETA_SQUARE, _EPSILON = 0.9, 0.98, 1e-8


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is: every number that shapes the result."""

    n_hidden: int = 32
    epochs: int = 15
    rate: float = 2e-3
    decay: float = 0.3
    dropout: float = 0.3
    batch: int = 64
    seed: int = 1


class Labelled(NamedTuple):
    """Rows to learn from.

    ``values`` has shape (rows, n_values), ``turns`` (12, n_values) says where they stand from each tonic, ``keys``
    and ``weights`` have shape (rows,).
    """

    values: Numbers
    turns: NDArray[np.int64]
    keys: NDArray[np.int64]
    weights: NDArray[np.float64]


def fit(rows: Labelled, plan: Plan) -> Network:
    """Fit a network; the same rows and plan give the same weights on the same kind of machine."""
    chance = np.random.default_rng(plan.seed)
    weights = _begin(rows.values.shape[1], plan, chance)
    means = [np.zeros_like(part) for part in weights]
    squares = [np.zeros_like(part) for part in weights]
    n_steps = plan.epochs * -(-len(rows.keys) // plan.batch)
    for step, chosen in enumerate(_batches(len(rows.keys), plan, chance), 1):
        gradients = _gradients(Network(*weights), rows, chosen, plan.dropout, chance)
        rate = plan.rate * min(1.0, 10 * step / n_steps) * 0.5 * (1 + np.cos(np.pi * step / n_steps))
        for part, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            mean += (1 - _BETA) * (gradient - mean)
            square += (1 - _BETA_SQUARE) * (gradient**2 - square)
            told = mean / (1 - _BETA**step) / (np.sqrt(square / (1 - _BETA_SQUARE**step)) + _EPSILON)
            part -= rate * (told + plan.decay * part)
    return Network(*weights)


def cooled(network: Network, temperature: float) -> Network:
    """Divide a network's scores by a temperature."""
    return network._replace(
        direct=network.direct / np.float32(temperature),
        output=network.output / np.float32(temperature),
        bias=network.bias / np.float32(temperature),
    )


def _begin(n_values: int, plan: Plan, chance: np.random.Generator) -> list[Numbers]:
    def drawn(*shape: int) -> Numbers:
        return np.asarray(chance.standard_normal(shape) / np.sqrt(max(shape[0], 1)), dtype=np.float32)

    zeros = np.zeros((n_values, 2), dtype=np.float32)
    bias, hidden_bias = np.zeros(2, dtype=np.float32), np.zeros(plan.n_hidden, dtype=np.float32)
    return [zeros, drawn(n_values, plan.n_hidden), hidden_bias, drawn(plan.n_hidden, 2), bias]


def _batches(n_rows: int, plan: Plan, chance: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    for _ in range(plan.epochs):
        order = chance.permutation(n_rows)
        yield from (order[at : at + plan.batch] for at in range(0, n_rows, plan.batch))


def _gradients(
    network: Network, rows: Labelled, chosen: NDArray[np.int64], dropout: float, chance: np.random.Generator
) -> list[Numbers]:
    """Give the gradient of the weighted cross-entropy of some rows, in the order of a network's parts."""
    views = rows.values[chosen][:, rows.turns]
    seen = _dropped(views, dropout, chance)
    before = seen @ network.hidden + network.hidden_bias
    heard = _dropped(np.maximum(before, 0), dropout, chance)
    scores = np.swapaxes(views @ network.direct + heard @ network.output + network.bias, 1, 2)
    wrong = chances(scores.astype(np.float64)).reshape(len(chosen), 24)
    wrong[np.arange(len(chosen)), rows.keys[chosen]] -= 1
    wrong *= (rows.weights[chosen] / len(chosen))[:, None]
    error = np.swapaxes(wrong.reshape(-1, 2, 12), 1, 2).reshape(-1, 2).astype(np.float32)
    back = (error @ network.output.T) * (heard.reshape(len(error), -1) > 0) / np.float32(1 - dropout)
    return [
        views.reshape(len(error), -1).T @ error,
        seen.reshape(len(error), -1).T @ back,
        back.sum(axis=0),
        heard.reshape(len(error), -1).T @ error,
        error.sum(axis=0),
    ]


def _dropped(values: Numbers, share: float, chance: np.random.Generator) -> Numbers:
    if not share:
        return values
    kept = chance.random(values.shape, dtype=np.float32) >= share
    return np.asarray(values * kept / np.float32(1 - share))
