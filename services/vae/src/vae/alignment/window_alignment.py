"""Alignment of the parents: which window of each parent meets at each window of a blend.

A blend has (1 - w) A + w B windows. A parent that is much shorter is repeated without the silence at its end, so that
every window of the blend has one of each parent. Every other parent is aligned with the first: their sections are
matched, then, by dynamic time warping, the windows within matched sections. The blend samples the warping paths at a
rate between those of the parents; each section of it has a whole number of windows, so that sections that meet again
meet in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from score.arrays import F64, I64

from vae.alignment.dtw import align_sections, align_windows
from vae.pieces.piece import Piece
from vae.pieces.sections import Section


@dataclass(frozen=True)
class Alignment:
    """The windows of a blend.

    Attributes
    ----------
    source_windows : ndarray, shape (n_windows, n_parents), int64
        The window of each parent that meets at each window of the blend.
    """

    source_windows: I64

    def __len__(self) -> int:
        return len(self.source_windows)

    def take(self, rows: I64) -> Alignment:
        """Return some of its windows."""
        return Alignment(self.source_windows[rows])


@dataclass(frozen=True)
class _RepeatedParent:
    """A parent, repeated: its windows in order, their features, and its sections."""

    windows: I64
    features: F64
    sections: tuple[Section, ...]

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class _WarpingPath:
    """How the first parent and another one run side by side.

    Attributes
    ----------
    points : ndarray, shape (n, 2), float64
        Moments that meet, in windows of each parent; strictly rising from (0, 0) to both ends.
    section_starts : frozenset of int
        Windows of the first parent at which sections of both begin.
    """

    points: F64
    section_starts: frozenset[int]


def blend_length(lengths: Sequence[int], shares: NDArray[np.floating]) -> int:
    """Return the number of windows of a blend: the mean of the parents' lengths by their shares, at least 1."""
    mean = np.dot(np.asarray(lengths, np.float64), np.asarray(shares, np.float64))
    return max(1, int(np.floor(mean + 0.5)))


def align(pieces: Sequence[Piece], shares: NDArray[np.floating]) -> Alignment:
    """Align the windows of the parents.

    Parameters
    ----------
    pieces : sequence of Piece
        Of one meter. A single piece meets nothing: it is only reconstructed.
    shares : ndarray, shape (n_parents,)
        Shares of the whole piece, sum 1.
    """
    n_windows = blend_length([piece.n_windows for piece in pieces], shares)
    if len(pieces) == 1:
        return Alignment(np.arange(n_windows)[:, None])
    parents = [_repeat(piece, n_windows) for piece in pieces]
    paths = [_warping_path(parents[0], parent) for parent in parents[1:]]
    sampled = _sample_paths(parents, paths, shares, n_windows)
    windows = [parent.windows[sampled[:, index]] for index, parent in enumerate(parents)]
    return Alignment(np.stack(windows, axis=1))


def _repeat(piece: Piece, n_windows: int) -> _RepeatedParent:
    """Repeat a piece to about `n_windows` windows; only its last repetition has the silence at its end."""
    n_body = piece.n_body_windows
    # From 1.4 times its length on, a second repetition is nearer to the blend's length than a stretched first one.
    n_more = max(0, int(np.floor((n_windows - piece.n_windows) / n_body + 0.6)))
    stops = [n_body] * n_more + [piece.n_windows]
    windows = np.concatenate([np.arange(stop) for stop in stops])
    sections = tuple(
        Section(section.start + turn * n_body, min(section.stop, stop) + turn * n_body, section.label)
        for turn, stop in enumerate(stops)
        for section in piece.sections
        if section.start < stop
    )
    return _RepeatedParent(windows, piece.features[windows], sections)


def _warping_path(first: _RepeatedParent, other: _RepeatedParent) -> _WarpingPath:
    """Match sections, then align the windows between moments at which sections of both begin."""
    matched = align_sections(first.features, first.sections, other.features, other.sections)
    starts = [(0, 0)]
    for (i, j), (next_i, next_j) in pairwise(matched.tolist()):
        if next_i > i and next_j > j:
            starts.append((first.sections[next_i].start, other.sections[next_j].start))
    points = []
    for (row, column), (row_end, column_end) in pairwise([*starts, (len(first), len(other))]):
        path = align_windows(first.features[row:row_end], other.features[column:column_end])
        inside = np.stack([_spread_stays(path[:, 0]) + row, _spread_stays(path[:, 1]) + column], axis=1)
        points += [np.array([[row, column]], np.float64), inside]
    end = np.array([[len(first), len(other)]], np.float64)
    return _WarpingPath(np.concatenate([*points, end]), frozenset(row for row, _ in starts))


def _sample_paths(
    parents: Sequence[_RepeatedParent], paths: Sequence[_WarpingPath], shares: NDArray[np.floating], n_windows: int
) -> I64:
    """Sample the warping paths at the windows of the blend: shape (n_windows, n_parents)."""
    # Moments of the first parent, and the moments of all parents that meet there.
    moments = np.unique(np.concatenate([path.points[:, 0] for path in paths]))
    positions = [moments, *(np.interp(moments, path.points[:, 0], path.points[:, 1]) for path in paths)]
    # The blend's own time at these moments: the parents' progress by their shares.
    progress = np.zeros(len(moments))
    for share, parent, position in zip(shares, parents, positions, strict=True):
        progress += float(share) * position / len(parent)
    progress *= n_windows / progress[-1]
    section_starts = sorted(frozenset.intersection(*(path.section_starts for path in paths)))
    centers = _window_centers(np.interp([*section_starts, len(parents[0])], moments, progress))
    first_positions = np.interp(centers, progress, moments)
    windows = np.stack([np.interp(first_positions, moments, position) for position in positions], axis=1)
    return np.asarray(np.clip(np.floor(windows), 0, [len(parent) - 1 for parent in parents]), np.int64)


def _window_centers(bounds: F64) -> F64:
    """Spread whole windows evenly over sections whose bounds fall between windows."""
    rounded = np.floor(bounds + 0.5).astype(np.int64)
    centers = []
    for (start, stop), (first, last) in zip(pairwise(bounds), pairwise(rounded), strict=True):
        n_windows = last - first
        centers.append(start + (np.arange(n_windows) + 0.5) * (stop - start) / max(n_windows, 1))
    return np.concatenate(centers)


def _spread_stays(path: I64) -> F64:
    """Spread the points of a path that stay on one window evenly over its length."""
    windows, starts, counts = np.unique(path, return_index=True, return_counts=True)
    which = np.searchsorted(windows, path)
    return np.asarray(windows[which] + (np.arange(len(path)) - starts[which] + 0.5) / counts[which])
