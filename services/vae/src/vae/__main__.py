"""Start the service: `python -m vae`."""

from __future__ import annotations

from servicekit.server import run
from servicekit.settings import read

from vae.rpc.servicer import serve
from vae.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    run(serve(read(Settings)))


if __name__ == "__main__":
    main()
