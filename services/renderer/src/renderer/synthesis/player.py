"""Plays a performance on two synthesisers, each on a thread of its own, as a stream of frames.

FluidSynth computes without the interpreter's lock, so the two run on two cores; `division` says which notes are whose.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from renderer.synthesis.load_split import halves
from renderer.synthesis.performance import Performance
from renderer.synthesis.synthesizer import BLOCK_FRAMES, Synthesizer

FIRST_READ_FRAMES = 2048
LAST_READ_FRAMES = 16_384
"""Frames computed at a time: few at first, so that the sound starts at once, then twice as many each time."""

PLAYER_COUNT = 2
"""Synthesisers that one piece takes."""

_AHEAD = 6
"""Reads that a synthesiser may be ahead of the other."""


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


def play(performance: Performance, synthesizers: Sequence[Synthesizer]) -> Generator[NDArray[np.float32], None, None]:
    """Yield the whole performance, as loud as it comes.

    Parameters
    ----------
    performance : Performance
        What is played.
    synthesizers : sequence of Synthesizer
        Two, each for the performance's channels.

    Yields
    ------
    ndarray, shape (n, 2), float32
        ``n`` a multiple of `BLOCK_FRAMES`, at most `LAST_READ_FRAMES`; the last one may go beyond the end.
    """
    players = [Player(half, one) for half, one in zip(halves(performance), synthesizers, strict=True)]
    return _added(players, _read_sizes(performance.frame_count))


def _added(players: Sequence[Player], sizes: Iterable[int]) -> Generator[NDArray[np.float32], None, None]:
    """Read from all players at once, a little ahead, and add up what they give."""
    with ExitStack() as stack:
        # One thread each: a player's reads follow each other.
        pools = [stack.enter_context(ThreadPoolExecutor(1, "synthesizer")) for _ in players]
        ahead: deque[list[Future[NDArray[np.float32]]]] = deque()
        try:
            for size in sizes:
                ahead.append([pool.submit(player.read, size) for pool, player in zip(pools, players, strict=True)])
                if len(ahead) > _AHEAD:
                    yield _sum(ahead.popleft())
            while ahead:
                yield _sum(ahead.popleft())
        finally:
            # Who gives up waits for the reads that run, not for those that do not yet.
            for future in (future for reads in ahead for future in reads):
                future.cancel()


def _sum(reads: Sequence[Future[NDArray[np.float32]]]) -> NDArray[np.float32]:
    total, *others = (read.result() for read in reads)
    for other in others:
        total += other
    return total


def _read_sizes(frame_count: int) -> Iterator[int]:
    """Yield read sizes, in whole blocks, that cover the frames."""
    left, size = frame_count, FIRST_READ_FRAMES
    while left > 0:
        yield min(size, -(-left // BLOCK_FRAMES) * BLOCK_FRAMES)
        left -= size
        size = min(2 * size, LAST_READ_FRAMES)
