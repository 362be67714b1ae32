"""``python -m vae``: run the service until SIGTERM or SIGINT."""

from __future__ import annotations

from servicekit.server import serve_forever

from vae.rpc.servicer import serve
from vae.settings import Settings

if __name__ == "__main__":
    serve_forever(Settings, serve)
