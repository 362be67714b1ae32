"""Keeps the product's processes alive: starts them in order, restarts what dies, stops all of it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from startall.process import Process, log_path
from startall.table import Part

POLL_S = 0.1
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
# A process that served this long before it died is restarted at once again.
STEADY_S = 60.0
# One that never served is broken rather than unlucky after this many tries.
FIRST_TRIES = 3

Say = Callable[[str], None]


class StartFailed(Exception):
    """A part ended again and again without ever serving."""


def backoff_s(deaths: int) -> float:
    """Seconds to wait before a restart, after this many deaths in a row: 0.5, 1, 2, ... 30."""
    return min(FIRST_BACKOFF_S * 2.0 ** (deaths - 1), LONGEST_BACKOFF_S)


class Supervisor:
    """Runs parts until `stop`.

    Parameters
    ----------
    parts : sequence of Part
        `after` of each names others among them.
    data : Path
        Holds `logs/` and `run/`.
    say : callable
        Takes one line for the console.
    """

    def __init__(self, parts: Sequence[Part], data: Path, say: Say) -> None:
        self._parts = parts
        self._data = data
        self._say = say
        self._served = {part.name: asyncio.Event() for part in parts}
        self._processes: dict[str, Process] = {}
        self._tasks: list[asyncio.Task[None]] = []
        for folder in ("logs", "run"):
            (data / folder).mkdir(parents=True, exist_ok=True)

    async def start(self) -> None:
        """Start every part and return when all have served.

        Raises
        ------
        StartFailed
            If a part ends `FIRST_TRIES` times without having served; the message ends with its last words.
        """
        self._tasks = [asyncio.create_task(self._keep(part), name=part.name) for part in self._parts]
        served = asyncio.create_task(self._all_served())
        await asyncio.wait([served, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        if not served.done():
            served.cancel()
            await self.failure()

    async def _all_served(self) -> None:
        for event in self._served.values():
            await event.wait()

    async def failure(self) -> None:
        """Wait until a keeper gives up, and raise what it raised."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Stop the parts in the reverse order of their start; nothing of them is left when this returns."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        leaders = [part.name for part in self._parts if part.after]
        for names in (leaders, [part.name for part in self._parts if not part.after]):
            await asyncio.gather(*(self._processes[name].stop() for name in names if name in self._processes))

    async def _keep(self, part: Part) -> None:
        for name in part.after:
            await self._served[name].wait()
        deaths = 0
        while True:
            started_s = time.monotonic()
            ending = await self._live(part, started_s)
            deaths = 1 if time.monotonic() - started_s > STEADY_S else deaths + 1
            if deaths >= FIRST_TRIES and not self._served[part.name].is_set():
                raise StartFailed(f"{part.name} does not start ({ending}): {self._last_words(part)}")
            self._say(f"{part.name} died ({ending}), starts again in {backoff_s(deaths):g} s")
            await asyncio.sleep(backoff_s(deaths))

    async def _live(self, part: Part, started_s: float) -> str:
        process = self._processes[part.name] = await Process.start(part, self._data)
        ended = asyncio.create_task(process.ended())
        watch = asyncio.create_task(self._announce(part, process.pid, started_s))
        try:
            return await asyncio.shield(ended)
        finally:
            watch.cancel()

    async def _announce(self, part: Part, pid: int, started_s: float) -> None:
        while not await part.is_serving():
            await asyncio.sleep(POLL_S)
        self._say(f"{part.name} serves after {time.monotonic() - started_s:.1f} s (port {part.port}, pid {pid})")
        self._served[part.name].set()

    def _last_words(self, part: Part) -> str:
        log = log_path(part, self._data)
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return f"{lines[-1] if lines else 'it said nothing'} (all of it: {log})"
