"""Serves the scraper: ``python -m scraper``."""

from __future__ import annotations

from servicekit.server import run
from servicekit.settings import read

from scraper.servicer import serve
from scraper.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    run(serve(read(Settings)))


if __name__ == "__main__":
    main()
