"""Which addresses may be read: only public ones, so that no site can make Segue read its owner's network.

The check is made on the address that is connected to, after the name was resolved, and the connection goes to that
very address: a name that resolves differently a moment later changes nothing. Every redirect is a new connection, and
is checked as such.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore
from servicekit.faults import ForbiddenAddress

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_SITE_LOCAL = IPv6Network("fec0::/10")


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the open internet.

    Notes
    -----
    IANA's special-purpose registries (RFC 6890) by way of `ipaddress`, and, for IPv6 addresses that carry an IPv4
    address (mapped, 6to4, Teredo, NAT64), that one as well.
    """
    if isinstance(address, IPv6Address) and not all(is_public(inner) for inner in _carried(address)):
        return False
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
    special = address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local
    return mapped or (address.is_global and not special)


def _carried(address: IPv6Address) -> Iterable[IPv4Address]:
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SITE_LOCAL:
        yield IPv4Address("127.0.0.1")


class Guard:
    """Resolves names, and refuses what may not be read.

    Parameters
    ----------
    allowed : sequence of networks
        Read although they are not public.
    """

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def permits(self, address: Address) -> bool:
        """Tell whether an address may be connected to."""
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
        return is_public(address) or any(inner in network for network in self._allowed)

    async def resolve(self, host: str, port: int) -> list[str]:
        """Look a host up.

        Parameters
        ----------
        host : str
            A name or a literal address, without brackets.
        port : int
            TCP port.

        Returns
        -------
        list of str
            Literal addresses that may be connected to, the system's preference first.

        Raises
        ------
        ForbiddenAddress
            If the host has addresses and none of them may be.
        OSError
            If it has none.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            # A label over 63 characters fails before it is looked up.
            raise OSError(str(error)) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        permitted = [literal for literal in addresses if self.permits(ip_address(literal))]
        if not permitted:
            raise ForbiddenAddress(f"{host} is not on the public internet, and only that is read.", host=host)
        return permitted


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore, to permitted addresses only."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that answers.

        Raises
        ------
        ForbiddenAddress
            As `Guard.resolve`.
        httpcore.ConnectError
            If the host is unknown or none of its addresses answers.
        """
        try:
            permitted = await self._guard.resolve(host, port)
        except OSError as unknown:
            raise httpcore.ConnectError(str(unknown)) from unknown
        for literal in permitted[:-1]:
            try:
                return await self._inner.connect_tcp(literal, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(permitted[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore does between attempts."""
        await asyncio.sleep(seconds)
