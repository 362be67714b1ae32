"""One process of the product: started in a process group of its own, which is killed with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from startall.services import ServiceSpec
from startall.settings import inherited_environment

STOP_TIMEOUT_S = 10.0
"""Seconds between SIGTERM and SIGKILL."""

KILL_WITH_SUPERVISOR = ("setpriv", "--pdeathsig", "KILL", "--")
"""Command prefix: the kernel kills the process when the supervisor dies, even when that is killed itself."""

LOG_MAX_BYTES = 16 << 20
"""A log of earlier runs that is longer is renamed."""


class Process:
    """A started process; its pid stands in ``<data>/run/<name>.pid`` while it runs.

    Parameters
    ----------
    child : asyncio.subprocess.Process
        The leader of its process group.
    pid_file : Path
        Written here, removed when the process ends.
    """

    def __init__(self, child: asyncio.subprocess.Process, pid_file: Path) -> None:
        self.pid = child.pid
        self._child = child
        self._pid_file = pid_file
        pid_file.write_text(f"{child.pid}\n")

    @classmethod
    async def start(cls, spec: ServiceSpec, data: Path) -> Process:
        """Start a process with its output appended to ``<data>/logs/<name>.log``."""
        with log_path(spec, data).open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *KILL_WITH_SUPERVISOR,
                *spec.command,
                env={**inherited_environment(os.environ), **spec.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops the processes in order
            )
        return cls(child, data / "run" / f"{spec.name}.pid")

    async def wait(self) -> str:
        """Wait for the end of the process and return how it ended: "exit 1" or "signal 9"."""
        code = await self._child.wait()
        self._signal(signal.SIGKILL)  # children that it may have started
        self._pid_file.unlink(missing_ok=True)
        return f"exit {code}" if code >= 0 else f"signal {-code}"

    async def stop(self) -> None:
        """Terminate the process, and kill it after `STOP_TIMEOUT_S`."""
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._child.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            self._signal(signal.SIGKILL)
        await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def log_path(spec: ServiceSpec, data: Path) -> Path:
    """Return the path of a process's log; a log over `LOG_MAX_BYTES` is renamed first."""
    path = data / "logs" / f"{spec.name}.log"
    if path.exists() and path.stat().st_size > LOG_MAX_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path
