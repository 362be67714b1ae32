"""The supervisor: starts processes in order, restarts those that end, and stops all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from startall.process import Process, log_path
from startall.services import ServiceSpec

POLL_S = 0.1
"""Seconds between two health checks of a process that does not serve yet."""
FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 30.0
STABLE_AFTER_S = 60.0
"""After a process that has served ran this long, its earlier failures are forgotten."""
MAX_START_ATTEMPTS = 3
"""A process that ends this often without having served is considered broken."""

PrintLine = Callable[[str], None]


class StartFailed(Exception):
    """A process ended repeatedly without having served."""


def backoff_s(n_failures: int) -> float:
    """Return the seconds to wait before a restart after consecutive failures: 0.5, 1, 2, ... 30."""
    return min(FIRST_BACKOFF_S * 2.0 ** (n_failures - 1), MAX_BACKOFF_S)


class Supervisor:
    """Runs processes until `stop`.

    Parameters
    ----------
    specs : sequence of ServiceSpec
        The processes; ``after`` of each one names others among them.
    data : Path
        Data folder; holds ``logs/`` and ``run/``.
    print_line : callable
        Takes one line for the console.
    """

    def __init__(self, specs: Sequence[ServiceSpec], data: Path, print_line: PrintLine) -> None:
        self._specs = specs
        self._data = data
        self._print_line = print_line
        self._has_served = {spec.name: asyncio.Event() for spec in specs}
        self._processes: dict[str, Process] = {}
        self._tasks: list[asyncio.Task[None]] = []
        for folder in ("logs", "run"):
            (data / folder).mkdir(parents=True, exist_ok=True)

    async def start(self) -> None:
        """Start every process and return when all of them have served.

        Raises
        ------
        StartFailed
            If a process ends `MAX_START_ATTEMPTS` times without having served; the message ends with the last line
            of its log.
        """
        self._tasks = [asyncio.create_task(self._supervise(spec), name=spec.name) for spec in self._specs]
        served = asyncio.create_task(self._wait_until_served())
        await asyncio.wait([served, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        if not served.done():
            served.cancel()
            await self.failure()

    async def _wait_until_served(self) -> None:
        for event in self._has_served.values():
            await event.wait()

    async def failure(self) -> None:
        """Wait until a process can no longer be kept running, and raise why."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Stop the processes in the reverse order of their start, with every child that they started."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        dependent = [spec.name for spec in self._specs if spec.after]
        for names in (dependent, [spec.name for spec in self._specs if not spec.after]):
            await asyncio.gather(*(self._processes[name].stop() for name in names if name in self._processes))

    async def _supervise(self, spec: ServiceSpec) -> None:
        for name in spec.after:
            await self._has_served[name].wait()
        n_failures = 0
        while True:
            started_s = time.monotonic()
            ending = await self._run_once(spec, started_s)
            has_served = self._has_served[spec.name].is_set()
            is_stable = has_served and time.monotonic() - started_s > STABLE_AFTER_S
            n_failures = 1 if is_stable else n_failures + 1
            if n_failures >= MAX_START_ATTEMPTS and not has_served:
                raise StartFailed(f"{spec.name} does not start ({ending}): {self._last_log_line(spec)}")
            self._print_line(f"{spec.name} died ({ending}), starts again in {backoff_s(n_failures):g} s")
            await asyncio.sleep(backoff_s(n_failures))

    async def _run_once(self, spec: ServiceSpec, started_s: float) -> str:
        """Start a process, wait for its end, and return how it ended."""
        process = self._processes[spec.name] = await Process.start(spec, self._data)
        ended = asyncio.create_task(process.wait())
        announcement = asyncio.create_task(self._announce_serving(spec, process.pid, started_s))
        try:
            return await asyncio.shield(ended)
        finally:
            announcement.cancel()

    async def _announce_serving(self, spec: ServiceSpec, pid: int, started_s: float) -> None:
        while not await spec.is_serving():
            await asyncio.sleep(POLL_S)
        took_s = time.monotonic() - started_s
        self._print_line(f"{spec.name} serves after {took_s:.1f} s (port {spec.port}, pid {pid})")
        self._has_served[spec.name].set()

    def _last_log_line(self, spec: ServiceSpec) -> str:
        log = log_path(spec, self._data)
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return f"{lines[-1] if lines else 'its log is empty'} (all of it: {log})"
