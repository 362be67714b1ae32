"""What start-all starts: every process, its port, its environment, and what must serve before it."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from startall import health, ports
from startall.settings import StartSettings

HOST = "127.0.0.1"

# In the order of their ports. The gateway answers for all of them, so it comes when all of them serve.
SERVICES = ("vae", "gan", "transposer", "renderer", "scraper", "transcriber")


@dataclass(frozen=True)
class Part:
    """One process of the product."""

    name: str
    command: tuple[str, ...]
    port: int
    is_serving: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()


def parts(settings: StartSettings) -> list[Part]:
    """Lay out the product's processes.

    Parameters
    ----------
    settings : StartSettings
        Ports of 0 are replaced by free ones.

    Returns
    -------
    list of Part
        The services in the order of their ports, then the gateway.

    Raises
    ------
    PortInUse
        If another program listens on one of the ports.
    """
    chosen = ports.choose(settings.port, settings.port_base, len(SERVICES))
    targets = dict(zip(SERVICES, chosen.services, strict=True))
    shared = {
        "SEGUE_DATA": str(settings.data.resolve()),
        "SEGUE_MODELS": str(settings.models.resolve()),
        **{f"SEGUE_{name.upper()}_TARGET": f"{HOST}:{port}" for name, port in targets.items()},
    }
    return [*(_service(name, port, shared) for name, port in targets.items()), _gateway(chosen.gateway, shared)]


def _service(name: str, port: int, shared: Mapping[str, str]) -> Part:
    return Part(
        name=name,
        command=(sys.executable, "-m", name),
        port=port,
        is_serving=lambda: health.grpc_serving(f"{HOST}:{port}"),
        environment={**shared, f"{name.upper()}_PORT": str(port)},
    )


def _gateway(port: int, shared: Mapping[str, str]) -> Part:
    return Part(
        name="gateway",
        command=(sys.executable, "-m", "gateway"),
        port=port,
        is_serving=lambda: health.http_answers(HOST, port, "/health/ready"),
        environment={**shared, "SEGUE_PORT": str(port)},
        after=SERVICES,
    )
