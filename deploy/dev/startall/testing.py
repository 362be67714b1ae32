"""Runs the real product from another program, on free ports and with a data folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

READY = "segue: ready on "
START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 40.0

ROOT = Path(__file__).resolve().parents[3]


class ProductNotReady(Exception):
    """The product ended, or printed no expected line in time; the message holds its last lines."""


class RunningProduct:
    """A running product.

    Parameters
    ----------
    supervisor : subprocess.Popen
        The process of ``python -m startall``, its console in a pipe.
    data : Path
        Its data folder.

    Attributes
    ----------
    url : str
        The gateway's address, without a trailing slash.
    data : Path
        Its data folder: ``logs/<name>.log``, ``run/<name>.pid``.
    """

    url: str

    def __init__(self, supervisor: subprocess.Popen[str], data: Path) -> None:
        self.data = data
        self.supervisor = supervisor
        self._lines: list[str] = []
        self._line_added = threading.Condition()
        self._reader = threading.Thread(target=self._read_console, daemon=True)
        self._reader.start()

    def pid(self, name: str) -> int:
        """Return the current process id of a service or of the gateway."""
        return int((self.data / "run" / f"{name}.pid").read_text())

    def target(self, name: str) -> str:
        """Return the address on which a service listens, as its log has it."""
        lines = (self.data / "logs" / f"{name}.log").read_text().splitlines()
        started = next(line for line in reversed(lines) if '"server.started"' in line)
        return str(json.loads(started)["target"])

    def n_lines(self) -> int:
        """Return the number of console lines so far: where a later `wait_for_line` may begin."""
        return len(self._lines)

    def wait_for_line(self, text: str, since: int = 0, timeout_s: float = START_TIMEOUT_S) -> str:
        """Wait for a console line that contains a text, and return the line.

        Parameters
        ----------
        text : str
            What the line contains.
        since : int
            Number of lines, from the first one, that are not searched.
        timeout_s : float
            Seconds to wait.

        Raises
        ------
        ProductNotReady
            If the product ends first, or prints no such line in time.
        """
        with self._line_added:
            self._line_added.wait_for(lambda: self._find(text, since) or self._has_ended(), timeout_s)
            line = self._find(text, since)
        if line is None:
            raise ProductNotReady(f"no line with {text!r}: " + " | ".join(self._lines[-8:]))
        return line

    def stop(self) -> None:
        """Stop the product and wait until all of its processes have ended."""
        self.supervisor.terminate()
        self.supervisor.wait(STOP_TIMEOUT_S)
        self._reader.join()

    def _find(self, text: str, since: int) -> str | None:
        return next((line for line in self._lines[since:] if text in line), None)

    def _has_ended(self) -> bool:
        return self._lines[-1:] == [""]

    def _read_console(self) -> None:
        assert self.supervisor.stdout is not None
        with self.supervisor.stdout:
            for line in self.supervisor.stdout:
                self._add_line(line.rstrip("\n") or " ")
        self._add_line("")  # the end of the console

    def _add_line(self, line: str) -> None:
        with self._line_added:
            self._lines.append(line)
            self._line_added.notify_all()


@contextmanager
def run_product(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[RunningProduct]:
    """Start the product, wait until it is ready, and stop it at the end.

    Parameters
    ----------
    data : Path
        Its data folder; the data of an earlier run is used again.
    environment : mapping of str to str, optional
        Settings besides, or in place of, the inherited ones.

    Raises
    ------
    ProductNotReady
        If it does not become ready.
    """
    supervisor = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "startall"],
        cwd=ROOT,
        env={**os.environ, **_default_environment(data), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    product = RunningProduct(supervisor, data)
    try:
        product.url = product.wait_for_line(READY).removeprefix(READY)
        yield product
    finally:
        product.stop()


def _default_environment(data: Path) -> dict[str, str]:
    package = str(Path(__file__).resolve().parents[1])
    return {"SEGUE_DATA": str(data), "SEGUE_PORT": "0", "SEGUE_PORT_BASE": "0", "PYTHONPATH": package}
