"""A gateway by which people log in in every way: with a provider of OpenID Connect, and a name that passkeys accept.

Its only service is the transposer: uploads need it, and accounts need nothing else.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from contracts.service_process import ServiceProcess

ROOT = Path(__file__).parents[3]
HOST = "localhost"
"""Passkeys need a name; browsers trust this one without https."""
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0


@contextmanager
def gateway_with_provider(data: Path) -> Iterator[str]:
    """Run a gateway and a provider of OpenID Connect, and yield the gateway's address.

    Parameters
    ----------
    data : Path
        The gateway's data folder.
    """
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://{HOST}:{port}"
    with ExitStack() as stack:
        transposer = ServiceProcess("transposer")
        stack.callback(transposer.stop)
        transposer.wait_until_serving()
        issuer = stack.enter_context(_provider(f"{url}/sessions/openid/example/callback"))
        example = {"name": "example", "label": "Example", "issuer": issuer, "client_id": "segue"}
        settings = {
            "SEGUE_PORT": str(port),
            "SEGUE_DATA": str(data),
            "SEGUE_OPENID": json.dumps([example | {"client_secret": "a-secret-of-both"}]),
            "SEGUE_STORE_SPARE_BYTES": "0",
            "SEGUE_TRANSPOSER_TARGET": transposer.target,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}
        gateway = subprocess.Popen(
            [sys.executable, "-m", "gateway"], cwd=ROOT, env=inherited | settings, stderr=subprocess.DEVNULL
        )
        stack.callback(_stop, gateway)
        _wait_until_live(url, gateway)
        yield url


@contextmanager
def _provider(redirect_uri: str) -> Iterator[str]:
    """Run the provider, and yield its address."""
    provider = subprocess.Popen(
        ["node", "dev/openid-provider.js", redirect_uri],
        cwd=ROOT / "web",
        env=os.environ | {"PATH": f"{os.environ['PATH']}:{ROOT / '.tools/bin'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert provider.stdout is not None
        ready, _, _ = select.select([provider.stdout], [], [], START_TIMEOUT_S)
        assert ready, "the provider did not start"
        yield provider.stdout.readline().strip()
    finally:
        _stop(provider)
        if provider.stdout is not None:
            provider.stdout.close()


def _wait_until_live(url: str, gateway: subprocess.Popen[bytes]) -> None:
    ends_at_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < ends_at_s:
        assert gateway.poll() is None, "the gateway ended"
        try:
            if httpx.get(f"{url}/health/live").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"no gateway at {url}")


def _stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(STOP_TIMEOUT_S)
