"""The network of the beat tracker: a dense layer and two bidirectional recurrent layers (GRU) over onset groups.

It runs in numpy. Long pieces are cut into windows that overlap, which are computed together: the cost of a step is that
of a small matrix product.
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
N_LAYERS = 2
WINDOW, MARGIN = 320, 80
"""Groups of a window, and those at its edges of which another window's result is used."""


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


class BeatNetwork:
    """The network, from its tensors.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        ``mean`` and ``deviation`` of the features; the others by their names in torch.
    """

    def __init__(self, tensors: Mapping[str, F32]) -> None:
        self._tensors = {name: np.asarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}

    def __call__(self, features: F32) -> Activations:
        """Compute the activations for features of shape (groups, features)."""
        own = self._tensors
        inputs = np.clip((features - own["mean"]) / own["deviation"], -5, 5)
        hidden: F32 = np.maximum(inputs @ own["input.weight"].T + own["input.bias"], 0)
        outputs = self._in_windows(hidden)
        return split_outputs(outputs)

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
        for layer in range(N_LAYERS):
            forward = self._gru(windows, f"l{layer}")
            backward = self._gru(windows[:, ::-1], f"l{layer}_reverse")[:, ::-1]
            windows = np.concatenate((forward, backward), axis=2)
        return np.asarray(windows @ own["output.weight"].T + own["output.bias"])

    def _gru(self, windows: F32, suffix: str) -> F32:
        """Apply one direction of one layer: shape (windows, groups, inputs) to (windows, groups, units)."""
        own = self._tensors
        driven = windows @ own[f"recurrent.weight_ih_{suffix}"].T + own[f"recurrent.bias_ih_{suffix}"]
        weights, biases = own[f"recurrent.weight_hh_{suffix}"].T, own[f"recurrent.bias_hh_{suffix}"]
        n_units = len(weights)
        state = np.zeros((len(windows), n_units), dtype=np.float32)
        states = np.empty((*windows.shape[:2], n_units), dtype=np.float32)
        for step in range(windows.shape[1]):
            recurrent = state @ weights + biases
            gates = _sigmoid(driven[:, step, : 2 * n_units] + recurrent[:, : 2 * n_units])
            reset, update = gates[:, :n_units], gates[:, n_units:]
            candidate = np.tanh(driven[:, step, 2 * n_units :] + reset * recurrent[:, 2 * n_units :])
            state = update * (state - candidate) + candidate
            states[:, step] = state
        return states


def split_outputs(outputs: F32) -> Activations:
    """Split the last layer's outputs, shape (groups, 3 + N_PERIODS + 3), into activations."""
    return Activations(
        _sigmoid(outputs[:, 0]),
        _sigmoid(outputs[:, 1]),
        _log_softmax(outputs[:, 3 : 3 + N_PERIODS]),
        _sigmoid(outputs[:, 2]),
        _log_softmax(outputs[:, 3 + N_PERIODS :]),
    )


@cache
def load_network() -> BeatNetwork:
    """Load the weights that are installed with the package."""
    with files("score").joinpath("rhythm", "weights", "beats.npz").open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        return BeatNetwork({name: stored[name] for name in stored.files})


def _sigmoid(values: F32) -> F32:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))), dtype=np.float32)


def _log_softmax(values: F32) -> F32:
    shifted = values - values.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), dtype=np.float32)
