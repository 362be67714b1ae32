"""Weighted means over the parents of a blend, of values that each parent has by window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F32, F64

from vae.alignment.window_alignment import Alignment

_MIN_SHARE = 1e-6
"""A parent without a share still counts where no other parent has the role."""


def weighted_parent_mean(values: Sequence[F64 | None], alignment: Alignment, shares: F32) -> F64:
    """Compute the mean of the parents' values at each window of a blend.

    Parameters
    ----------
    values : sequence of ndarray, shape (n_windows of the parent, ...), or None
        One for each parent; None for a parent that does not count. At least one is given.
    alignment : Alignment
    shares : ndarray, shape (n_windows, n_parents), float32

    Returns
    -------
    ndarray, shape (n_windows, ...), float64
    """
    shape = next(each.shape[1:] for each in values if each is not None)
    total, weight = np.zeros((len(alignment), *shape)), np.zeros((len(alignment), *(1,) * len(shape)))
    for index, parent_values in enumerate(values):
        if parent_values is not None:
            share = np.maximum(shares[:, index], _MIN_SHARE).reshape(weight.shape)
            total += share * parent_values[alignment.source_windows[:, index]]
            weight += share
    return np.asarray(total / weight)
