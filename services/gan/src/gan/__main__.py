"""Entry point: ``python -m gan`` starts the service."""

from __future__ import annotations

from servicekit.server import serve_forever

from gan.rpc.servicer import serve
from gan.settings import Settings


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    serve_forever(Settings, serve)


if __name__ == "__main__":
    main()
