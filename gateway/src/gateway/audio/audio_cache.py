"""Rendered audio, kept by content: each piece is rendered once, and read by anyone while it still grows."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

from segue.renderer.v1.renderer_pb2 import AudioHeader, RenderRequest
from servicekit import logs
from servicekit.faults import Conflict, Fault, Internal, StoreFull

from gateway.audio import peaks
from gateway.audio.peaks import Peaks
from gateway.audio.render_spec import Rendering
from gateway.clients.service_clients import Services, patiently
from gateway.storage.executor import Threads

Fetch = Callable[[], Awaitable[bytes]]

READ_BYTES = 256 * 1024
_THREADS = 8
_HEADERS_KEPT = 4096
_HEADER_FRESH_S = 15.0
"""Seconds after which the renderer is asked again what audio will be: it may have another SoundFont by then."""
_PATIENCE_S = 20.0
"""Seconds that a listener waits for a renderer that is away."""


_SAMPLE_BYTES = 2


class Audio:
    """One rendering: a file that grows until it is whole.

    Parameters
    ----------
    rendering : Rendering
        How it is to sound.
    header : AudioHeader
        What the renderer says it will be.
    folder : Path
        Where it is kept.
    threads : Threads
        On which it is read.

    Attributes
    ----------
    key : str
        Follows from the notes, the format, the settings and the SoundFont: the ETag.
    byte_count : int or None
        Bytes in all; None while that is not known (a compressed format that still grows).
    seconds : float
        How long it sounds.
    part, path : Path
        Where it grows, and where it lies once it is whole.
    """

    def __init__(self, rendering: Rendering, header: AudioHeader, folder: Path, threads: Threads) -> None:
        self.rendering = rendering
        self.header = header
        self.key = rendering.key(header)
        self.path = folder / f"{self.key}.{rendering.audio_format}"
        self.part = self.path.with_name(f"{self.path.name}.part")
        self.byte_count = header.byte_count if rendering.audio_format == "wav" else None
        self.seconds = header.frame_count / header.sample_rate_hz
        self.written = 0
        self.is_whole = False
        self.fault: Fault | None = None
        self._threads = threads
        self._grown = asyncio.Event()

    def tell(self, written: int, *, is_whole: bool = False, fault: Fault | None = None) -> None:
        """Say how far the file is, and wake its readers."""
        self.written = max(self.written, written)
        self.is_whole = is_whole
        self.fault = fault
        if is_whole:
            self.byte_count = self.written
        self._grown.set()
        self._grown = asyncio.Event()

    async def begun(self) -> None:
        """Wait for the first bytes of a file whose size is known; for the whole of another.

        Raises
        ------
        Fault
            Why there are none.
        """
        while not self.is_whole and not (self.written and self.byte_count is not None):
            if self.fault is not None:
                raise self.fault
            await self._grown.wait()

    async def whole(self) -> None:
        """Wait for all of it; a `Fault` says why it does not come."""
        while not self.is_whole:
            if self.fault is not None:
                raise self.fault
            await self._grown.wait()

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Read bytes, waiting for those that are not rendered yet.

        Parameters
        ----------
        start, end : int
            The first byte and the one after the last.

        Raises
        ------
        Fault
            If the rendering broke: the reader's connection must break too, not end as if this were all.
        """
        file = await self._threads.run(self._open, start)
        try:
            at = start
            while at < end:
                available = min(self.written, end) - at
                if available > 0:
                    chunk = await self._threads.run(file.read, min(available, READ_BYTES))
                    at += len(chunk)
                    yield chunk
                elif self.fault is not None:
                    raise self.fault
                else:
                    await self._grown.wait()
        finally:
            await asyncio.shield(self._threads.run(file.close))

    def _open(self, start: int) -> BinaryIO:
        try:
            file = self.part.open("rb")
        except FileNotFoundError:
            file = self.path.open("rb")
        file.seek(start)
        return file


class AudioCache:
    """Renders pieces on demand and keeps the audio in a folder of bounded size.

    Parameters
    ----------
    services : Services
        The renderer.
    folder : Path
        Where the audio lies; what is there from before a restart is used again.
    limit_bytes : int
        The audio longest unused is removed beyond this.
    spare_bytes : int
        And where less than this would be left on the disk.
    """

    def __init__(self, services: Services, folder: Path, limit_bytes: int, spare_bytes: int) -> None:
        self._services = services
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._spare_bytes = spare_bytes
        self._threads = Threads("audio", _THREADS)
        self._growing: dict[str, Audio] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._headers: OrderedDict[str, tuple[float, AudioHeader]] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("*.part"):
            unfinished.unlink()

    async def close(self) -> None:
        """Stop rendering."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.close()

    async def audio(self, fetch: Fetch, rendering: Rendering) -> Audio:
        """Give a piece's audio: from the cache, from a rendering under way, or from one that begins now.

        Parameters
        ----------
        fetch : callable
            Reads the piece's MIDI file, where it is needed.
        rendering : Rendering
            How it is to sound.

        Raises
        ------
        Fault
            If the renderer is away or busy, or cannot read the piece; if there is no room on the disk.
        """
        header = await self._measure(fetch, rendering)
        audio = Audio(rendering, header, self._folder, self._threads)
        if growing := self._growing.get(audio.key):
            return growing
        if (size := await self._threads.run(_use, audio.path)) is not None:
            audio.tell(size, is_whole=True)
            return audio
        midi = await fetch()
        await self._threads.run(self._make_room, header.frame_count * header.channel_count * _SAMPLE_BYTES)
        # Another listener may have begun it meanwhile.
        return self._growing.get(audio.key) or self._begin(audio, rendering.render_request(midi))

    async def waveform(self, fetch: Fetch, rendering: Rendering) -> tuple[float, Peaks]:
        """Give the seconds and the waveform of a piece's audio, which is rendered where it is not there yet.

        Parameters and errors are those of `audio`.
        """
        audio, waveform = await self._with_peaks(fetch, rendering)
        if waveform is None:
            # Audio from before its waveform was kept: it is made again, once.
            await self._threads.run(audio.path.unlink, missing_ok=True)
            audio, waveform = await self._with_peaks(fetch, rendering)
        if waveform is None:
            raise Internal("the renderer sent no waveform")
        return audio.seconds, waveform

    async def _with_peaks(self, fetch: Fetch, rendering: Rendering) -> tuple[Audio, Peaks | None]:
        audio = await self.audio(fetch, rendering)
        await audio.whole()
        return audio, await self._threads.run(peaks.read, audio.path)

    def _begin(self, audio: Audio, request: RenderRequest) -> Audio:
        self._growing[audio.key] = audio
        task = asyncio.ensure_future(self._render(audio, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return audio

    async def _render(self, audio: Audio, request: RenderRequest) -> None:
        """Fill an audio file. A renderer that dies is asked again: the same notes give the same samples."""
        try:
            waveform = await patiently(lambda: self._fill(audio, request), _PATIENCE_S)
            if audio.byte_count not in {None, audio.written}:
                raise Internal(f"the renderer gave {audio.written} bytes and had said {audio.byte_count}")
            if waveform.count:
                await self._threads.run(peaks.write, audio.path, waveform)
            await self._threads.run(audio.part.replace, audio.path)
            await self._threads.run(self._prune)
            audio.tell(audio.written, is_whole=True)
        except Fault as fault:
            audio.tell(0, fault=fault)
            logs.get_logger().warning("audio.broke", reason=fault.reason, written=audio.written)
        except OSError as error:
            audio.tell(0, fault=StoreFull("The audio cannot be kept: there is no room for it."))
            logs.get_logger().error("audio.unkept", exc_info=error)
        except Exception as error:
            audio.tell(0, fault=Internal("the audio could not be made"))
            logs.get_logger().error("audio.broke", exc_info=error)
        finally:
            # First the file: whoever asks again once the key is free opens one of the same name.
            await asyncio.shield(self._threads.run(audio.part.unlink, missing_ok=True))
            self._growing.pop(audio.key, None)

    async def _fill(self, audio: Audio, request: RenderRequest) -> Peaks:
        at, waveform = 0, Peaks()
        file = await self._threads.run(_open_part, audio.part)
        try:
            async with aclosing(self._services.render(request)) as parts:
                async for event in parts:
                    match event.WhichOneof("event"):
                        case "header":
                            self._compare(audio, event.header)
                        case "chunk":
                            await self._threads.run(_write, file, event.chunk)
                            at += len(event.chunk)
                            audio.tell(at)
                        case "peaks":
                            waveform.add(event.peaks.minimums, event.peaks.maximums)
        finally:
            await asyncio.shield(self._threads.run(file.close))
        return waveform

    def _compare(self, audio: Audio, header: AudioHeader) -> None:
        """See that the renderer makes what it had said: one that was started anew may have another SoundFont."""
        expected = audio.header
        if (header.soundfont, header.frame_count) != (expected.soundfont, expected.frame_count):
            self._headers.pop(audio.rendering.measured_by, None)
            raise Conflict("The renderer has been given another SoundFont meanwhile. Ask again.")

    async def _measure(self, fetch: Fetch, rendering: Rendering) -> AudioHeader:
        loop = asyncio.get_running_loop()
        at_s, header = self._headers.get(rendering.measured_by, (0.0, None))
        if header is None or loop.time() - at_s > _HEADER_FRESH_S:
            request = rendering.measure_request(await fetch())
            header = await patiently(lambda: self._services.measure(request), _PATIENCE_S)
            self._headers[rendering.measured_by] = (loop.time(), header)
            if len(self._headers) > _HEADERS_KEPT:
                self._headers.popitem(last=False)
        return header

    def _kept(self) -> list[tuple[Path, os.stat_result]]:
        """List the whole audio, the longest unused first."""
        found = [(path, path.stat()) for path in self._folder.iterdir() if path.suffix not in {".part", ".peaks"}]
        return sorted(found, key=lambda entry: entry[1].st_mtime)

    def _prune(self) -> None:
        """Remove the audio longest unused until the rest is within the limit; the newest stays in any case."""
        kept = self._kept()
        total = sum(stat.st_size for _, stat in kept)
        for path, stat in kept[:-1]:
            if total <= self._limit_bytes:
                return
            peaks.forget(path)
            total -= stat.st_size

    def _make_room(self, byte_count: int) -> None:
        """Remove the audio longest unused until there is room for more; `StoreFull` if that is not enough."""
        kept = self._kept()
        while shutil.disk_usage(self._folder).free - byte_count < self._spare_bytes:
            if not kept:
                raise StoreFull("There is no room to render this piece. Delete some files, or try again later.")
            peaks.forget(kept.pop(0)[0])


def _use(path: Path) -> int | None:
    """Note that a file is used, and give its size; None where there is none."""
    try:
        os.utime(path)
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _open_part(path: Path) -> BinaryIO:
    """Open a file to write it from its beginning, keeping what is there: somebody may be reading it."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")


def _write(file: BinaryIO, chunk: bytes) -> None:
    file.write(chunk)
    file.flush()
