"""A small network that scores all keys alike: the same weights look at the evidence from every tonic.

What is heard in a piece is turned to each of the twelve tonics (`transposer.key_detection.key_features`), and each
view gets two scores, for major and for minor, by a linear part and one hidden layer. Turning the piece turns the
scores, by construction.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]


class Network(NamedTuple):
    """Weights.

    Attributes
    ----------
    direct : ndarray, shape (n_values, 2)
    hidden : ndarray, shape (n_values, n_hidden)
        May have no columns: the network is then linear.
    hidden_bias : ndarray, shape (n_hidden,)
    output : ndarray, shape (n_hidden, 2)
    bias : ndarray, shape (2,)
    """

    direct: Numbers
    hidden: Numbers
    hidden_bias: Numbers
    output: Numbers
    bias: Numbers

    def scores(self, views: Numbers) -> NDArray[np.float64]:
        """Score the keys of a piece.

        Parameters
        ----------
        views : ndarray, shape (..., 12, n_values)
            The evidence seen from each tonic.

        Returns
        -------
        ndarray, shape (..., 2, 12), float64
            Log-likelihoods up to a constant, by mode and tonic.
        """
        heard = np.maximum(views @ self.hidden + self.hidden_bias, 0.0)
        found = views @ self.direct + heard @ self.output + self.bias
        return np.asarray(np.swapaxes(found, -1, -2), dtype=np.float64)


def chances(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn scores of all keys, shape (..., 2, 12), into probabilities that sum to 1 over both axes."""
    raised = np.exp(scores - scores.max(axis=(-2, -1), keepdims=True))
    return np.asarray(raised / raised.sum(axis=(-2, -1), keepdims=True))


@cache
def load(name: str) -> Network:
    """Load the weights that come with the package: ``"key"``, ``"stretch"`` or ``"local"``."""
    with files("transposer").joinpath("weights", f"{name}.npz").open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        return Network(**{part: stored[part].astype(np.float32) for part in Network._fields})
