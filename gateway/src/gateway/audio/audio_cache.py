"""Cache of rendered audio: each piece is rendered once, and can be read while the rendering still runs."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

from cachetools import TTLCache
from contract import roles
from segue.renderer.v1.renderer_pb2 import AudioHeader, MeasureResponse, RenderRequest
from servicekit import logs
from servicekit.faults import Conflict, Fault, Internal, StoreFull

from gateway.audio import peaks
from gateway.audio.peaks import Peaks
from gateway.audio.render_spec import RenderSpec, piece_prefix
from gateway.audio.rendered_audio import RenderedAudio
from gateway.clients.retry import retry_unavailable
from gateway.clients.service_clients import ServiceClients
from gateway.storage.executor import BlockingExecutor

FetchMidi = Callable[[], Awaitable[bytes]]
"""Reads the MIDI file of a piece, when it is needed."""

_N_THREADS = 8
_MAX_HEADERS = 4096
_HEADER_TTL_S = 15.0
"""Seconds for which an announced header is trusted: afterwards the renderer may have another SoundFont."""
_PATIENCE_S = 20.0
"""Seconds for which a listener waits for a renderer that is unavailable."""

_SAMPLE_BYTES = 2


class AudioCache:
    """Renders pieces on demand, and keeps the audio in a folder of bounded size.

    Parameters
    ----------
    services : ServiceClients
        Client of the renderer.
    folder : Path
        Folder of the audio files; those from before a restart are used again.
    limit_bytes : int
        Size of the folder; beyond it the least recently used audio is deleted.
    spare_bytes : int
        Free space to leave on the disk; audio is deleted for it too.
    """

    def __init__(self, services: ServiceClients, folder: Path, limit_bytes: int, spare_bytes: int) -> None:
        self._services = services
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._spare_bytes = spare_bytes
        self._executor = BlockingExecutor("audio", _N_THREADS)
        self._renderings: dict[str, RenderedAudio] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._measured: TTLCache[str, MeasureResponse] = TTLCache(_MAX_HEADERS, _HEADER_TTL_S)
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("*.part"):
            unfinished.unlink()

    async def close(self) -> None:
        """Stop all rendering."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._executor.close()

    async def delete(self, hashes: Iterable[str]) -> None:
        """Delete the audio of pieces by the hashes of their files; what is being rendered is left to the limit."""
        await self._executor.run(self._delete, {piece_prefix(sha256) for sha256 in hashes})

    async def get_or_render(self, fetch: FetchMidi, spec: RenderSpec) -> RenderedAudio:
        """Return the audio of a piece: cached, being rendered, or from a rendering that starts now.

        Parameters
        ----------
        fetch : callable
            Reads the piece's MIDI file.
        spec : RenderSpec
            How the piece is rendered.

        Raises
        ------
        Fault
            If the renderer is unavailable, overloaded or cannot read the piece, or if the disk is full.
        """
        header = (await self._measure(fetch, spec)).header
        audio = RenderedAudio(spec, header, self._folder, self._executor)
        if running := self._renderings.get(audio.key):
            return running
        if (n_bytes := await self._executor.run(_touch, audio.path)) is not None:
            audio.complete(n_bytes)
            return audio
        midi = await fetch()
        await self._executor.run(self._make_room, header.frame_count * header.channel_count * _SAMPLE_BYTES)
        # Another listener may have started it meanwhile.
        return self._renderings.get(audio.key) or self._start_render(audio, spec.render_request(midi))

    async def waveform(self, fetch: FetchMidi, spec: RenderSpec) -> tuple[float, Peaks]:
        """Return the duration in seconds and the waveform of a piece's audio; render it if it is not cached.

        Parameters and errors are those of `get_or_render`.
        """
        audio, waveform = await self._with_peaks(fetch, spec)
        if waveform is None:
            # Audio that was cached without its waveform is rendered once more.
            await self._executor.run(audio.path.unlink, missing_ok=True)
            audio, waveform = await self._with_peaks(fetch, spec)
        if waveform is None:
            raise Internal("the renderer sent no waveform")
        return audio.seconds, waveform

    async def stem_names(self, fetch: FetchMidi, spec: RenderSpec) -> list[str]:
        """Return the names of the stems in the channels after the mix: roles, and "other" for tracks without one.

        Parameters and errors are those of `get_or_render`.
        """
        measured = await self._measure(fetch, spec)
        names: list[str] = [roles.from_proto(stem.role) for stem in measured.stems]
        n_stems = measured.header.channel_count // 2 - 1
        return [*names, "other"][:n_stems]

    async def _with_peaks(self, fetch: FetchMidi, spec: RenderSpec) -> tuple[RenderedAudio, Peaks | None]:
        audio = await self.get_or_render(fetch, spec)
        await audio.wait_complete()
        return audio, await self._executor.run(peaks.read, audio.path)

    def _start_render(self, audio: RenderedAudio, request: RenderRequest) -> RenderedAudio:
        self._renderings[audio.key] = audio
        task = asyncio.ensure_future(self._render(audio, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return audio

    async def _render(self, audio: RenderedAudio, request: RenderRequest) -> None:
        """Render to a file. If the renderer dies it is called again: the same notes give the same samples."""
        try:
            waveform = await retry_unavailable(lambda: self._write_stream(audio, request), _PATIENCE_S)
            if audio.n_bytes not in {None, audio.written}:
                raise Internal(f"the renderer sent {audio.written} bytes after announcing {audio.n_bytes}")
            if waveform.count:
                await self._executor.run(peaks.write, audio.path, waveform)
            await self._executor.run(audio.part.replace, audio.path)
            await self._executor.run(self._prune)
            audio.complete(audio.written)
        except Fault as fault:
            audio.fail(fault)
            logs.get_logger().warning("audio.broke", reason=fault.reason, written=audio.written)
        except OSError as error:
            audio.fail(StoreFull("The audio cannot be stored: the disk is full."))
            logs.get_logger().error("audio.unkept", exc_info=error)
        except Exception as error:
            audio.fail(Internal("the audio could not be rendered"))
            logs.get_logger().error("audio.broke", exc_info=error)
        finally:
            # The file goes first: once the key is free, the next rendering opens a file of the same name.
            await asyncio.shield(self._executor.run(audio.part.unlink, missing_ok=True))
            self._renderings.pop(audio.key, None)

    async def _write_stream(self, audio: RenderedAudio, request: RenderRequest) -> Peaks:
        written, waveform = 0, Peaks()
        file = await self._executor.run(_open_part, audio.part)
        try:
            async with aclosing(self._services.render(request)) as events:
                async for event in events:
                    match event.WhichOneof("event"):
                        case "header":
                            self._check_header(audio, event.header)
                        case "chunk":
                            await self._executor.run(_write, file, event.chunk)
                            written += len(event.chunk)
                            audio.advance(written)
                        case "peaks":
                            waveform.add(event.peaks.minimums, event.peaks.maximums)
        finally:
            await asyncio.shield(self._executor.run(file.close))
        return waveform

    def _check_header(self, audio: RenderedAudio, header: AudioHeader) -> None:
        """Raise `Conflict` if the audio differs from what was announced: a restarted renderer may differ."""
        expected = audio.header
        if (header.soundfont, header.frame_count) != (expected.soundfont, expected.frame_count):
            self._measured.pop(audio.spec.measure_key, None)
            raise Conflict("The renderer has another SoundFont now. Send the request again.")

    async def _measure(self, fetch: FetchMidi, spec: RenderSpec) -> MeasureResponse:
        measured = self._measured.get(spec.measure_key)
        if measured is None:
            request = spec.measure_request(await fetch())
            measured = await retry_unavailable(lambda: self._services.measure(request), _PATIENCE_S)
            self._measured[spec.measure_key] = measured
        return measured

    def _entries(self) -> list[tuple[Path, os.stat_result]]:
        """Return the complete audio files, the least recently used first."""
        found = [(path, path.stat()) for path in self._folder.iterdir() if path.suffix not in {".part", ".peaks"}]
        return sorted(found, key=lambda entry: entry[1].st_mtime)

    def _prune(self) -> None:
        """Delete the least recently used audio until the rest is within the limit; the newest always stays."""
        entries = self._entries()
        total_bytes = sum(stat.st_size for _, stat in entries)
        for path, stat in entries[:-1]:
            if total_bytes <= self._limit_bytes:
                return
            peaks.delete(path)
            total_bytes -= stat.st_size

    def _delete(self, prefixes: set[str]) -> None:
        for path, _ in self._entries():
            if any(path.name.startswith(prefix) for prefix in prefixes):
                peaks.delete(path)

    def _make_room(self, n_bytes: int) -> None:
        """Delete the least recently used audio until there is room for more; `StoreFull` if that is not enough."""
        entries = self._entries()
        while shutil.disk_usage(self._folder).free - n_bytes < self._spare_bytes:
            if not entries:
                raise StoreFull("There is no room to render this piece. Delete some files, or try again later.")
            peaks.delete(entries.pop(0)[0])


def _touch(path: Path) -> int | None:
    """Mark a file as used now, and return its size; None if it does not exist."""
    try:
        os.utime(path)
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _open_part(path: Path) -> BinaryIO:
    """Open a file to write from its start, without truncating it: a listener may be reading it."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")


def _write(file: BinaryIO, chunk: bytes) -> None:
    file.write(chunk)
    file.flush()
