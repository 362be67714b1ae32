"""Which window of each parent meets which: the plan of a blend.

The blend is (1 - w) A + w B windows long. A parent that is much shorter than that is repeated, so that every window of
the blend has one of each parent: whole, but for the silence after its end, which would be a hole in the midst. Every
other parent is aligned with the first: their sections are matched (`vae.pieces.segmentation`), then, by dynamic time
warping over what their windows sound like, the windows within sections that meet. The blend runs along these paths at a
pace between the parents'; each section of it is whole windows long, so that sections that meet again meet alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from vae.alignment.dtw import warp, warp_sections
from vae.pieces.piece import Piece
from vae.pieces.segmentation import Section

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


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

    def at(self, rows: Integers) -> Plan:
        """Return some of its windows."""
        return Plan(self.sources[rows])


@dataclass(frozen=True)
class _Tiled:
    """A parent, repeated: its windows in order, what they sound like, and its sections."""

    windows: Integers
    described: Floats
    form: tuple[Section, ...]

    def __len__(self) -> int:
        return len(self.described)


@dataclass(frozen=True)
class _Path:
    """How the first parent runs beside another.

    Attributes
    ----------
    points : ndarray, shape (n, 2), float64
        Moments that meet, in windows of each; strictly rising from (0, 0) to both ends.
    bounds : frozenset of int
        Windows of the first at which sections of both begin.
    """

    points: Floats
    bounds: frozenset[int]


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
    parents = [_tiled(piece, n_windows) for piece in pieces]
    paths = [_path(parents[0], parent) for parent in parents[1:]]
    placed = _placed(parents, paths, shares, n_windows)
    return Plan(np.stack([parent.windows[placed[:, index]] for index, parent in enumerate(parents)], axis=1))


def _tiled(piece: Piece, n_windows: int) -> _Tiled:
    """Repeat a piece until it is about `n_windows` long; only its last round has the silence after its end."""
    body = piece.n_heard
    # 1.4: from there on a second round is nearer to the blend's length than a stretched first one.
    n_again = max(0, int(np.floor((n_windows - piece.n_windows) / body + 0.6)))
    stops = [body] * n_again + [piece.n_windows]
    windows = np.concatenate([np.arange(stop) for stop in stops])
    form = tuple(
        Section(section.start + turn * body, min(section.stop, stop) + turn * body, section.label)
        for turn, stop in enumerate(stops)
        for section in piece.form
        if section.start < stop
    )
    return _Tiled(windows, piece.features[windows], form)


def _path(first: _Tiled, other: _Tiled) -> _Path:
    """Match sections, then the windows between moments at which sections of both begin."""
    matched = warp_sections(first.described, first.form, other.described, other.form)
    starts = [(0, 0)]
    for (i, j), (next_i, next_j) in pairwise(matched.tolist()):
        if next_i > i and next_j > j:
            starts.append((first.form[next_i].start, other.form[next_j].start))
    points = []
    for (row, column), (row_end, column_end) in pairwise([*starts, (len(first), len(other))]):
        met = warp(first.described[row:row_end], other.described[column:column_end])
        inside = np.stack([_centred(met[:, 0]) + row, _centred(met[:, 1]) + column], axis=1)
        points += [np.array([[row, column]], np.float64), inside]
    end = np.array([[len(first), len(other)]], np.float64)
    return _Path(np.concatenate([*points, end]), frozenset(row for row, _ in starts))


def _placed(
    parents: Sequence[_Tiled], paths: Sequence[_Path], shares: npt.NDArray[np.floating], n_windows: int
) -> Integers:
    """Pick moments along the paths, counted in windows of the parents by their shares."""
    moments = np.unique(np.concatenate([path.points[:, 0] for path in paths]))
    met = [moments, *(np.interp(moments, path.points[:, 0], path.points[:, 1]) for path in paths)]
    reached = np.zeros(len(moments))
    for share, parent, at in zip(shares, parents, met, strict=True):
        reached += float(share) * at / len(parent)
    reached *= n_windows / reached[-1]
    bounds = sorted(frozenset.intersection(*(path.bounds for path in paths)))
    slots = _slots(np.interp([*bounds, len(parents[0])], moments, reached))
    at_first = np.interp(slots, reached, moments)
    windows = np.stack([np.interp(at_first, moments, at) for at in met], axis=1)
    return np.asarray(np.clip(np.floor(windows), 0, [len(parent) - 1 for parent in parents]), np.int64)


def _slots(bounds: Floats) -> Floats:
    """Spread whole windows evenly over stretches whose bounds fall between windows."""
    rounded = np.floor(bounds + 0.5).astype(np.int64)
    slots = []
    for (start, stop), (first, last) in zip(pairwise(bounds), pairwise(rounded), strict=True):
        count = last - first
        slots.append(start + (np.arange(count) + 0.5) * (stop - start) / max(count, 1))
    return np.concatenate(slots)


def _centred(steps: Integers) -> Floats:
    """Place the points that stay on one window evenly over its length."""
    values, starts, counts = np.unique(steps, return_index=True, return_counts=True)
    which = np.searchsorted(values, steps)
    return np.asarray(values[which] + (np.arange(len(steps)) - starts[which] + 0.5) / counts[which])
