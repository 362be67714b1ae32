"""Starts the generator: ``python -m gan``."""

from __future__ import annotations

from servicekit.server import run
from servicekit.settings import read

from gan.rpc.servicer import serve
from gan.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    run(serve(read(Settings)))


if __name__ == "__main__":
    main()
