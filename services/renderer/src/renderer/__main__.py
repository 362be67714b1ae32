"""Command line: ``python -m renderer`` serves the renderer until SIGTERM or SIGINT."""

from __future__ import annotations

from servicekit.server import serve_forever

from renderer.servicer import serve
from renderer.settings import Settings


def main() -> None:
    """Read the settings and serve."""
    serve_forever(Settings, serve)


if __name__ == "__main__":
    main()
