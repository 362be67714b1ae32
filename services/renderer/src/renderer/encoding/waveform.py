"""A waveform's lowest and highest samples, collected while the sound passes, so that a page need not decode it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_BUCKETS = 16_384


class Peaks(NamedTuple):
    """The next of a waveform's buckets: the lowest and the highest sample of each, shape (n,), -1 to 1."""

    minimums: NDArray[np.float32]
    maximums: NDArray[np.float32]


class Waveform:
    """Divides a stream of frames into buckets of the same length.

    Bucket i of n begins at frame ``i * frame_count // n``. Where there are more buckets than frames, those that hold no
    frame are 0.

    Parameters
    ----------
    bucket_count : int
        How many, 0 to `MAX_BUCKETS`.
    frame_count : int
        Frames of the whole stream.
    """

    def __init__(self, bucket_count: int, frame_count: int) -> None:
        self._edges = np.arange(bucket_count + 1, dtype=np.int64) * frame_count // max(bucket_count, 1)
        self._minimums = np.full(bucket_count, np.inf, dtype=np.float32)
        self._maximums = np.full(bucket_count, -np.inf, dtype=np.float32)
        self._position = 0
        self._full = 0

    def push(self, frames: NDArray[np.float32]) -> Peaks:
        """Take the next frames, shape (n, 2); give the buckets that they fill, possibly none."""
        end = self._position + len(frames)
        full = int(np.searchsorted(self._edges, end, side="right")) - 1
        self._reduce(frames, self._edges[self._full : full + 2].clip(self._position, end) - self._position)
        peaks = Peaks(*(_told(levels[self._full : full]) for levels in (self._minimums, self._maximums)))
        self._position, self._full = end, full
        return peaks

    def _reduce(self, frames: NDArray[np.float32], edges: NDArray[np.int64]) -> None:
        """Take frames into the buckets from the first that is not full, which begin and end at the edges."""
        filled = np.flatnonzero(np.diff(edges) > 0)
        if len(filled) == 0:
            return
        heard, starts, buckets = frames[: edges[-1]], edges[filled], filled + self._full
        lowest = np.minimum.reduceat(heard.min(axis=1), starts)
        highest = np.maximum.reduceat(heard.max(axis=1), starts)
        self._minimums[buckets] = np.minimum(self._minimums[buckets], lowest)
        self._maximums[buckets] = np.maximum(self._maximums[buckets], highest)


def _told(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give full buckets' levels, 0 where no frame fell into one."""
    return np.where(np.isfinite(levels), levels, np.float32(0))
