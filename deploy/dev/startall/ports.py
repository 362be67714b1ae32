"""The ports that the product listens on: given or free, each checked to be unused."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass

HOST = "127.0.0.1"


class PortInUse(Exception):
    """Another program listens on a port that was given.

    Parameters
    ----------
    port : int
        The port.
    setting : str
        The environment variable that chooses it.
    """

    def __init__(self, port: int, setting: str) -> None:
        super().__init__(f"port {port} is in use by another program; set {setting} to choose another")


@dataclass(frozen=True)
class Ports:
    """The gateway's port, and one port for each service."""

    gateway: int
    services: tuple[int, ...]


def choose_ports(gateway: int, service_base: int, n_services: int) -> Ports:
    """Choose the ports and check that each one is free.

    Parameters
    ----------
    gateway : int
        The gateway's port, 0 for any free one.
    service_base : int
        The first service's port, 0 for any free ones.
    n_services : int
        Number of services; their ports follow each other.

    Raises
    ------
    PortInUse
        If a given port is in use.
    """
    wanted = [service_base + index if service_base else 0 for index in range(n_services)]
    # All of them stay bound until the last one is chosen, so that the system gives no free port twice.
    with ExitStack() as bound:
        gateway_port = _bind(bound, gateway, "SEGUE_PORT")
        return Ports(gateway_port, tuple(_bind(bound, port, "SEGUE_PORT_BASE") for port in wanted))


def _bind(bound: ExitStack, port: int, setting: str) -> int:
    listener = bound.enter_context(socket.socket())
    # Allow a port whose last connections are still in TIME_WAIT.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        raise PortInUse(port, setting) from None
    return int(listener.getsockname()[1])
