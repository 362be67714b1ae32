"""Serves the scraper: ``python -m scraper``."""

from __future__ import annotations

from servicekit.server import serve_forever

from scraper.servicer import serve
from scraper.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    serve_forever(Settings, serve)


if __name__ == "__main__":
    main()
