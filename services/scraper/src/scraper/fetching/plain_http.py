"""HTTP/1.1 over plain connections to checked addresses: lenient with old servers, bounded, and cheap.

The general client costs some milliseconds of processor time for a request; a crawl of many small pages consists of
little else. Encrypted connections go through `scraper.fetching.transport`, which also speaks HTTP/2.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from scraper.content.urls import DEFAULT_PORTS, origin, target
from scraper.fetching.address_policy import AddressPolicy

MAX_HEAD_BYTES = 64 * 1024
MAX_IDLE = 64
"""Connections that wait for another request, of all hosts."""
_CHUNK_BYTES = 64 * 1024


class ConnectionFailed(Exception):
    """A connection could not be opened, or broke, or what came over it is not HTTP."""


@dataclass(slots=True)
class Connection:
    """An open connection to an origin."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_reused: bool = False

    def close(self) -> None:
        """Close it at once."""
        with suppress(Exception):
            self.writer.transport.abort()


@dataclass(slots=True)
class Head:
    """Status and headers of a response; names in lower case, repeated headers joined by commas."""

    status: int
    headers: dict[str, str]
    version: str
    reason: str


class PlainResponse:
    """A response whose body has not been read.

    Parameters
    ----------
    head : Head
        Status and headers.
    connection : Connection
        Where the body comes from.
    """

    def __init__(self, head: Head, connection: Connection) -> None:
        self.status = head.status
        self.headers = head.headers
        self.reason = head.reason
        self._connection = connection
        self.is_complete = False
        """Whether the body was read to its end, so that the connection serves another request."""
        self._keeps_open = head.version != "1.0" and "close" not in head.headers.get("connection", "").lower()

    @property
    def can_be_reused(self) -> bool:
        """Whether the connection serves another request."""
        return self.is_complete and self._keeps_open

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives.

        Raises
        ------
        ConnectionFailed
            If it ends too early, or its framing is broken.
        """
        reader = self._connection.reader
        length = self.headers.get("content-length", "")
        if self.status in {204, 304}:
            self.is_complete = True
        elif "chunked" in self.headers.get("transfer-encoding", "").lower():
            async for chunk in _chunked(reader):
                yield chunk
            self.is_complete = True
        elif length.isdigit() and len(length) < 16:
            async for chunk in _exactly(reader, int(length)):
                yield chunk
            self.is_complete = True
        else:
            while chunk := await reader.read(_CHUNK_BYTES):
                yield chunk


async def _exactly(reader: asyncio.StreamReader, n_bytes: int) -> AsyncIterator[bytes]:
    while n_bytes > 0:
        chunk = await reader.read(min(n_bytes, _CHUNK_BYTES))
        if not chunk:
            raise ConnectionFailed("the body ends too early")
        n_bytes -= len(chunk)
        yield chunk


async def _chunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        line = await _line(reader)
        size = line.partition(b";")[0].strip()
        if not size or len(size) > 8 or any(digit not in b"0123456789abcdefABCDEF" for digit in size):
            raise ConnectionFailed("broken chunks")
        if int(size, 16) == 0:
            while await _line(reader):
                pass
            return
        async for chunk in _exactly(reader, int(size, 16)):
            yield chunk
        await _line(reader)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\n")).strip()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ConnectionFailed("broken chunks") from error


class PlainClient:
    """Requests pages over plain HTTP.

    Parameters
    ----------
    policy : AddressPolicy
        Decides on every connection.
    """

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._idle: deque[tuple[str, Connection]] = deque()

    async def request(self, url: str, headers: Mapping[str, str]) -> tuple[PlainResponse, Connection]:
        """Send a request and return the response up to its headers, with its connection.

        Raises
        ------
        ConnectionFailed
            If there is no connection, or no response.
        ForbiddenAddress
            As `AddressPolicy.resolve`.
        """
        host = origin(url)
        connection = self._take(host) or await self._open(host)
        try:
            return await self._exchange(connection, url, headers), connection
        except ConnectionFailed:
            connection.close()
            if not connection.is_reused:
                raise
        except BaseException:
            connection.close()
            raise
        # The host had closed the waiting connection.
        connection = await self._open(host)
        try:
            return await self._exchange(connection, url, headers), connection
        except BaseException:
            connection.close()
            raise

    async def _exchange(self, connection: Connection, url: str, headers: Mapping[str, str]) -> PlainResponse:
        lines = [f"GET {target(url)} HTTP/1.1", f"Host: {origin(url).partition('://')[2]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        try:
            connection.writer.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
            await connection.writer.drain()
            head = await _read_head(connection.reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise ConnectionFailed("the host closed the connection") from error
        return PlainResponse(head, connection)

    def release(self, url: str, response: PlainResponse, connection: Connection) -> None:
        """Take a connection back after its response was read, or close it if it was not.

        Parameters
        ----------
        url : str
            The requested address.
        response : PlainResponse
            From `request`.
        connection : Connection
            From `request`.
        """
        if not response.can_be_reused or connection.reader.at_eof():
            connection.close()
            return
        connection.is_reused = True
        self._idle.append((origin(url), connection))
        if len(self._idle) > MAX_IDLE:
            self._idle.popleft()[1].close()

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop()[1].close()

    def _take(self, host: str) -> Connection | None:
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index][0] == host:
                connection = self._idle[index][1]
                del self._idle[index]
                if not connection.reader.at_eof():
                    return connection
                connection.close()
                return None
        return None

    async def _open(self, host: str) -> Connection:
        """Connect to the first allowed address of a host that accepts the connection."""
        scheme, _, authority = host.partition("://")
        name, mark, port = authority.rpartition(":")
        if not mark or "]" in port:
            name, port = authority, str(DEFAULT_PORTS[scheme])
        try:
            addresses = await self._policy.resolve(name.strip("[]"), int(port))
        except OSError as error:
            raise ConnectionFailed("its host is not known") from error
        for address in addresses:
            with suppress(OSError):
                return Connection(*await asyncio.open_connection(address, int(port), limit=MAX_HEAD_BYTES))
        raise ConnectionFailed("its host does not accept connections")


async def _read_head(reader: asyncio.StreamReader) -> Head:
    """Read the head of a response; line ends may be bare, and informational responses are skipped."""
    for _ in range(5):
        status_line = await _head_line(reader)
        version, _, rest = status_line.partition(" ")
        code, _, reason = rest.strip().partition(" ")
        if not version.startswith("HTTP/") or not (code.isascii() and code.isdigit() and len(code) == 3):
            raise ConnectionFailed("what it sends is not HTTP")
        headers = await _read_headers(reader)
        if int(code) >= 200:
            return Head(int(code), headers, version.removeprefix("HTTP/"), reason)
    raise ConnectionFailed("too many informational responses")


async def _read_headers(reader: asyncio.StreamReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    n_bytes = 0
    while line := await _head_line(reader):
        n_bytes += len(line)
        if n_bytes > MAX_HEAD_BYTES:
            raise ConnectionFailed("its headers are too long")
        name, mark, value = line.partition(":")
        if mark:
            name = name.strip().lower()
            headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return headers


async def _head_line(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\n")).decode("latin-1").strip("\r\n")
    except asyncio.LimitOverrunError as error:
        raise ConnectionFailed("its headers are too long") from error
