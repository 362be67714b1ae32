"""Rendered audio, kept by content: each piece is rendered once, and read by anyone while it still grows."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

from segue.renderer.v1.renderer_pb2 import (
    AUDIO_FORMAT_FLAC,
    AUDIO_FORMAT_MP3,
    AUDIO_FORMAT_OGG,
    AUDIO_FORMAT_WAV,
    AudioFormat,
    AudioHeader,
    RenderRequest,
)
from servicekit import logs
from servicekit.faults import Fault, Internal, StoreFull

from gateway.services import Services, patiently
from gateway.threads import Threads

Fetch = Callable[[], Awaitable[bytes]]

FORMATS: dict[str, tuple[AudioFormat.ValueType, str]] = {
    "wav": (AUDIO_FORMAT_WAV, "audio/wav"),
    "flac": (AUDIO_FORMAT_FLAC, "audio/flac"),
    "ogg": (AUDIO_FORMAT_OGG, "audio/ogg"),
    "mp3": (AUDIO_FORMAT_MP3, "audio/mpeg"),
}

READ_BYTES = 256 * 1024
_THREADS = 8
_HEADERS_KEPT = 4096
_PATIENCE_S = 20.0
"""Seconds that a listener waits for a renderer that is away."""


class Audio:
    """One rendering: a file that grows until it is whole.

    Attributes
    ----------
    key : str
        Follows from the notes, the format, the settings and the SoundFont: the ETag.
    byte_count : int or None
        Bytes in all; None while that is not known (a compressed format that still grows).
    part, path : Path
        Where it grows, and where it lies once it is whole.
    """

    def __init__(self, key: str, path: Path, media_type: str, byte_count: int | None, threads: Threads) -> None:
        self.key = key
        self.path = path
        self.part = path.with_name(f"{path.name}.part")
        self.media_type = media_type
        self.byte_count = byte_count
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
    """

    def __init__(self, services: Services, folder: Path, limit_bytes: int) -> None:
        self._services = services
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._threads = Threads("audio", _THREADS)
        self._growing: dict[str, Audio] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._headers: OrderedDict[str, AudioHeader] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("*.part"):
            unfinished.unlink()

    async def close(self) -> None:
        """Stop rendering."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.close()

    async def audio(self, fetch: Fetch, sha256: str, audio_format: str) -> Audio:
        """Give a piece's audio: from the cache, from a rendering under way, or from one that begins now.

        Parameters
        ----------
        fetch : callable
            Reads the piece's MIDI file, where it is needed.
        sha256 : str
            Of that file.
        audio_format : str
            One of `FORMATS`.

        Raises
        ------
        Fault
            If the renderer is away or busy, or cannot read the piece.
        """
        header = await self._measure(fetch, sha256)
        key = _key(sha256, audio_format, header)
        if growing := self._growing.get(key):
            return growing
        path = self._folder / f"{key}.{audio_format}"
        if (size := await self._threads.run(_use, path)) is not None:
            return self._whole(key, path, audio_format, size)
        midi = await fetch()
        # Another listener may have begun it meanwhile.
        return self._growing.get(key) or self._begin(key, path, midi, audio_format, header)

    def _whole(self, key: str, path: Path, audio_format: str, size: int) -> Audio:
        audio = Audio(key, path, FORMATS[audio_format][1], size, self._threads)
        audio.tell(size, is_whole=True)
        return audio

    def _begin(self, key: str, path: Path, midi: bytes, audio_format: str, header: AudioHeader) -> Audio:
        number, media_type = FORMATS[audio_format]
        byte_count = header.byte_count if audio_format == "wav" else None
        audio = Audio(key, path, media_type, byte_count, self._threads)
        self._growing[key] = audio
        task = asyncio.ensure_future(self._render(audio, RenderRequest(midi=midi, format=number)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return audio

    async def _render(self, audio: Audio, request: RenderRequest) -> None:
        """Fill an audio file. A renderer that dies is asked again: the same notes give the same samples."""
        try:
            await patiently(lambda: self._fill(audio, request), _PATIENCE_S)
            if audio.byte_count not in {None, audio.written}:
                raise Internal(f"the renderer gave {audio.written} bytes and had said {audio.byte_count}")
            await self._threads.run(audio.part.replace, audio.path)
            await self._threads.run(self._prune)
            audio.tell(audio.written, is_whole=True)
        except Fault as fault:
            audio.tell(0, fault=fault)
            logs.get().warning("audio.broke", reason=fault.reason, written=audio.written)
        except OSError as error:
            audio.tell(0, fault=StoreFull("The audio cannot be kept: there is no room for it."))
            logs.get().error("audio.unkept", exc_info=error)
        except Exception as error:
            audio.tell(0, fault=Internal("the audio could not be made"))
            logs.get().error("audio.broke", exc_info=error)
        finally:
            # First the file: whoever asks again once the key is free opens one of the same name.
            await asyncio.shield(self._threads.run(audio.part.unlink, missing_ok=True))
            self._growing.pop(audio.key, None)

    async def _fill(self, audio: Audio, request: RenderRequest) -> None:
        at = 0
        file = await self._threads.run(_open_part, audio.part)
        try:
            async with aclosing(self._services.render(request)) as parts:
                async for event in parts:
                    if event.WhichOneof("event") == "chunk":
                        await self._threads.run(_write, file, event.chunk)
                        at += len(event.chunk)
                        audio.tell(at)
        finally:
            await asyncio.shield(self._threads.run(file.close))

    async def _measure(self, fetch: Fetch, sha256: str) -> AudioHeader:
        header = self._headers.get(sha256)
        if header is None:
            midi = await fetch()
            header = await patiently(lambda: self._services.measure(midi), _PATIENCE_S)
            self._headers[sha256] = header
            if len(self._headers) > _HEADERS_KEPT:
                self._headers.popitem(last=False)
        return header

    def _prune(self) -> None:
        """Remove the audio longest unused until the rest is within the limit; the newest stays in any case."""
        found = [(path, path.stat()) for path in self._folder.iterdir() if path.suffix != ".part"]
        total = sum(stat.st_size for _, stat in found)
        for path, stat in sorted(found, key=lambda entry: entry[1].st_mtime)[:-1]:
            if total <= self._limit_bytes:
                return
            path.unlink(missing_ok=True)
            total -= stat.st_size


def _key(sha256: str, audio_format: str, header: AudioHeader) -> str:
    what = [sha256, audio_format, header.sample_rate_hz, header.channel_count, header.frame_count, header.soundfont]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:40]


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
