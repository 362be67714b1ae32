"""Start the service: `python -m vae`."""

from __future__ import annotations

from servicekit.server import serve_forever

from vae.rpc.servicer import serve
from vae.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    serve_forever(Settings, serve)


if __name__ == "__main__":
    main()
