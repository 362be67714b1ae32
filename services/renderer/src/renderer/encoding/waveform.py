"""Waveform peaks: the lowest and highest sample of each bucket, collected while the audio passes.

They let a page draw the waveform without decoding the audio.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import F32, I64

MAX_BUCKETS = 16_384


class Peaks(NamedTuple):
    """The next buckets of a waveform.

    Attributes
    ----------
    minimums, maximums : ndarray, shape (n,), float32
        Lowest and highest sample of each bucket, -1 to 1.
    """

    minimums: F32
    maximums: F32


class PeakMeter:
    """Divides a stream of frames into buckets of equal length and measures the peaks of each one.

    Bucket i of n begins at frame ``i * n_frames // n``. If there are more buckets than frames, the buckets without a
    frame are 0.

    Parameters
    ----------
    n_buckets : int
        Number of buckets, 0 to `MAX_BUCKETS`.
    n_frames : int
        Number of frames of the whole stream.
    """

    def __init__(self, n_buckets: int, n_frames: int) -> None:
        self._edges = np.arange(n_buckets + 1, dtype=np.int64) * n_frames // max(n_buckets, 1)
        self._minimums = np.full(n_buckets, np.inf, dtype=np.float32)
        self._maximums = np.full(n_buckets, -np.inf, dtype=np.float32)
        self._position = 0
        self._n_complete = 0

    def push(self, frames: F32) -> Peaks:
        """Process the next frames, shape (n, 2); return the buckets that they complete, possibly none."""
        end = self._position + len(frames)
        n_complete = int(np.searchsorted(self._edges, end, side="right")) - 1
        self._reduce(frames, self._edges[self._n_complete : n_complete + 2].clip(self._position, end) - self._position)
        complete = slice(self._n_complete, n_complete)
        peaks = Peaks(*(_zero_empty(levels[complete]) for levels in (self._minimums, self._maximums)))
        self._position, self._n_complete = end, n_complete
        return peaks

    def _reduce(self, frames: F32, edges: I64) -> None:
        """Merge frames into the buckets from the first incomplete one; the edges are relative to the frames."""
        filled = np.flatnonzero(np.diff(edges) > 0)
        if len(filled) == 0:
            return
        used, starts, buckets = frames[: edges[-1]], edges[filled], filled + self._n_complete
        lowest = np.minimum.reduceat(used.min(axis=1), starts)
        highest = np.maximum.reduceat(used.max(axis=1), starts)
        self._minimums[buckets] = np.minimum(self._minimums[buckets], lowest)
        self._maximums[buckets] = np.maximum(self._maximums[buckets], highest)


def _zero_empty(levels: F32) -> F32:
    """Replace the levels of buckets without a frame by 0."""
    return np.where(np.isfinite(levels), levels, np.float32(0))
