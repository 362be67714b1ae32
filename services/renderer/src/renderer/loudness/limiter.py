"""Peak limiter: keeps every sample below a ceiling without the distortion of clipping.

A gain is chosen for each boundary between blocks: at most what the louder of its two neighbors allows, and rising
slowly again afterwards. Between boundaries it is linear, so it is never above what the block itself allows: no sample
exceeds the ceiling. Music that stays below the ceiling passes unchanged, bit for bit.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from score.arrays import F32

BLOCK_FRAMES = 64
"""Frames in which the gain is linear; also the look-ahead of the limiter (1.5 ms at 44.1 kHz)."""

CEILING = 10 ** (-2 / 20)
"""-2 dBFS: between its samples a limited drum hit rises by up to a decibel, and lossy formats overshoot by as much."""

RELEASE_PER_S = 5.0
"""Rise of the gain per second after a peak."""


class Limiter:
    """A limiter for a stream of blocks, with a delay of one block.

    Parameters
    ----------
    sample_rate_hz : int
        Frames per second.

    Notes
    -----
    The first two channels decide the gain; further ones, such as the stems of the mix in the first two, are changed in
    the same way and may themselves exceed the ceiling.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._release = RELEASE_PER_S * BLOCK_FRAMES / sample_rate_hz
        self._pending: F32 | None = None
        self._pending_max_gain = 1.0
        self._gain = 1.0

    def push(self, frames: F32) -> F32:
        """Process the next frames and return those whose gain is now known.

        Parameters
        ----------
        frames : ndarray, shape (n, channels), float32
            ``n`` is a positive multiple of `BLOCK_FRAMES`; at least 2 channels, the same number in each call.

        Returns
        -------
        ndarray, shape (n, channels), float32
            One block behind; the first call returns one block fewer.
        """
        max_gains = [self._pending_max_gain, *_max_gains(frames[:, :2])]
        gains = self._boundary_gains(max_gains)
        # Without a pending block, the first gain belongs to the boundary at the very start.
        applied = gains if self._pending is not None else gains[1:]
        pending = self._pending if self._pending is not None else frames[:0]
        ready = np.concatenate((pending, frames[:-BLOCK_FRAMES]))
        self._pending = frames[-BLOCK_FRAMES:].copy()
        self._pending_max_gain, self._gain = max_gains[-1], gains[-1]
        return _apply_gains(ready, applied)

    def flush(self) -> F32:
        """Return the last block."""
        pending, self._pending = self._pending, None
        if pending is None:
            return np.empty((0, 2), dtype=np.float32)
        return _apply_gains(pending, [self._gain, min(self._gain, self._pending_max_gain)])

    def _boundary_gains(self, max_gains: list[float]) -> list[float]:
        """Choose the gain at every boundary: from the one before the pending block to the one before the last."""
        gains = [self._gain]
        for before, after in pairwise(max_gains):
            gains.append(min(before, after, gains[-1] + self._release))
        return gains


def _max_gains(frames: F32) -> list[float]:
    """Return the highest gain that keeps each block below the ceiling, at most 1."""
    peaks = np.abs(frames).reshape(-1, 2 * BLOCK_FRAMES).max(axis=1).astype(np.float64)
    return [float(gain) for gain in np.minimum(1.0, CEILING / np.maximum(peaks, CEILING))]


def _apply_gains(frames: F32, gains: list[float]) -> F32:
    """Multiply blocks by gains that are linear between the boundaries; there is one more gain than blocks."""
    if min(gains) >= 1.0:
        return frames
    steps = np.arange(BLOCK_FRAMES, dtype=np.float64) / BLOCK_FRAMES
    edges = np.asarray(gains)
    curve = edges[:-1, None] + np.diff(edges)[:, None] * steps
    return (frames * curve.reshape(-1, 1)).astype(np.float32)
