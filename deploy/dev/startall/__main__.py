"""Command line: ``python -m startall`` runs the product until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import fcntl
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servicekit.settings import read_settings

from startall.ports import HOST, PortInUse
from startall.services import service_specs
from startall.settings import StartSettings
from startall.supervisor import StartFailed, Supervisor


class AlreadyRunning(Exception):
    """Another supervisor holds the data folder."""


def print_line(line: str) -> None:
    """Print one line to the console at once."""
    print(f"segue: {line}", flush=True)


@contextmanager
def data_lock(data: Path) -> Iterator[None]:
    """Lock the data folder against a second supervisor.

    Raises
    ------
    AlreadyRunning
        If another supervisor holds the lock.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"the data folder {data} is in use by a running Segue; set SEGUE_DATA") from None
        yield


async def run(settings: StartSettings) -> None:
    """Run the product until a signal arrives or a process cannot be started."""
    specs = service_specs(settings)
    supervisor = Supervisor(specs, settings.data, print_line)
    serving = asyncio.create_task(_serve(supervisor, f"http://{HOST}:{specs[-1].port}"))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        print_line("stopping")
    finally:
        await supervisor.stop()
    print_line("stopped")


async def _serve(supervisor: Supervisor, address: str) -> None:
    print_line("starting the services, then the gateway")
    await supervisor.start()
    print_line(f"ready on {address}")
    await supervisor.failure()


def main() -> None:
    """Run the product; report in one line why it cannot be started."""
    settings = read_settings(StartSettings)
    try:
        with data_lock(settings.data):
            asyncio.run(run(settings))
    except (PortInUse, AlreadyRunning, StartFailed, PermissionError) as problem:
        sys.exit(f"segue: {problem}")


if __name__ == "__main__":
    main()
