"""``python -m renderer`` serves the renderer until told to stop."""

from __future__ import annotations

from servicekit.server import serve_forever

from renderer.servicer import serve
from renderer.settings import Settings


def main() -> None:
    """Read the settings and serve."""
    serve_forever(Settings, serve)


if __name__ == "__main__":
    main()
