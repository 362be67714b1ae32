"""One running process of the product: started in a group of its own, and never left behind."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from startall.table import Part

STOP_TIMEOUT_S = 10.0

# The kernel kills the process when start-all dies, however it dies: no service outlives a `kill -9` of its keeper.
DIES_WITH_KEEPER = ("setpriv", "--pdeathsig", "KILL", "--")

LOG_MAX_BYTES = 16 << 20


class Process:
    """A started part; its pid stands in `<data>/run/<name>.pid` while it lives."""

    def __init__(self, child: asyncio.subprocess.Process, pid_file: Path) -> None:
        self.pid = child.pid
        self._child = child
        self._pid_file = pid_file
        pid_file.write_text(f"{child.pid}\n")

    @classmethod
    async def start(cls, part: Part, data: Path) -> "Process":
        """Start a part with its output appended to `<data>/logs/<name>.log`."""
        with log_path(part, data).open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *DIES_WITH_KEEPER,
                *part.command,
                env=_environment(part),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the keeper only, which stops things in order
            )
        return cls(child, data / "run" / f"{part.name}.pid")

    async def ended(self) -> str:
        """Wait for the end and say how it came: "exit 1" or "signal 9"."""
        code = await self._child.wait()
        self._signal(signal.SIGKILL)  # what it may have started itself
        self._pid_file.unlink(missing_ok=True)
        return f"exit {code}" if code >= 0 else f"signal {-code}"

    async def stop(self) -> None:
        """Ask the process to end, and end it if it does not."""
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._child.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            self._signal(signal.SIGKILL)
        await self.ended()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def _environment(part: Part) -> dict[str, str]:
    # Start-all's own setting; a process refuses those of its prefix that it does not know.
    inherited = {name: value for name, value in os.environ.items() if name != "SEGUE_PORT_BASE"}
    return {**inherited, **part.environment}


def log_path(part: Part, data: Path) -> Path:
    """Where a part's output goes; a long log of earlier runs is set aside."""
    path = data / "logs" / f"{part.name}.log"
    if path.exists() and path.stat().st_size > LOG_MAX_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path
