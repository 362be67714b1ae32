"""The real product, started from another program: on free ports, with a data folder of its own."""

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


class NotStarted(Exception):
    """The product ended or fell silent before it was ready; the message is what it said."""


class Product:
    """A running product.

    Attributes
    ----------
    url : str
        The gateway's address, without a slash at its end.
    data : Path
        Its data folder: `logs/<name>.log`, `run/<name>.pid`.
    """

    url: str

    def __init__(self, keeper: "subprocess.Popen[str]", data: Path) -> None:
        self.data = data
        self.keeper = keeper
        self._lines: list[str] = []
        self._heard = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def pid(self, name: str) -> int:
        """The process id of a service or of the gateway, as it runs now."""
        return int((self.data / "run" / f"{name}.pid").read_text())

    def position(self) -> int:
        """How many lines the console has shown: where a later `hear` may begin."""
        return len(self._lines)

    def hear(self, text: str, since: int = 0, timeout_s: float = START_TIMEOUT_S) -> str:
        """Wait for a line of the console that contains `text`, and return it.

        Raises
        ------
        NotStarted
            If the product ends first, or says nothing of the kind in time.
        """
        with self._heard:
            self._heard.wait_for(lambda: self._find(text, since) or self._ended(), timeout_s)
            line = self._find(text, since)
        if line is None:
            raise NotStarted(f"no line with {text!r}: " + " | ".join(self._lines[-8:]))
        return line

    def stop(self) -> None:
        """End the product and wait until nothing of it is left."""
        self.keeper.terminate()
        self.keeper.wait(STOP_TIMEOUT_S)
        self._listener.join()

    def _find(self, text: str, since: int) -> str | None:
        return next((line for line in self._lines[since:] if text in line), None)

    def _ended(self) -> bool:
        return self._lines[-1:] == [""]

    def _listen(self) -> None:
        assert self.keeper.stdout is not None
        with self.keeper.stdout:
            for line in self.keeper.stdout:
                self._add(line.rstrip("\n") or " ")
        self._add("")

    def _add(self, line: str) -> None:
        with self._heard:
            self._lines.append(line)
            self._heard.notify_all()


@contextmanager
def running(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[Product]:
    """Start the product, wait until it is ready, and stop it at the end.

    Parameters
    ----------
    data : Path
        Its data folder; one used before is taken up again.
    environment : mapping of str to str, optional
        Settings beside or instead of the inherited ones.

    Raises
    ------
    NotStarted
        If it does not become ready.
    """
    keeper = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "startall"],
        cwd=ROOT,
        env={**os.environ, **_own(data), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    product = Product(keeper, data)
    try:
        product.url = product.hear(READY).removeprefix(READY)
        yield product
    finally:
        product.stop()


def _own(data: Path) -> dict[str, str]:
    package = str(Path(__file__).resolve().parents[1])
    return {"SEGUE_DATA": str(data), "SEGUE_PORT": "0", "SEGUE_PORT_BASE": "0", "PYTHONPATH": package}
