"""Dynamic time warping of windows by their features, and of sections by the features of all sections of their label.

Sakoe and Chiba, IEEE Transactions on Acoustics, Speech, and Signal Processing 26(1), 1978.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F64, I64

from vae.pieces.sections import Section
from vae.pieces.segmentation import normalize_rows

_BAND_WIDTH = 0.12
"""How far the path may leave the diagonal, as a share of the whole."""

_STEP_COST = 0.8
"""Cost of staying on a window: nearly that of meeting a window that has nothing in common."""

_SECTION_STEP_COST = 0.3

_POSITION_COST = 2.0
"""Cost of sections for each share of the whole by which their bounds differ."""


def align_windows(first: F64, second: F64) -> I64:
    """Align two sequences of feature vectors.

    Parameters
    ----------
    first, second : ndarray, shapes (n, n_features) and (m, n_features), float64
        Rows of unit length.

    Returns
    -------
    ndarray, shape (length, 2), int64
        A path from (0, 0) to (n - 1, m - 1) by steps of (1, 1), (1, 0) or (0, 1), within a band around the diagonal.
    """
    n, m = len(first), len(second)
    cost = 1.0 - first @ second.T
    rows, columns = (np.arange(n) + 0.5) / n, (np.arange(m) + 0.5) / m
    cost[np.abs(rows[:, None] - columns[None, :]) > max(_BAND_WIDTH, 1.5 / min(n, m))] = np.inf
    return dtw(cost, _STEP_COST)


def align_sections(
    first: F64, first_sections: Sequence[Section], second: F64, second_sections: Sequence[Section]
) -> I64:
    """Align the sections of two pieces.

    The cost of two sections is the distance of the mean features of all sections of their labels, so that sections that
    return in both pieces meet each time; plus a cost that grows with the distance of their positions.

    Parameters
    ----------
    first, second : ndarray, shapes (n, n_features) and (m, n_features), float64
        Features of windows, of unit length.
    first_sections, second_sections : sequence of Section

    Returns
    -------
    ndarray, shape (length, 2), int64
        A path over indices of sections, like that of `align_windows`.
    """
    feature_cost = 1.0 - _label_features(first, first_sections) @ _label_features(second, second_sections).T
    bounds = [
        np.array([(section.start, section.stop) for section in sections]) / len(features)
        for features, sections in ((first, first_sections), (second, second_sections))
    ]
    offset = np.abs(bounds[0][:, None, :] - bounds[1][None, :, :]).sum(axis=2)
    return dtw(feature_cost + _POSITION_COST * offset, _SECTION_STEP_COST)


def _label_features(features: F64, sections: Sequence[Section]) -> F64:
    """Return for each section the mean features of all windows of its label: shape (n_sections, n_features)."""
    means = {
        label: np.concatenate([features[each.start : each.stop] for each in sections if each.label == label]).mean(
            axis=0
        )
        for label in {section.label for section in sections}
    }
    return normalize_rows(np.stack([means[section.label] for section in sections]))


def dtw(cost: F64, step_cost: float) -> I64:
    """Find the cheapest warping path through a cost matrix from its first corner to its last.

    Parameters
    ----------
    cost : ndarray, shape (n, m), float64
        Infinite outside the band.
    step_cost : float
        Additional cost of a step along one side.

    Returns
    -------
    ndarray, shape (length, 2), int64
    """
    n, m = cost.shape
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in (np.flatnonzero(np.isfinite(cost[i - 1])) + 1).tolist():
            before = min(total[i - 1, j - 1], step_cost + min(total[i - 1, j], total[i, j - 1]))
            total[i, j] = cost[i - 1, j - 1] + before
    return _backtrack(total, step_cost)


def _backtrack(total: F64, step_cost: float) -> I64:
    """Return the cheapest path from the accumulated costs; among equals the diagonal step comes first."""
    i, j = total.shape[0] - 1, total.shape[1] - 1
    path = [(i - 1, j - 1)]
    while (i, j) != (1, 1):
        choices = (
            (total[i - 1, j - 1], 0, i - 1, j - 1),
            (total[i - 1, j] + step_cost, 1, i - 1, j),
            (total[i, j - 1] + step_cost, 2, i, j - 1),
        )
        _, _, i, j = min(choice for choice in choices if choice[2] >= 1 and choice[3] >= 1)
        path.append((i - 1, j - 1))
    return np.array(path[::-1], dtype=np.int64)
