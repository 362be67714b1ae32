"""Rank correlation."""

from __future__ import annotations

import numpy as np
from score.arrays import F64


def rank(values: F64) -> F64:
    """Rank numbers from 0; equal ones share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2.0)[inverse])


def spearman(first: F64, second: F64) -> float:
    """Return Spearman's rank correlation; 0 if one side is constant."""
    first_ranks, second_ranks = rank(first), rank(second)
    first_ranks, second_ranks = first_ranks - first_ranks.mean(), second_ranks - second_ranks.mean()
    scale = float(np.sqrt((first_ranks @ first_ranks) * (second_ranks @ second_ranks)))
    return float(first_ranks @ second_ranks) / scale if scale > 0 else 0.0
