"""Frame spool: a whole synthesis in a temporary file, so that it can be measured before it is mastered.

Three minutes are 63 MB of floating-point frames: too much to hold in memory for several pieces at once, and read back
from the file system's cache in milliseconds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Self

import numpy as np
from score.arrays import F32
from servicekit.faults import StoreFull

from renderer.synthesis.synthesizer import BLOCK_FRAMES

_READ_FRAMES = 256 * BLOCK_FRAMES
_FRAME_BYTES = 2 * 4


class FrameSpool:
    """Frames on disk; used as a context, which deletes them.

    Parameters
    ----------
    file : binary file, optional
        Where they are stored; a temporary file by default.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file or tempfile.TemporaryFile()  # noqa: SIM115  closed where the context ends

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def record(self, blocks: Iterable[F32]) -> Iterator[F32]:
        """Store blocks of frames and yield them unchanged.

        Raises
        ------
        StoreFull
            If the disk is full.
        """
        for frames in blocks:
            try:
                self._file.write(frames.tobytes())
            except OSError as error:
                message = "There is no room to measure the piece's loudness. Ask for the predicted one, or for a gain."
                raise StoreFull(message) from error
            yield frames

    def replay(self) -> Iterator[F32]:
        """Yield all frames from the beginning, shape (n, 2); ``n`` is a multiple of `BLOCK_FRAMES` if their sum is."""
        self._file.seek(0)
        while data := self._file.read(_READ_FRAMES * _FRAME_BYTES):
            yield np.frombuffer(data, dtype=np.float32).reshape(-1, 2).copy()
