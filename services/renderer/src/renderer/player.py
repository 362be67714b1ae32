"""Plays a performance on a synthesiser, as a stream of frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from renderer.limiter import Limiter
from renderer.performance import Performance
from renderer.synth import BLOCK_FRAMES, Synthesizer

FIRST_READ_FRAMES = 2048
LAST_READ_FRAMES = 16_384
"""Frames computed at a time: few at first, so that the sound starts at once, then twice as many each time."""

FADE_S = 1.0
"""The end of the tail fades out, for what still sounds then would click."""


class Player:
    """Sends a performance's messages between the blocks that they belong to.

    A message is sent at the start of the block nearest to it: at most 32 frames off, 0.7 ms at 44.1 kHz.

    Parameters
    ----------
    performance : Performance
        What is played.
    synthesizer : Synthesizer
        Made for at least ``len(performance.parts)`` channels; used by no one else.
    """

    def __init__(self, performance: Performance, synthesizer: Synthesizer) -> None:
        self._messages = performance.messages
        self._synthesizer = synthesizer
        self._position = 0
        self._sent = 0
        frames = np.array([message.frame for message in self._messages], dtype=np.int64)
        self._blocks: list[int] = ((frames + BLOCK_FRAMES // 2) // BLOCK_FRAMES * BLOCK_FRAMES).tolist()
        for channel, part in enumerate(performance.parts):
            synthesizer.set_drums(channel, part.is_drums)

    def read(self, frame_count: int) -> NDArray[np.float32]:
        """Give the next frames.

        Parameters
        ----------
        frame_count : int
            A multiple of `BLOCK_FRAMES`.

        Returns
        -------
        ndarray, shape (frame_count, 2), float32
            Left and right; full scale is 1 and may be exceeded.
        """
        frames = np.empty((frame_count, 2), dtype=np.float32)
        done = 0
        while done < frame_count:
            self._send_due()
            step = min(frame_count - done, self._frames_to_next())
            self._synthesizer.read_into(frames[done : done + step])
            done += step
            self._position += step
        return frames

    def _send_due(self) -> None:
        while self._sent < len(self._blocks) and self._blocks[self._sent] <= self._position:
            _, channel, data = self._messages[self._sent]
            self._synthesizer.send(channel, data)
            self._sent += 1

    def _frames_to_next(self) -> int:
        if self._sent == len(self._blocks):
            return LAST_READ_FRAMES
        return self._blocks[self._sent] - self._position


def play(performance: Performance, synthesizer: Synthesizer) -> Iterator[NDArray[np.float32]]:
    """Yield the whole performance: peaks limited, its end faded, exactly ``performance.frame_count`` frames.

    Yields
    ------
    ndarray, shape (n, 2), float32
        Left and right, within -1 to 1; ``n`` at most `LAST_READ_FRAMES`.
    """
    limiter = Limiter(performance.sample_rate_hz)
    player = Player(performance, synthesizer)
    position = 0
    for count in _read_sizes(performance.frame_count):
        frames = limiter.push(player.read(count))
        yield _faded(frames, position, performance)
        position += len(frames)
    yield _faded(limiter.finish(), position, performance)


def _read_sizes(frame_count: int) -> Iterator[int]:
    """Yield read sizes, in whole blocks, that cover the frames."""
    left, size = frame_count, FIRST_READ_FRAMES
    while left > 0:
        yield min(size, -(-left // BLOCK_FRAMES) * BLOCK_FRAMES)
        left -= size
        size = min(2 * size, LAST_READ_FRAMES)


def _faded(frames: NDArray[np.float32], position: int, performance: Performance) -> NDArray[np.float32]:
    """Cut off what goes beyond the end, and fade what lies in the last `FADE_S`."""
    frames = frames[: max(0, performance.frame_count - position)]
    fade_frames = FADE_S * performance.sample_rate_hz
    left = performance.frame_count - position - np.arange(len(frames))
    if len(frames) == 0 or left[-1] >= fade_frames:
        return frames
    curve = 0.5 - 0.5 * np.cos(np.pi * np.minimum(left / fade_frames, 1.0))
    return (frames * curve[:, None]).astype(np.float32)
