"""Measures of windows and of numbers that are no comparison of two windows: variety, and rank correlation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Events = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]


def distinct_ngrams(windows: Events, length: int = 4) -> Floats:
    """Count the different runs of `length` steps in each window, shape (n,)."""
    counts = []
    for window in windows:
        steps = [step.tobytes() for step in window]
        counts.append(len({tuple(steps[at : at + length]) for at in range(len(steps) - length + 1)}))
    return np.asarray(counts, np.float64)


def ranks(values: Floats) -> Floats:
    """Rank numbers from 0; equal ones share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2.0)[inverse])


def spearman(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation; 0 if one side does not change at all."""
    mine, theirs = ranks(first), ranks(second)
    mine, theirs = mine - mine.mean(), theirs - theirs.mean()
    scale = float(np.sqrt((mine @ mine) * (theirs @ theirs)))
    return float(mine @ theirs) / scale if scale > 0 else 0.0
