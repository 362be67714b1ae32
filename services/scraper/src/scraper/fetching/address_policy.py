"""Address policy: only public addresses are read, so that no site can make Segue read its operator's network.

The check applies to the address of the connection, after the name was resolved, and the connection goes to that very
address: a name that resolves differently a moment later (DNS rebinding) has no effect. Every redirect is a new
connection and is checked as such.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore
from servicekit.faults import ForbiddenAddress

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_SITE_LOCAL = IPv6Network("fec0::/10")

_LOOKUPS = ThreadPoolExecutor(32, "lookup")
"""Threads of their own, because a name whose servers are silent holds one for many seconds."""


def is_public(address: Address) -> bool:
    """Return whether an address belongs to the public internet.

    Notes
    -----
    IANA's special-purpose registries (RFC 6890), as `ipaddress` implements them. For IPv6 addresses that embed an IPv4
    address (mapped, 6to4, Teredo, NAT64), that one is checked as well.
    """
    if isinstance(address, IPv6Address) and not all(is_public(inner) for inner in _embedded_ipv4(address)):
        return False
    is_mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
    is_special = address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local
    return is_mapped or (address.is_global and not is_special)


def _embedded_ipv4(address: IPv6Address) -> Iterable[IPv4Address]:
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SITE_LOCAL:
        # Deprecated private addresses, which `ipaddress` does not report as such: treated like loopback.
        yield IPv4Address("127.0.0.1")


async def _look_up(host: str, port: int) -> list[str]:
    """Return the literal addresses of a host. A literal in its usual writing waits for no lookup of another name."""
    with suppress(ValueError):
        return [str(ip_address(host))]
    find = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(_LOOKUPS, find)
    except UnicodeError as error:
        # A label over 63 characters fails before the lookup.
        raise OSError(str(error)) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class AddressPolicy:
    """Resolves names, and decides which addresses may be connected to.

    Parameters
    ----------
    allowed : sequence of networks
        Allowed although they are not public.
    """

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def is_allowed(self, address: Address) -> bool:
        """Return whether an address may be connected to."""
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
        return is_public(address) or any(inner in network for network in self._allowed)

    async def resolve(self, host: str, port: int) -> list[str]:
        """Resolve a host name.

        Parameters
        ----------
        host : str
            A name or a literal address, without brackets.
        port : int
            TCP port.

        Returns
        -------
        list of str
            Literal addresses that are allowed, in the system's order of preference.

        Raises
        ------
        ForbiddenAddress
            If the host has addresses, and none of them is allowed.
        OSError
            If it has no address.
        """
        addresses = await _look_up(host, port)
        allowed = [literal for literal in addresses if self.is_allowed(ip_address(literal))]
        if not allowed:
            raise ForbiddenAddress(f"{host} is not on the public internet; other addresses are not read.", host=host)
        return allowed


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore, to allowed addresses only.

    Parameters
    ----------
    policy : AddressPolicy
        Resolves and checks every host.
    """

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that accepts the connection.

        Parameters
        ----------
        host : str
            A name or a literal address.
        port : int
            TCP port.
        timeout : float, optional
            Seconds for each address.
        local_address : str, optional
            Address to connect from.
        socket_options : iterable, optional
            As httpcore defines them.

        Raises
        ------
        ForbiddenAddress
            As `AddressPolicy.resolve`.
        httpcore.ConnectError
            If the host is unknown, or none of its addresses accepts the connection.
        """
        try:
            allowed = await self._policy.resolve(host, port)
        except OSError as unknown:
            raise httpcore.ConnectError(str(unknown)) from unknown
        for literal in allowed[:-1]:
            try:
                return await self._inner.connect_tcp(literal, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(allowed[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait between connection attempts."""
        await asyncio.sleep(seconds)
