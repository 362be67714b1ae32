"""From what the synthesisers give to what is heard: one gain, peaks held, the end faded, the exact length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from renderer.loudness.limiter import Limiter
from renderer.synthesis.performance import Performance
from renderer.synthesis.synthesizer import REFERENCE_GAIN

FADE_S = 1.5
"""The end of the tail fades out, for what still sounds then would click."""


def master(
    played: Iterable[NDArray[np.float32]], performance: Performance, gain: float
) -> Iterator[NDArray[np.float32]]:
    """Yield exactly ``performance.frame_count`` frames.

    Parameters
    ----------
    played : iterable of ndarray, shape (n, 2), float32
        As `renderer.synthesis.player.play` yields them; they may be changed.
    performance : Performance
        What was played.
    gain : float
        The synthesiser's gain that it shall sound with.

    Yields
    ------
    ndarray, shape (n, 2), float32
        Left and right, within -1 to 1.
    """
    limiter = Limiter(performance.sample_rate_hz)
    factor = np.float32(gain / REFERENCE_GAIN)
    position = 0
    for frames in played:
        frames *= factor
        ready = limiter.push(frames)
        yield _faded(ready, position, performance)
        position += len(ready)
    yield _faded(limiter.finish(), position, performance)


def _faded(frames: NDArray[np.float32], position: int, performance: Performance) -> NDArray[np.float32]:
    """Cut off what goes beyond the end, and fade what lies in the last `FADE_S`."""
    frames = frames[: max(0, performance.frame_count - position)]
    fade_frames = FADE_S * performance.sample_rate_hz
    left = performance.frame_count - position - np.arange(len(frames))
    if len(frames) == 0 or left[-1] >= fade_frames:
        return frames
    curve = 0.5 - 0.5 * np.cos(np.pi * np.minimum(left / fade_frames, 1.0))
    return (frames * curve[:, None]).astype(np.float32)
