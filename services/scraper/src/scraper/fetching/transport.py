"""Encrypted HTTP over checked connections: HTTP/2 where a host offers it, else HTTP/1.1."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import certifi
import httpcore

from scraper.content.urls import DEFAULT_PORTS, origin, target
from scraper.fetching.address_policy import AddressPolicy, CheckedBackend


class CheckedTransport:
    """Sends requests over connections that an `AddressPolicy` allows; no proxy.

    Parameters
    ----------
    policy : AddressPolicy
        Decides on every connection.
    max_connections : int
        Maximum number of open connections.
    """

    def __init__(self, policy: AddressPolicy, max_connections: int = 128) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(cafile=certifi.where()),
            max_connections=max_connections,
            max_keepalive_connections=32,
            keepalive_expiry=15.0,
            http2=True,
            network_backend=CheckedBackend(policy),
        )

    @asynccontextmanager
    async def stream(self, url: str, headers: Mapping[str, str], timeout_s: float) -> AsyncIterator[httpcore.Response]:
        """Send a request and yield the response, whose body has not been read.

        Parameters
        ----------
        url : str
            Normalized address.
        headers : mapping
            Of the request.
        timeout_s : float
            Seconds for each step.
        """
        scheme, _, authority = origin(url).partition("://")
        name, mark, port = authority.rpartition(":")
        if not mark or "]" in port:
            name, port = authority, str(DEFAULT_PORTS[scheme])
        address = httpcore.URL(
            scheme=scheme.encode(),
            host=name.strip("[]").encode("ascii"),
            port=int(port),
            target=target(url).encode("ascii", "replace"),
        )
        fields = [(b"Host", authority.encode()), *((key.encode(), value.encode()) for key, value in headers.items())]
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        async with self._pool.stream("GET", address, headers=fields, extensions={"timeout": timeouts}) as response:
            yield response

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()
