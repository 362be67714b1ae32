"""Which window of each parent meets which: the plan of a blend.

The blend is (1 - w) A + w B windows long. A parent that is much shorter than that is repeated whole, so that every
window of the blend has one of each parent. Two parents are then aligned by dynamic time warping over what their
windows sound like, and the blend runs along that path at a pace between theirs; more than two run side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from score.encoding import HOLD
from score.roles import Role

from vae.piece import Piece

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_BAND = 0.12
"""How far two parents may get apart, as a share of the whole piece."""

_STEP_COST = 0.8
"""What staying on a window costs: nearly as much as meeting one that has nothing in common."""


@dataclass(frozen=True)
class Plan:
    """The windows of a blend.

    Attributes
    ----------
    sources : ndarray, shape (n_windows, n_parents), int64
        Which window of each parent goes into each window of the blend.
    """

    sources: Integers

    def __len__(self) -> int:
        return len(self.sources)


def length(counts: Sequence[int], shares: npt.NDArray[np.floating]) -> int:
    """Return how many windows a blend has: the parents' by their shares, at least 1."""
    return max(1, int(np.floor(np.dot(np.asarray(counts, np.float64), np.asarray(shares, np.float64)) + 0.5)))


def align(pieces: Sequence[Piece], shares: npt.NDArray[np.floating]) -> Plan:
    """Plan a blend.

    Parameters
    ----------
    pieces : sequence of Piece
        Of one meter. A single one is only taken through the models.
    shares : ndarray, shape (n_parents,)
        Their shares of the whole, sum 1.
    """
    counts = [piece.n_windows for piece in pieces]
    n_windows = length(counts, shares)
    if len(pieces) == 1:
        return Plan(np.arange(n_windows)[:, None])
    # 1.4: from there on a second round is nearer to the blend's length than a stretched first one.
    rounds = [max(1, int(np.floor(n_windows / count + 0.6))) for count in counts]
    totals = [count * times for count, times in zip(counts, rounds, strict=True)]
    if len(pieces) == 2:
        path = warp(np.tile(features(pieces[0]), (rounds[0], 1)), np.tile(features(pieces[1]), (rounds[1], 1)))
        placed = _along(path, totals, shares, n_windows)
    else:
        middles = (np.arange(n_windows) + 0.5) / n_windows
        placed = np.stack([np.floor(middles * total).astype(np.int64) for total in totals], axis=1)
    return Plan(placed % np.asarray(counts))


def _along(path: Integers, totals: Sequence[int], shares: npt.NDArray[np.floating], n_windows: int) -> Integers:
    """Pick points of a path at even distances, counted in windows of the parents by their shares."""
    reached = np.zeros(len(path))
    for parent, total in enumerate(totals):
        reached += float(shares[parent]) * _centred(path[:, parent]) / total
    middles = (np.arange(n_windows) + 0.5) / n_windows
    nearest = np.abs(reached[None, :] - middles[:, None]).argmin(axis=1)
    return np.asarray(path[nearest])


def _centred(steps: Integers) -> Floats:
    """Place the points that stay on one window evenly over its length."""
    values, starts, counts = np.unique(steps, return_index=True, return_counts=True)
    which = np.searchsorted(values, steps)
    return np.asarray(values[which] + (np.arange(len(steps)) - starts[which] + 0.5) / counts[which])


def features(piece: Piece) -> Floats:
    """Describe every window: pitch classes, where notes begin, how many, by role. Shape (n_windows, features)."""
    columns = [piece.pitch_classes().astype(np.float64)]
    for role in Role:
        cut = piece.windows.get(role)
        if cut is None:
            columns.append(np.zeros((piece.n_windows, 9)))
            continue
        onsets = (cut > (HOLD if role is Role.DRUMS else HOLD + 1)).reshape(len(cut), cut.shape[1], -1).any(axis=2)
        by_quarter = onsets.reshape(len(cut), 8, -1).mean(axis=2)
        columns.append(np.concatenate([by_quarter, onsets.mean(axis=1, keepdims=True)], axis=1))
    described = np.concatenate(columns, axis=1)
    return np.asarray(described / np.maximum(np.linalg.norm(described, axis=1, keepdims=True), 1e-9))


def warp(first: Floats, second: Floats) -> Integers:
    """Align two sequences of feature vectors by dynamic time warping.

    Parameters
    ----------
    first, second : ndarray, shapes (n, features) and (m, features)
        Of unit length.

    Returns
    -------
    ndarray, shape (length, 2), int64
        A path from (0, 0) to (n - 1, m - 1) by steps of (1, 1), (1, 0) or (0, 1), within a band round the diagonal.

    Notes
    -----
    Sakoe and Chiba, IEEE Transactions on Acoustics, Speech, and Signal Processing 26(1), 1978.
    """
    n, m = len(first), len(second)
    cost = 1.0 - first @ second.T
    rows, columns = (np.arange(n) + 0.5) / n, (np.arange(m) + 0.5) / m
    cost[np.abs(rows[:, None] - columns[None, :]) > max(_BAND, 1.5 / min(n, m))] = np.inf
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            if np.isfinite(cost[i - 1, j - 1]):
                before = min(total[i - 1, j - 1], _STEP_COST + min(total[i - 1, j], total[i, j - 1]))
                total[i, j] = cost[i - 1, j - 1] + before
    return _trace(total)


def _trace(total: Floats) -> Integers:
    """Follow the cheapest way back from the end."""
    i, j = total.shape[0] - 1, total.shape[1] - 1
    path = [(i - 1, j - 1)]
    while (i, j) != (1, 1):
        choices = (
            (total[i - 1, j - 1], 0, i - 1, j - 1),
            (total[i - 1, j] + _STEP_COST, 1, i - 1, j),
            (total[i, j - 1] + _STEP_COST, 2, i, j - 1),
        )
        _, _, i, j = min(choice for choice in choices if choice[2] >= 1 and choice[3] >= 1)
        path.append((i - 1, j - 1))
    return np.array(path[::-1], dtype=np.int64)
