"""Player: synthesizes a performance on two synthesizers, each on a thread of its own, as a stream of frames.

FluidSynth computes without the interpreter's lock, so the two run on two cores; `load_split` divides the notes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
from score.arrays import F32

from renderer.synthesis.load_split import split_balanced
from renderer.synthesis.performance import Performance
from renderer.synthesis.synthesizer import BLOCK_FRAMES, Synthesizer

FIRST_READ_FRAMES = 2048
MAX_READ_FRAMES = 16_384
"""Frames computed at a time: few at first, so that the first audio arrives early, then twice as many each time."""

N_PLAYERS = 2
"""Synthesizers for one piece."""

_MAX_READS_AHEAD = 6
"""Reads that a synthesizer may be ahead of the other one."""


class Player:
    """Sends a performance's messages to a synthesizer between the blocks that it computes.

    A message is sent at the start of the nearest block: at most 32 frames off, 0.7 ms at 44.1 kHz.

    Parameters
    ----------
    performance : Performance
        What is played.
    synthesizer : Synthesizer
        Has at least ``len(performance.parts)`` channels; not shared.
    """

    def __init__(self, performance: Performance, synthesizer: Synthesizer) -> None:
        self._messages = performance.messages
        self._synthesizer = synthesizer
        self._position = 0
        self._n_sent = 0
        frames = np.array([message.frame for message in self._messages], dtype=np.int64)
        self._block_starts: list[int] = ((frames + BLOCK_FRAMES // 2) // BLOCK_FRAMES * BLOCK_FRAMES).tolist()
        for channel, part in enumerate(performance.parts):
            synthesizer.set_drums(channel, part.is_drums)

    def read(self, n_frames: int) -> F32:
        """Compute the next frames.

        Parameters
        ----------
        n_frames : int
            A multiple of `BLOCK_FRAMES`.

        Returns
        -------
        ndarray, shape (n_frames, 2), float32
            Left and right; full scale is 1 and may be exceeded.
        """
        frames = np.empty((n_frames, 2), dtype=np.float32)
        n_done = 0
        while n_done < n_frames:
            self._send_due()
            n_next = min(n_frames - n_done, self._frames_to_next())
            self._synthesizer.read_into(frames[n_done : n_done + n_next])
            n_done += n_next
            self._position += n_next
        return frames

    def _send_due(self) -> None:
        while self._n_sent < len(self._block_starts) and self._block_starts[self._n_sent] <= self._position:
            _, channel, data = self._messages[self._n_sent]
            self._synthesizer.send(channel, data)
            self._n_sent += 1

    def _frames_to_next(self) -> int:
        if self._n_sent == len(self._block_starts):
            return MAX_READ_FRAMES
        return self._block_starts[self._n_sent] - self._position


def synthesize(performance: Performance, synthesizers: Sequence[Synthesizer]) -> Generator[F32, None, None]:
    """Yield the whole performance, without a gain.

    Parameters
    ----------
    performance : Performance
        What is played.
    synthesizers : sequence of Synthesizer
        `N_PLAYERS` of them, each with the performance's channels.

    Yields
    ------
    ndarray, shape (n, 2), float32
        ``n`` is a multiple of `BLOCK_FRAMES`, at most `MAX_READ_FRAMES`; the last block may go beyond the end.
    """
    halves = split_balanced(performance)
    players = [Player(half, synthesizer) for half, synthesizer in zip(halves, synthesizers, strict=True)]
    return _mix(players, _read_sizes(performance.n_frames))


def _mix(players: Sequence[Player], sizes: Iterable[int]) -> Generator[F32, None, None]:
    """Read from all players at once, a little ahead, and add up their frames."""
    with ExitStack() as stack:
        # One thread for each player, because its reads must follow each other.
        pools = [stack.enter_context(ThreadPoolExecutor(1, "synthesizer")) for _ in players]
        ahead: deque[list[Future[F32]]] = deque()
        try:
            for size in sizes:
                ahead.append([pool.submit(player.read, size) for pool, player in zip(pools, players, strict=True)])
                if len(ahead) > _MAX_READS_AHEAD:
                    yield _sum(ahead.popleft())
            while ahead:
                yield _sum(ahead.popleft())
        finally:
            # On cancellation, wait only for reads that are already running.
            for future in (future for reads in ahead for future in reads):
                future.cancel()


def _sum(reads: Sequence[Future[F32]]) -> F32:
    total, *others = (read.result() for read in reads)
    for other in others:
        total += other
    return total


def _read_sizes(n_frames: int) -> Iterator[int]:
    """Yield the sizes of reads, in whole blocks, that cover the frames."""
    n_left, size = n_frames, FIRST_READ_FRAMES
    while n_left > 0:
        yield min(size, -(-n_left // BLOCK_FRAMES) * BLOCK_FRAMES)
        n_left -= size
        size = min(2 * size, MAX_READ_FRAMES)
