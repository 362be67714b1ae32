"""Start the product: `python -m startall`, until Ctrl-C or SIGTERM."""

import asyncio
import fcntl
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servicekit.settings import read

from startall import table
from startall.ports import PortInUse
from startall.settings import StartSettings
from startall.supervisor import StartFailed, Supervisor


class AlreadyRunning(Exception):
    """Another start-all holds the data folder."""


def say(line: str) -> None:
    """Print one line to the console at once."""
    print(f"segue: {line}", flush=True)


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Hold the data folder against a second start-all.

    Raises
    ------
    AlreadyRunning
        If another one holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"the data folder {data} is in use by a running Segue; set SEGUE_DATA") from None
        yield


async def run(settings: StartSettings) -> None:
    """Serve until a signal comes or a part cannot be started."""
    parts = table.parts(settings)
    supervisor = Supervisor(parts, settings.data, say)
    serving = asyncio.create_task(_serve(supervisor, f"http://{table.HOST}:{parts[-1].port}"))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        say("stopping")
    finally:
        await supervisor.stop()
    say("stopped")


async def _serve(supervisor: Supervisor, address: str) -> None:
    say("starting the services, then the gateway")
    await supervisor.start()
    say(f"ready on {address}")
    await supervisor.failure()


def main() -> None:
    """Run, and say in one line what stands in the way."""
    settings = read(StartSettings)
    try:
        with held(settings.data):
            asyncio.run(run(settings))
    except (PortInUse, AlreadyRunning, StartFailed, PermissionError) as problem:
        sys.exit(f"segue: {problem}")


if __name__ == "__main__":
    main()
