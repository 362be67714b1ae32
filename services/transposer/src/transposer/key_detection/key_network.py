"""The network of key detection: scores all keys with the same weights, which see the features from every tonic.

The features of a piece are rotated to each of the twelve tonics (`transposer.key_detection.key_features`). A linear
part and one hidden layer map each rotation to two logits, for major and for minor. Transposing the piece therefore
rotates the logits, by construction.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

import numpy as np
from score.arrays import F32, F64

NetworkName = Literal["key", "segment", "bar"]
"""The networks for whole pieces, for segments of a piece, and for single bars."""


class KeyNetwork(NamedTuple):
    """Weights of a network.

    Attributes
    ----------
    direct : ndarray, shape (features, 2)
        The linear part.
    hidden : ndarray, shape (features, hidden units)
        May have no columns: the network is then linear.
    hidden_bias : ndarray, shape (hidden units,)
    output : ndarray, shape (hidden units, 2)
    bias : ndarray, shape (2,)
    """

    direct: F32
    hidden: F32
    hidden_bias: F32
    output: F32
    bias: F32

    def logits(self, features: F32) -> F64:
        """Return the logits of all keys.

        Parameters
        ----------
        features : ndarray, shape (..., 12, features), float32
            Relative to each tonic.

        Returns
        -------
        ndarray, shape (..., 2, 12), float64
            Log-likelihoods up to a constant, by mode and tonic.
        """
        hidden = np.maximum(features @ self.hidden + self.hidden_bias, 0.0)
        logits = features @ self.direct + hidden @ self.output + self.bias
        return np.asarray(np.swapaxes(logits, -1, -2), dtype=np.float64)


def softmax(logits: F64) -> F64:
    """Return probabilities for logits of all keys, shape (..., 2, 12); they sum to 1 over the last two axes."""
    exponentials = np.exp(logits - logits.max(axis=(-2, -1), keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=(-2, -1), keepdims=True))


@cache
def load_network(name: NetworkName) -> KeyNetwork:
    """Load weights that are installed with the package."""
    with files("transposer").joinpath("weights", f"{name}.npz").open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        return KeyNetwork(**{part: stored[part].astype(np.float32) for part in KeyNetwork._fields})
