"""HTTP over checked connections: httpx takes no network backend, but httpcore beneath it does."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast

import certifi
import httpcore
import httpx

from scraper.fetching.address_policy import AddressPolicy, CheckedBackend

MAX_IDLE = 64
"""Connections that wait for another request, of all hosts."""
_IDLE_S = 15.0


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends requests over connections that an `AddressPolicy` allows: HTTP/2 where a host offers it, else HTTP/1.1.

    Each connection has one request at a time.

    Parameters
    ----------
    policy : AddressPolicy
        Decides on every connection.
    """

    def __init__(self, policy: AddressPolicy) -> None:
        self._backend = CheckedBackend(policy)
        self._idle: deque[tuple[httpcore.Origin, httpcore.AsyncHTTPConnection]] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises
        ------
        httpx.TimeoutException
            If a step takes too long.
        httpx.TransportError
            If there is no connection, or what comes over it is not HTTP.
        ForbiddenAddress
            As `AddressPolicy.resolve`.
        """
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        connection = await self._take(url.origin) or self._open(url.origin)
        sent = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=cast("AsyncIterable[bytes]", request.stream),
            extensions=request.extensions,
        )
        with _httpx_errors():
            try:
                response = await connection.handle_async_request(sent)
            except BaseException:
                # A crawl that ends cancels its requests, also before httpcore closes connections itself.
                await connection.aclose()
                raise
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response, partial(self._release, url.origin, connection)),
            extensions=response.extensions,
        )

    def _open(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=_ssl_context(certifi.where()),
            keepalive_expiry=_IDLE_S,
            http2=True,
            network_backend=self._backend,
        )

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection | None:
        for entry in reversed(self._idle):
            if entry[0] == origin:
                self._idle.remove(entry)
                if not entry[1].has_expired():
                    return entry[1]
                await entry[1].aclose()
                return None
        return None

    async def _release(self, origin: httpcore.Origin, connection: httpcore.AsyncHTTPConnection) -> None:
        """Keep a connection for another request, if it serves one."""
        if not connection.is_idle():
            await connection.aclose()
            return
        self._idle.append((origin, connection))
        if len(self._idle) > MAX_IDLE:
            await self._idle.popleft()[1].aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        while self._idle:
            await self._idle.pop()[1].aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response, release: Callable[[], Awaitable[None]]) -> None:
        self._response = response
        self._release = release

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for chunk in self._response.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        try:
            await self._response.aclose()
        finally:
            await self._release()


@contextmanager
def _httpx_errors() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise httpx.TransportError(str(error) or type(error).__name__) from error


@lru_cache(maxsize=1)
def _ssl_context(certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates)


def make_client(policy: AddressPolicy) -> httpx.AsyncClient:
    """Return a client without cookies and proxies that leaves redirects to its caller."""
    return httpx.AsyncClient(
        transport=CheckedTransport(policy),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    )
