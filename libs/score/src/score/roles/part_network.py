"""The network of role classification: which part of a piece leads, and which is the bass, by its notes alone.

A hidden layer maps the features of each part (`score.roles.part_features`) to two logits with the same weights for all
parts. A softmax over the parts, and over a constant for none, gives the probability of each part to be the lead;
another one those to be the bass. Its card is beside the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from score.arrays import F32, F64
from score.roles.name_evidence import Evidence
from score.roles.part_features import PartNotes, part_features

MAX_DEVIATIONS = 5.0
"""Standardized features are limited to so many standard deviations."""


class PartNetwork(NamedTuple):
    """Weights of the network.

    Attributes
    ----------
    mean, deviation : ndarray, shape (features,)
        Of the features in training, to standardize them.
    hidden : ndarray, shape (features, hidden units)
    hidden_bias : ndarray, shape (hidden units,)
    output : ndarray, shape (hidden units, 2)
        For the lead and for the bass.
    bias : ndarray, shape (2,)
    """

    mean: F32
    deviation: F32
    hidden: F32
    hidden_bias: F32
    output: F32
    bias: F32

    def logits(self, features: F32) -> F64:
        """Return the logits of all parts, shape (..., n_parts, 2), from features of shape (..., n_parts, features)."""
        inputs = np.clip((features - self.mean) / self.deviation, -MAX_DEVIATIONS, MAX_DEVIATIONS)
        hidden = np.maximum(inputs @ self.hidden + self.hidden_bias, 0.0)
        return np.asarray(hidden @ self.output + self.bias, dtype=np.float64)


class PartProbabilities(NamedTuple):
    """The probability of each part to be the lead, and to be the bass; each sums to at most 1."""

    lead: F64
    bass: F64


def classify_parts(
    parts: Sequence[PartNotes], evidence: Sequence[Evidence], candidates: Sequence[bool]
) -> PartProbabilities:
    """Return the probabilities of the parts of a piece.

    Parameters
    ----------
    parts : sequence of PartNotes
        At least one.
    evidence : sequence of Evidence
        Of names and programs.
    candidates : sequence of bool
        Whether each part may be the lead or the bass.
    """
    logits = load_network().logits(part_features(parts)) + np.array(evidence)
    logits[~np.array(candidates, dtype=np.bool_)] = -np.inf
    with_none = np.concatenate([logits, np.zeros((1, 2))])
    exponentials = np.exp(with_none - with_none.max(axis=0))
    shares = exponentials / exponentials.sum(axis=0)
    return PartProbabilities(shares[:-1, 0], shares[:-1, 1])


@cache
def load_network() -> PartNetwork:
    """Load the weights that are installed with the package."""
    with files("score").joinpath("roles", "weights", "parts.npz").open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        return PartNetwork(**{name: stored[name].astype(np.float32) for name in PartNetwork._fields})
