"""Keeps peaks below full scale without the crackle of clipping.

A gain is chosen for each boundary between blocks: no higher than what the louder of its two neighbours can bear, and
rising slowly again afterwards. Between boundaries it is linear, so it is never above what the block itself can bear:
no sample exceeds the ceiling. Music that stays below the ceiling passes through unchanged, bit for bit.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BLOCK_FRAMES = 64
"""Frames in which the gain is linear; also how far the limiter looks ahead (1.5 ms at 44.1 kHz)."""

CEILING = 10 ** (-2 / 20)
"""-2 dBFS: between its samples a limited stroke rises by up to a decibel, and lossy formats overshoot by as much."""

RELEASE_PER_S = 5.0
"""How fast the gain rises after a peak."""


class Limiter:
    """A limiter for a stream of blocks, with a delay of one block.

    Parameters
    ----------
    sample_rate_hz : int
        Frames a second.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._release = RELEASE_PER_S * BLOCK_FRAMES / sample_rate_hz
        self._pending: NDArray[np.float32] = np.empty((0, 2), dtype=np.float32)
        self._bearable = 1.0
        self._gain = 1.0

    def push(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next frames and give those whose gain is now known.

        Parameters
        ----------
        frames : ndarray, shape (n, 2), float32
            ``n`` a multiple of `BLOCK_FRAMES`, not 0.

        Returns
        -------
        ndarray, shape (n, 2), float32
            One block behind; the first call gives one block fewer.
        """
        bearable = [self._bearable, *_bearable_gains(frames)]
        gains = self._gains(bearable)
        ready = np.concatenate((self._pending, frames[:-BLOCK_FRAMES]))
        # Without a pending block, the first gain is the boundary at the very start.
        applied = gains if len(self._pending) else gains[1:]
        self._pending = frames[-BLOCK_FRAMES:].copy()
        self._bearable, self._gain = bearable[-1], gains[-1]
        return _amplified(ready, applied)

    def finish(self) -> NDArray[np.float32]:
        """Give the last block."""
        last = _amplified(self._pending, [self._gain, min(self._gain, self._bearable)])
        self._pending = self._pending[:0]
        return last

    def _gains(self, bearable: list[float]) -> list[float]:
        """Choose the gain at every boundary: from the one before the pending block to the one before the last."""
        gains = [self._gain]
        for before, after in pairwise(bearable):
            gains.append(min(before, after, gains[-1] + self._release))
        return gains


def _bearable_gains(frames: NDArray[np.float32]) -> list[float]:
    """Give each block's highest gain that keeps it below the ceiling, at most 1."""
    peaks = np.abs(frames).reshape(-1, 2 * BLOCK_FRAMES).max(axis=1).astype(np.float64)
    return [float(gain) for gain in np.minimum(1.0, CEILING / np.maximum(peaks, CEILING))]


def _amplified(frames: NDArray[np.float32], gains: list[float]) -> NDArray[np.float32]:
    """Multiply blocks by gains that are linear between the boundaries, one more than there are blocks."""
    if min(gains) >= 1.0:
        return frames
    steps = np.arange(BLOCK_FRAMES, dtype=np.float64) / BLOCK_FRAMES
    edges = np.asarray(gains)
    curve = edges[:-1, None] + np.diff(edges)[:, None] * steps
    return (frames * curve.reshape(-1, 1)).astype(np.float32)
