"""Mastering: from the synthesizers' output to the final audio, with gain, limiter, fade-out and exact length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from score.arrays import F32

from renderer.loudness.limiter import Limiter
from renderer.synthesis.performance import Performance
from renderer.synthesis.synthesizer import REFERENCE_GAIN

FADE_S = 1.5
"""Seconds of the fade-out at the end of the tail; a note that still sounds there would click."""


def master(blocks: Iterable[F32], performance: Performance, gain: float) -> Iterator[F32]:
    """Yield exactly ``performance.n_frames`` frames.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n, channels), float32
        As `renderer.synthesis.player.synthesize` yields them, or with further channels; they are changed in place.
    performance : Performance
        What is synthesized.
    gain : float
        The synthesizer's gain for the result.

    Yields
    ------
    ndarray, shape (n, channels), float32
        Left and right, within -1 to 1, and the further channels.
    """
    limiter = Limiter(performance.sample_rate_hz)
    factor = np.float32(gain / REFERENCE_GAIN)
    position = 0
    for frames in blocks:
        frames *= factor
        ready = limiter.push(frames)
        yield _trim_and_fade(ready, position, performance)
        position += len(ready)
    yield _trim_and_fade(limiter.flush(), position, performance)


def _trim_and_fade(frames: F32, position: int, performance: Performance) -> F32:
    """Cut off the frames beyond the end, and fade those in the last `FADE_S`."""
    frames = frames[: max(0, performance.n_frames - position)]
    n_fade_frames = FADE_S * performance.sample_rate_hz
    n_left = performance.n_frames - position - np.arange(len(frames))
    if len(frames) == 0 or n_left[-1] >= n_fade_frames:
        return frames
    curve = 0.5 - 0.5 * np.cos(np.pi * np.minimum(n_left / n_fade_frames, 1.0))
    return (frames * curve[:, None]).astype(np.float32)
