"""Command line: ``python -m renderer`` serves the renderer until SIGTERM or SIGINT."""

from __future__ import annotations

from servicekit.server import serve_forever

from renderer.servicer import serve
from renderer.settings import Settings

if __name__ == "__main__":
    serve_forever(Settings, serve)
