"""Dynamic time warping: of windows by what they sound like, and of sections by what they and their likes do.

Sakoe and Chiba, IEEE Transactions on Acoustics, Speech, and Signal Processing 26(1), 1978.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vae.pieces.segmentation import Section, unit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_BAND = 0.12
"""How far two parents may get apart, as a share of the whole."""

_STEP_COST = 0.8
"""What staying on a window costs: nearly as much as meeting one that has nothing in common."""

_SECTION_STEP_COST = 0.3

_APART_COST = 2.0
"""What sections cost for each share of the whole by which their bounds lie apart."""


def warp(first: Floats, second: Floats) -> Integers:
    """Align two sequences of feature vectors.

    Parameters
    ----------
    first, second : ndarray, shapes (n, features) and (m, features)
        Of unit length.

    Returns
    -------
    ndarray, shape (length, 2), int64
        A path from (0, 0) to (n - 1, m - 1) by steps of (1, 1), (1, 0) or (0, 1), within a band round the diagonal.
    """
    n, m = len(first), len(second)
    cost = 1.0 - first @ second.T
    rows, columns = (np.arange(n) + 0.5) / n, (np.arange(m) + 0.5) / m
    cost[np.abs(rows[:, None] - columns[None, :]) > max(_BAND, 1.5 / min(n, m))] = np.inf
    return cheapest_path(cost, _STEP_COST)


def warp_sections(
    first: Floats, first_form: Sequence[Section], second: Floats, second_form: Sequence[Section]
) -> Integers:
    """Align the sections of two pieces.

    Sections cost what all sections of their labels cost one another on average, so that what returns in both meets
    its like each time; and the more, the farther apart they lie.

    Parameters
    ----------
    first, second : ndarray, shapes (n, features) and (m, features)
        Windows, of unit length.
    first_form, second_form : sequence of Section

    Returns
    -------
    ndarray, shape (length, 2), int64
        A path over indices of sections, as `warp`.
    """
    unlike = 1.0 - _by_label(first, first_form) @ _by_label(second, second_form).T
    bounds = [
        np.array([(section.start, section.stop) for section in form]) / len(described)
        for described, form in ((first, first_form), (second, second_form))
    ]
    apart = np.abs(bounds[0][:, None, :] - bounds[1][None, :, :]).sum(axis=2)
    return cheapest_path(unlike + _APART_COST * apart, _SECTION_STEP_COST)


def _by_label(described: Floats, form: Sequence[Section]) -> Floats:
    """Describe each section by the mean of all windows of its label: shape (sections, features)."""
    means = {
        label: np.concatenate([described[each.start : each.stop] for each in form if each.label == label]).mean(axis=0)
        for label in {section.label for section in form}
    }
    return unit(np.stack([means[section.label] for section in form]))


def cheapest_path(cost: Floats, step_cost: float) -> Integers:
    """Find the cheapest way through a matrix of costs from its first corner to its last.

    Parameters
    ----------
    cost : ndarray, shape (n, m)
        Infinite where the way may not go.
    step_cost : float
        What a step along one side costs besides.

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
    return _trace(total, step_cost)


def _trace(total: Floats, step_cost: float) -> Integers:
    """Follow the cheapest way back from the end."""
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
