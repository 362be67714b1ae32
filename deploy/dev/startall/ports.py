"""The ports that the product listens on: given or free, and nobody else's."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass

HOST = "127.0.0.1"


class PortInUse(Exception):
    """Another program listens on a port that the product was given."""

    def __init__(self, port: int, setting: str) -> None:
        super().__init__(f"port {port} is in use by another program; set {setting} to choose another")


@dataclass(frozen=True)
class Ports:
    """One port for the gateway, one for each service."""

    gateway: int
    services: tuple[int, ...]


def choose(gateway: int, service_base: int, service_count: int) -> Ports:
    """Find the ports and make sure that each is free.

    Parameters
    ----------
    gateway : int
        The gateway's port, 0 for any.
    service_base : int
        The first service's port, 0 for any free ones.
    service_count : int
        How many services follow each other from there.

    Raises
    ------
    PortInUse
        If a given port is taken.
    """
    wanted = [service_base + index if service_base else 0 for index in range(service_count)]
    # All stay bound until the last is known, so that no free one is handed out twice.
    with ExitStack() as bound:
        gateway_port = _bind(bound, gateway, "SEGUE_PORT")
        return Ports(gateway_port, tuple(_bind(bound, port, "SEGUE_PORT_BASE") for port in wanted))


def _bind(bound: ExitStack, port: int, setting: str) -> int:
    listener = bound.enter_context(socket.socket())
    # A port that only waits out its last connections is free.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        raise PortInUse(port, setting) from None
    return int(listener.getsockname()[1])
