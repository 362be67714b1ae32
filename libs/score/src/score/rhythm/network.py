"""The networks of the beat tracker, in numpy: over onset groups, over beats, and over whole pieces.

Those over sequences have bidirectional recurrent layers (GRU). Long sequences are cut into windows that overlap, which
are computed together: the cost of a step is that of a small matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from score.arrays import F32

SHORTEST_BEAT_S, LONGEST_BEAT_S, N_PERIODS = 0.22, 2.4, 48
PERIODS_S = np.geomspace(SHORTEST_BEAT_S, LONGEST_BEAT_S, N_PERIODS)
"""The lengths of a beat that the network tells apart."""
BARS = (2, 3, 4)
"""The numbers of beats in a bar that the network tells apart."""
WINDOW, MARGIN = 320, 80
"""Length of a window, and the part at its edges for which another window's result is used."""


class Activations(NamedTuple):
    """What the network says about each onset group.

    Attributes
    ----------
    beat, downbeat : ndarray, shape (groups,), float32
        Probability that a beat, or a bar, begins with the group.
    periods : ndarray, shape (groups, N_PERIODS), float32
        Log-probability of each length of the beat around the group.
    compound : ndarray, shape (groups,), float32
        Probability that the beat is a dotted quarter.
    bars : ndarray, shape (groups, 3), float32
        Log-probability of each number of beats in a bar.
    """

    beat: F32
    downbeat: F32
    periods: F32
    compound: F32
    bars: F32


class RecurrentNetwork:
    """A dense layer, bidirectional recurrent layers (GRU) and a dense layer, in numpy.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        ``mean`` and ``deviation`` of the features; the others by their names in torch.
    """

    def __init__(self, tensors: Mapping[str, F32]) -> None:
        self._tensors = {name: np.asarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}
        self._n_layers = sum(name.startswith("recurrent.weight_ih") for name in tensors) // 2

    def __call__(self, features: F32) -> F32:
        """Compute the outputs for a sequence: shape (n, features) to (n, outputs)."""
        own = self._tensors
        inputs = np.clip((features - own["mean"]) / own["deviation"], -5, 5)
        hidden: F32 = np.maximum(inputs @ own["input.weight"].T + own["input.bias"], 0)
        return self._in_windows(hidden)

    def _in_windows(self, hidden: F32) -> F32:
        """Apply the recurrent layers to windows that overlap, and join their inner parts."""
        n = len(hidden)
        if n <= WINDOW:
            return np.asarray(self._apply_layers(hidden[None])[0])
        starts = np.unique(np.minimum(np.arange(0, n - 2 * MARGIN, WINDOW - 2 * MARGIN), n - WINDOW))
        results = self._apply_layers(np.stack([hidden[start : start + WINDOW] for start in starts]))
        joined = np.empty((n, results.shape[2]), dtype=np.float32)
        for index, start in enumerate(starts):
            first = MARGIN if index else 0
            joined[start + first : start + WINDOW] = results[index, first:]
        return joined

    def _apply_layers(self, windows: F32) -> F32:
        own = self._tensors
        for layer in range(self._n_layers):
            windows = self._apply_layer(windows, (f"l{layer}", f"l{layer}_reverse"))
        return np.asarray(windows @ own["output.weight"].T + own["output.bias"])

    def _apply_layer(self, windows: F32, suffixes: tuple[str, str]) -> F32:
        """Apply both directions of a layer: shape (windows, groups, inputs) to (windows, groups, 2 * units)."""
        own = self._tensors
        # The gates' logistic function is a hyperbolic tangent of half its argument: their weights are halved at once.
        weights = np.stack([self._halved(own[f"recurrent.weight_hh_{suffix}"].T) for suffix in suffixes])
        biases = np.stack([self._halved(own[f"recurrent.bias_hh_{suffix}"])[None] for suffix in suffixes])
        n_units = weights.shape[1]
        by_step = windows.transpose(1, 0, 2)
        driven = np.stack(
            [
                self._halved(ordered @ own[f"recurrent.weight_ih_{suffix}"].T + own[f"recurrent.bias_ih_{suffix}"])
                for ordered, suffix in zip((by_step, by_step[::-1]), suffixes, strict=True)
            ],
            axis=1,
        )
        state = np.zeros((2, len(windows), n_units), dtype=np.float32)
        states = np.empty((len(by_step), *state.shape), dtype=np.float32)
        for inputs, result in zip(driven, states, strict=True):
            recurrent = state @ weights
            recurrent += biases
            gates = np.tanh(inputs[..., : 2 * n_units] + recurrent[..., : 2 * n_units])
            gates *= 0.5
            gates += 0.5
            candidate = recurrent[..., 2 * n_units :]
            candidate *= gates[..., :n_units]
            candidate += inputs[..., 2 * n_units :]
            np.tanh(candidate, out=candidate)
            state = state - candidate
            state *= gates[..., n_units:]
            state += candidate
            result[...] = state
        return np.concatenate((states[:, 0], states[::-1, 1]), axis=2).transpose(1, 0, 2)

    @staticmethod
    def _halved(values: F32) -> F32:
        """Halve the columns that belong to the gates, the first two of three parts."""
        n_gates = values.shape[-1] // 3 * 2
        return np.concatenate((values[..., :n_gates] / 2, values[..., n_gates:]), axis=-1, dtype=np.float32)


def split_outputs(outputs: F32) -> Activations:
    """Split the last layer's outputs, shape (groups, 3 + N_PERIODS + 3), into activations."""
    return Activations(
        _sigmoid(outputs[:, 0]),
        _sigmoid(outputs[:, 1]),
        _log_softmax(outputs[:, 3 : 3 + N_PERIODS]),
        _sigmoid(outputs[:, 2]),
        _log_softmax(outputs[:, 3 + N_PERIODS :]),
    )


class DenseNetwork:
    """Two dense layers with a rectifier between them, in numpy.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        ``mean`` and ``deviation`` of the features; ``weights0``, ``biases0``, ``weights1``, ``biases1``.
    """

    def __init__(self, tensors: Mapping[str, F32]) -> None:
        self._tensors = {name: np.asarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}

    def __call__(self, features: F32) -> F32:
        """Compute the logits: shape (n, features) to (n,)."""
        own = self._tensors
        hidden = np.maximum((features - own["mean"]) / own["deviation"] @ own["weights0"] + own["biases0"], 0)
        return np.asarray((hidden @ own["weights1"] + own["biases1"])[:, 0])


@cache
def load_beat_network() -> RecurrentNetwork:
    """Load the network that finds beats."""
    return RecurrentNetwork(_load("beats"))


@cache
def load_bar_network() -> RecurrentNetwork:
    """Load the network that finds bars among beats."""
    return RecurrentNetwork(_load("bars"))


@cache
def load_level_network() -> DenseNetwork:
    """Load the network that chooses the level of the beats."""
    return DenseNetwork(_load("level"))


def _load(name: str) -> dict[str, F32]:
    """Load weights that are installed with the package."""
    with files("score").joinpath("rhythm", "weights", f"{name}.npz").open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        return {key: stored[key] for key in stored.files}


def _sigmoid(values: F32) -> F32:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))), dtype=np.float32)


def _log_softmax(values: F32) -> F32:
    shifted = values - values.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), dtype=np.float32)
