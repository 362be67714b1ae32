"""Worker pool: processes that read what was fetched; one that takes too long, or dies, is replaced."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from scraper.analysis.worker import LENGTH, LENGTHS
from scraper.content.licences import Evidence
from scraper.content.links import Link, Page

PAGE_TIMEOUT_S = 20.0
FILES_TIMEOUT_S = 30.0


class WorkFailed(Exception):
    """A worker took too long or died, of what it was given."""


class StoreFailed(OSError):
    """A worker could not read or write the collection's folder."""


class WorkerPool:
    """Worker processes, started when they are first needed.

    Parameters
    ----------
    n_workers : int
        Maximum number of processes.
    """

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._free = asyncio.Semaphore(n_workers)
        self._idle: list[asyncio.subprocess.Process] = []
        self._all: set[asyncio.subprocess.Process] = set()

    async def page(self, body: bytes, url: str, content_type: str) -> Page:
        """Parse a page, as `scraper.content.links.parse_page`.

        Parameters
        ----------
        body : bytes
            The page.
        url : str
            Where it was read.
        content_type : str
            The header.

        Raises
        ------
        WorkFailed
            If it takes too long.
        """
        header = {"op": "page", "url": url, "content_type": content_type}
        found = await self._work(header, body, PAGE_TIMEOUT_S)
        links = tuple(Link(**link) for link in found["links"])
        evidence = tuple(Evidence(**each) for each in found["evidence"])
        return Page(links, found["title"], evidence, found["usage"], found["n_nofollow"])

    async def files(
        self, paths: list[Path], folder: Path, timeout_s: float = FILES_TIMEOUT_S
    ) -> list[list[dict[str, Any]]]:
        """Analyze stored bodies, as `scraper.analysis.bodies.analyze_body`.

        Parameters
        ----------
        paths : list of Path
            The bodies.
        folder : Path
            Of the collection.
        timeout_s : float
            Seconds for all of them.

        Raises
        ------
        WorkFailed
            If it takes too long, or ends the worker.
        StoreFailed
            If the folder cannot be read or written.
        """
        header = {"op": "files", "folder": str(folder), "paths": [str(path) for path in paths]}
        found: list[list[dict[str, Any]]] = await self._work(header, b"", timeout_s)
        return found

    async def _work(self, header: dict[str, Any], body: bytes, timeout_s: float) -> Any:
        async with self._free:
            process = self._idle.pop() if self._idle else await self._start()
            try:
                async with asyncio.timeout(timeout_s):
                    answer = await _exchange(process, json.dumps(header).encode(), body)
            except BaseException as error:
                await self._end(process)
                if isinstance(error, TimeoutError | asyncio.IncompleteReadError | OSError):
                    raise WorkFailed("it takes too long to read") from error
                raise
            self._idle.append(process)
            if "store_failed" in answer:
                raise StoreFailed(answer["store_failed"])
            return answer["found"]

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "scraper.analysis.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**20,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        self._all.add(process)
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._all.discard(process)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def close(self) -> None:
        """End every process."""
        self._idle.clear()
        for process in tuple(self._all):
            await self._end(process)


async def _exchange(process: asyncio.subprocess.Process, header: bytes, body: bytes) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(LENGTHS.pack(len(header), len(body)) + header + body)
    await process.stdin.drain()
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    return json.loads(await process.stdout.readexactly(length))
