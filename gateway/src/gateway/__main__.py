"""``python -m gateway``: serves HTTP until it is stopped."""

from __future__ import annotations

import contextlib
import tempfile

import uvicorn
from servicekit import logs
from servicekit.settings import read_settings

from gateway import app
from gateway.settings import Settings


def main() -> None:
    """Read the settings, configure the process, and serve."""
    settings = read_settings(Settings)
    logs.configure("gateway", settings.log_level)
    # Uploads are spooled to unnamed files: on the data folder's disk, because /tmp is memory on many machines.
    tempfile.tempdir = str(settings.data)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config(settings)).run()


def config(settings: Settings) -> uvicorn.Config:
    """Return the configuration of the HTTP server."""
    return uvicorn.Config(
        app.build(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        # By itself, the server would believe any program on this machine.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.grace_s,
    )


if __name__ == "__main__":
    main()
