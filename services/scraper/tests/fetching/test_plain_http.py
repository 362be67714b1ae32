"""HTTP/1.1 over plain connections: framing of any age, and what is not HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from scraper.fetching.address_policy import AddressPolicy
from scraper.fetching.plain_http import ConnectionFailed, PlainClient
from servicekit.faults import ForbiddenAddress


class Server:
    """Responds with raw bytes, one item for each request; counts connections."""

    def __init__(self, responses: Sequence[bytes], closes: bool) -> None:
        self.responses = list(responses)
        self.closes = closes
        self.requests: list[bytes] = []
        self.n_connections = 0
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        try:
            while self.responses:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.responses.pop(0))
                await writer.drain()
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(*responses: bytes, closes: bool = True) -> AsyncIterator[tuple[Server, PlainClient]]:
    server = Server(responses, closes)
    client = PlainClient(AddressPolicy([ip_network("127.0.0.0/8")]))
    async with await asyncio.start_server(server.handle, "127.0.0.1", 0) as listener:
        server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/x?y=1"
        yield server, client
        client.close()


async def read(client: PlainClient, url: str) -> tuple[int, dict[str, str], bytes]:
    response, connection = await client.request(url, {"User-Agent": "Test"})
    try:
        body = b"".join([chunk async for chunk in response.chunks()])
    finally:
        client.release(url, response, connection)
    return response.status, response.headers, body


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.0 200\n\nhello",
        b"HTTP/1.1 200 OK\nContent-Type: text/html\n\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: abc\r\n\r\nhello",
    ],
)
async def test_a_body_is_read_however_it_is_framed(raw: bytes) -> None:
    async with serving(raw) as (server, client):
        assert (await read(client, server.url))[2] == b"hello"
        assert server.requests[0].startswith(b"GET /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 OK 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
    ],
)
async def test_what_is_not_http_or_ends_too_early_is_a_failure(raw: bytes) -> None:
    async with serving(raw) as (server, client):
        with pytest.raises(ConnectionFailed, match=r"."):
            await read(client, server.url)


async def test_a_connection_serves_several_requests_and_a_closed_one_is_replaced() -> None:
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    async with serving(one, one, closes=False) as (server, client):
        assert [(await read(client, server.url))[2] for _ in range(2)] == [b"x", b"x"]
        assert server.n_connections == 1
        server.responses.append(one)
        assert (await read(client, server.url))[2] == b"x"
        assert server.n_connections == 2


async def test_headers_of_one_name_are_joined() -> None:
    raw = b"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n"
    async with serving(raw) as (server, client):
        assert await read(client, server.url) == (404, {"x-a": "1, 2", "content-length": "0"}, b"")


async def test_no_connection_and_no_allowed_address() -> None:
    client = PlainClient(AddressPolicy())
    with pytest.raises(ForbiddenAddress, match="not on the public internet"):
        await client.request("http://127.0.0.1:9/", {})
    with pytest.raises(ConnectionFailed, match="not known"):
        await client.request("http://nowhere.invalid/", {})
