"""Diversity of windows: the number of their distinct n-grams."""

from __future__ import annotations

import numpy as np
from score.arrays import F64, I16


def count_distinct_ngrams(windows: I16, n: int = 4) -> F64:
    """Count the distinct runs of `n` steps in each window, shape (n_windows,)."""
    counts = []
    for window in windows:
        steps = [step.tobytes() for step in window]
        counts.append(len({tuple(steps[start : start + n]) for start in range(len(steps) - n + 1)}))
    return np.asarray(counts, np.float64)
