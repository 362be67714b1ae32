"""The processes of the product: command, port, environment, and which processes must serve first."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from startall import health
from startall.ports import HOST, choose_ports
from startall.settings import StartSettings

SERVICES = ("vae", "gan", "transposer", "renderer", "scraper", "transcriber")
"""The services in the order of their ports. The gateway needs all of them, so it starts when all of them serve."""


@dataclass(frozen=True)
class ServiceSpec:
    """How one process of the product is run.

    Attributes
    ----------
    name : str
        Name in messages, of the log and of the pid file.
    command : tuple of str
        The program and its arguments.
    port : int
        Where it listens.
    is_serving : callable
        Coroutine function; returns whether the process can be called.
    environment : mapping of str to str
        Variables besides, or in place of, the inherited ones.
    after : tuple of str
        Names of the processes that must have served before this one starts.
    """

    name: str
    command: tuple[str, ...]
    port: int
    is_serving: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()


def service_specs(settings: StartSettings) -> list[ServiceSpec]:
    """Return the product's processes: the services in the order of their ports, then the gateway.

    Parameters
    ----------
    settings : StartSettings
        Ports of 0 are replaced by free ones.

    Raises
    ------
    PortInUse
        If another program listens on one of the ports.
    """
    ports = choose_ports(settings.port, settings.port_base, len(SERVICES))
    targets = dict(zip(SERVICES, ports.services, strict=True))
    shared = {
        "SEGUE_DATA": str(settings.data.resolve()),
        "SEGUE_MODELS": str(settings.models.resolve()),
        **{f"SEGUE_{name.upper()}_TARGET": f"{HOST}:{port}" for name, port in targets.items()},
    }
    return [
        *(_service_spec(name, port, shared) for name, port in targets.items()),
        _gateway_spec(ports.gateway, shared),
    ]


def _service_spec(name: str, port: int, shared: Mapping[str, str]) -> ServiceSpec:
    return ServiceSpec(
        name=name,
        command=(sys.executable, "-m", name),
        port=port,
        is_serving=lambda: health.is_grpc_serving(f"{HOST}:{port}"),
        environment={**shared, f"{name.upper()}_PORT": str(port)},
    )


def _gateway_spec(port: int, shared: Mapping[str, str]) -> ServiceSpec:
    return ServiceSpec(
        name="gateway",
        command=(sys.executable, "-m", "gateway"),
        port=port,
        is_serving=lambda: health.is_http_ok(HOST, port, "/health/ready"),
        environment={**shared, "SEGUE_PORT": str(port)},
        after=SERVICES,
    )
