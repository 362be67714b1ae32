"""Command line: ``python -m scraper`` serves the scraper until SIGTERM or SIGINT."""

from __future__ import annotations

from servicekit.server import serve_forever

from scraper.servicer import serve
from scraper.settings import Settings


def main() -> None:
    """Read the settings and serve."""
    serve_forever(Settings, serve)


if __name__ == "__main__":
    main()
