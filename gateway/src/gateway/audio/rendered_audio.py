"""One rendering: an audio file that readers can follow while it grows."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from segue.renderer.v1.renderer_pb2 import AudioHeader
from servicekit.faults import Fault

from gateway.audio.render_spec import RenderSpec
from gateway.storage.executor import BlockingExecutor

_READ_BYTES = 256 * 1024


class RenderedAudio:
    """An audio file that grows until it is complete.

    Parameters
    ----------
    spec : RenderSpec
        How the piece is rendered.
    header : AudioHeader
        What the renderer announced.
    folder : Path
        Folder of the cache.
    executor : BlockingExecutor
        Threads on which the file is read.

    Attributes
    ----------
    key : str
        Follows from the notes, the format, the settings and the SoundFont: the ETag.
    n_bytes : int or None
        Size of the complete file; None while it is unknown (a compressed format that still grows).
    seconds : float
        Duration.
    written : int
        Bytes written so far.
    part, path : Path
        The file while it grows, and once it is complete.
    """

    def __init__(self, spec: RenderSpec, header: AudioHeader, folder: Path, executor: BlockingExecutor) -> None:
        self.spec = spec
        self.header = header
        self.key = spec.key(header)
        self.path = folder / f"{self.key}.{spec.audio_format}"
        self.part = self.path.with_name(f"{self.path.name}.part")
        self.n_bytes = header.byte_count if spec.audio_format == "wav" else None
        self.seconds = header.frame_count / header.sample_rate_hz
        self.written = 0
        self.is_complete = False
        self.fault: Fault | None = None
        self._executor = executor
        self._advanced = asyncio.Event()

    def advance(self, written: int) -> None:
        """Set the number of bytes written so far, and wake the readers."""
        self.written = max(self.written, written)
        self.fault = None
        self._wake()

    def complete(self, written: int) -> None:
        """Mark the file as complete with a number of bytes, and wake the readers."""
        self.is_complete = True
        self.n_bytes = max(self.written, written)
        self.advance(written)

    def fail(self, fault: Fault) -> None:
        """Record why the rendering failed, and wake the readers: they raise the fault."""
        self.fault = fault
        self._wake()

    async def wait_started(self) -> None:
        """Wait for the first bytes.

        Raises
        ------
        Fault
            If the rendering failed.
        """
        while not self.is_complete and not self.written:
            await self._wait()

    async def wait_complete(self) -> None:
        """Wait until the file is complete; raise the fault if the rendering failed."""
        while not self.is_complete:
            await self._wait()

    async def read(self, start: int, end: int | None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` to before `end`, or to the last; wait for those that are not rendered yet.

        Raises
        ------
        Fault
            If the rendering failed: the reader's connection must break too, instead of ending as if complete.
        """
        file = await self._executor.run(self._open, start)
        try:
            position = start
            while position < (end if end is not None else self._known_end):
                n_available = min(self.written, end if end is not None else self.written) - position
                if n_available > 0:
                    chunk = await self._executor.run(file.read, min(n_available, _READ_BYTES))
                    position += len(chunk)
                    yield chunk
                else:
                    await self._wait()
        finally:
            await asyncio.shield(self._executor.run(file.close))

    @property
    def _known_end(self) -> float:
        """Position of the last byte; infinite while more are to come."""
        return self.written if self.is_complete else math.inf

    async def _wait(self) -> None:
        if self.fault is not None:
            raise self.fault
        await self._advanced.wait()

    def _wake(self) -> None:
        self._advanced.set()
        self._advanced = asyncio.Event()

    def _open(self, start: int) -> BinaryIO:
        try:
            file = self.part.open("rb")
        except FileNotFoundError:
            file = self.path.open("rb")
        file.seek(start)
        return file
