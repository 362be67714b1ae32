"""``python -m gateway``: serves HTTP until it is told to stop."""

from __future__ import annotations

import uvicorn
from servicekit import logs
from servicekit.settings import read

from gateway import app
from gateway.settings import Settings

_STOP_S = 5
"""Seconds that answers under way get when the gateway is told to stop: a listener's may take minutes."""


def main() -> None:
    """Read the settings and serve."""
    settings = read(Settings)
    logs.configure("gateway", settings.log_level)
    uvicorn.run(
        app.build(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_S,
    )


if __name__ == "__main__":
    main()
