"""``python -m transposer`` serves the transposer until told to stop."""

from __future__ import annotations

from servicekit.server import serve_forever

from transposer.servicer import serve
from transposer.settings import Settings


def main() -> None:
    """Read the settings and serve."""
    serve_forever(Settings, serve)


if __name__ == "__main__":
    main()
