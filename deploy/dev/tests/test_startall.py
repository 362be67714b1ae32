"""Start-all with small processes in place of the services: order, restarts, clean stops, one-line errors."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from startall import supervisor as supervisor_module
from startall.ports import PortInUse, choose_ports
from startall.services import ServiceSpec, service_specs
from startall.settings import StartSettings
from startall.supervisor import StartFailed, Supervisor, backoff_s

SERVES = "import pathlib, subprocess, sys, time; subprocess.Popen(['sleep', '600']); {} time.sleep(600)"
"""Python code of a process that creates its file when it "serves", and has a child of its own, as a service may."""


class Console:
    """Collects the lines of a console, and lets a test wait for one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._line_added = asyncio.Condition()

    def print_line(self, line: str) -> None:
        self.lines.append(line)
        self._notification = asyncio.ensure_future(self._notify())

    async def _notify(self) -> None:
        async with self._line_added:
            self._line_added.notify_all()

    async def wait_for_line(self, text: str, count: int = 1) -> None:
        async with self._line_added, asyncio.timeout(20):
            await self._line_added.wait_for(lambda: sum(text in line for line in self.lines) >= count)


def spec(folder: Path, name: str, script: str | None = None, after: tuple[str, ...] = ()) -> ServiceSpec:
    """Return a process that serves as soon as it has written its pid to the file of its name in ``folder``."""
    mark = folder / name

    async def is_serving() -> bool:
        return mark.exists()

    touch = f"import os; pathlib.Path({str(mark)!r}).write_text(str(os.getpid()));"
    code = SERVES.format(touch) if script is None else script
    return ServiceSpec(name, (sys.executable, "-c", code), 0, is_serving, {}, after)


@asynccontextmanager
async def supervised(specs: list[ServiceSpec], data: Path) -> AsyncIterator[tuple[Supervisor, Console]]:
    """Yield a supervisor, not yet started, and its console; stop it at the end."""
    console = Console()
    supervisor = Supervisor(specs, data, console.print_line)
    try:
        yield supervisor, console
    finally:
        await supervisor.stop()


def pid(data: Path, name: str) -> int:
    """Read the pid that the supervisor wrote."""
    return int((data / "run" / f"{name}.pid").read_text())


def group_members(pgid: int) -> list[int]:
    """Return the processes alive in a process group; a zombie is not alive."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            if group == str(pgid) and state != "Z":
                alive.append(int(stat.parent.name))
    return alive


async def test_processes_start_in_order_and_a_later_one_waits_for_those_before_it(tmp_path: Path) -> None:
    last = spec(tmp_path, "last", after=("first", "second"))
    specs = [spec(tmp_path, "first"), spec(tmp_path, "second"), last]
    async with supervised(specs, tmp_path) as (supervisor, console):
        await supervisor.start()
        served = [line.split()[0] for line in console.lines]
    assert set(served[:2]) == {"first", "second"}
    assert served[2] == "last"


async def test_a_killed_process_starts_again_with_another_pid(tmp_path: Path) -> None:
    async with supervised([spec(tmp_path, "one")], tmp_path) as (supervisor, console):
        await supervisor.start()
        before = pid(tmp_path, "one")
        os.kill(before, signal.SIGKILL)
        await console.wait_for_line("one serves", count=2)
        assert pid(tmp_path, "one") != before
    assert "one died (signal 9), starts again in 0.5 s" in console.lines


async def test_stopping_leaves_no_process_not_even_a_child_of_one(tmp_path: Path) -> None:
    async with supervised([spec(tmp_path, "one"), spec(tmp_path, "two")], tmp_path) as (supervisor, _):
        await supervisor.start()
        groups = [pid(tmp_path, name) for name in ("one", "two")]
        assert [len(group_members(group)) for group in groups] == [2, 2]
    # A child that was killed is gone a moment later.
    async with asyncio.timeout(10):
        while any(group_members(group) for group in groups):
            await asyncio.sleep(0.01)
    assert list((tmp_path / "run").iterdir()) == []


async def test_a_long_run_without_having_served_is_a_failure_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "STABLE_AFTER_S", 0.0)
    broken = spec(tmp_path, "broken", "import sys; sys.exit('out of memory')")
    async with supervised([broken], tmp_path) as (supervisor, _), asyncio.timeout(120):
        with pytest.raises(StartFailed, match=r"broken does not start \(exit 1\): out of memory"):
            await supervisor.start()


async def test_a_process_that_never_serves_ends_the_start_with_its_last_log_line(tmp_path: Path) -> None:
    broken = spec(tmp_path, "broken", "import sys; sys.exit('no weights in models/')")
    async with supervised([broken], tmp_path) as (supervisor, _):
        with pytest.raises(StartFailed, match=r"broken does not start \(exit 1\): no weights in models/ \(all of it: "):
            await supervisor.start()


def test_backoff_doubles_up_to_half_a_minute() -> None:
    assert [backoff_s(n_failures) for n_failures in (1, 2, 3, 4, 7, 50)] == [0.5, 1.0, 2.0, 4.0, 30.0, 30.0]


def test_a_port_in_use_is_one_line_that_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"^port {port} is in use by another program; set SEGUE_PORT to"):
            choose_ports(port, 0, 5)


def start_all(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``python -m startall``, which is expected to end by itself."""
    package = str(Path(__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "startall"],
        env={**os.environ, "SEGUE_PORT_BASE": "0", "PYTHONPATH": package, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_start_all_reports_in_one_line_that_the_port_is_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = start_all({"SEGUE_PORT": str(port), "SEGUE_DATA": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr == f"segue: port {port} is in use by another program; set SEGUE_PORT to choose another\n"


def test_start_all_reports_in_one_line_that_the_data_folder_is_in_use(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = start_all({"SEGUE_PORT": "0", "SEGUE_DATA": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr == f"segue: the data folder {tmp_path} is in use by a running Segue; set SEGUE_DATA\n"


def test_start_all_reports_in_one_line_what_is_wrong_with_a_setting(tmp_path: Path) -> None:
    done = start_all({"SEGUE_PORT": "eighty", "SEGUE_DATA": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr.startswith("settings: SEGUE_PORT: ")
    assert done.stderr.count("\n") == 1


def test_free_ports_are_all_different() -> None:
    ports = choose_ports(0, 0, 5)
    assert len({ports.gateway, *ports.services}) == 6


def test_every_process_gets_the_addresses_of_the_others(tmp_path: Path) -> None:
    specs = service_specs(StartSettings(port=0, port_base=0, data=tmp_path))
    services = ["vae", "gan", "transposer", "renderer", "scraper", "transcriber"]
    assert [each.name for each in specs] == [*services, "gateway"]
    vae, gateway = specs[0], specs[-1]
    assert vae.environment["VAE_PORT"] == str(vae.port)
    assert gateway.environment["SEGUE_VAE_TARGET"] == f"127.0.0.1:{vae.port}"
    assert gateway.environment["SEGUE_PORT"] == str(gateway.port)
    assert set(gateway.after) == {each.name for each in specs[:-1]}


@pytest.fixture
def supervisor_script(tmp_path: Path) -> Callable[[], subprocess.Popen[str]]:
    """Return a function that starts a supervisor of one small process in a process of its own."""
    tests = Path(__file__).parent
    code = (
        f"import asyncio, pathlib, sys; sys.path[:0] = [{str(tests)!r}, {str(tests.parent)!r}]\n"
        "import test_startall as t\n"
        "async def main():\n"
        f"    data = pathlib.Path({str(tmp_path)!r})\n"
        "    async with t.supervised([t.spec(data, 'one')], data) as (supervisor, _):\n"
        "        await supervisor.start(); print('ready', flush=True); await supervisor.failure()\n"
        "asyncio.run(main())"
    )
    return lambda: subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_process_dies_with_a_supervisor_that_was_killed(
    supervisor_script: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    with supervisor_script() as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "ready\n"
        group = pid(tmp_path, "one")
        process_fd = os.pidfd_open(group)
        supervisor.kill()
        assert _ended(process_fd, timeout_s=10)
    os.killpg(group, signal.SIGKILL)  # the kernel kills the process, not a child of its own


def _ended(pid_fd: int, timeout_s: float) -> bool:
    readable, _, _ = select.select([pid_fd], [], [], timeout_s)
    os.close(pid_fd)
    return bool(readable)
