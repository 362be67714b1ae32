"""Responses of any age and of any kind: what can be read, and what is its address's failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from scraper.fetching.address_policy import AddressPolicy
from scraper.fetching.body_reader import FetchFailed
from scraper.fetching.fetcher import Fetcher, FetchResult, TemporaryFailure
from scraper.fetching.throttle import HostThrottle
from scraper.settings import Settings
from servicekit.faults import ForbiddenAddress


class Server:
    """Responds with raw bytes, one item for each request; counts connections.

    Parameters
    ----------
    responses : sequence of bytes
        One for each request.
    closes : bool
        Whether a response ends its connection.
    is_endless : bool
        Whether the last bytes are sent again and again.
    """

    def __init__(self, responses: Sequence[bytes], closes: bool, is_endless: bool) -> None:
        self.responses = list(responses)
        self.closes = closes
        self.is_endless = is_endless
        self.requests: list[bytes] = []
        self.n_connections = 0
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        try:
            while self.responses:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                response = self.responses.pop(0)
                writer.write(response)
                await writer.drain()
                while self.is_endless and not writer.is_closing():
                    writer.write(response[-1:])
                    await writer.drain()
                    await asyncio.sleep(0.01)
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    settings: Settings, *responses: bytes, closes: bool = True, is_endless: bool = False
) -> AsyncIterator[tuple[Server, Fetcher]]:
    server = Server(responses, closes, is_endless)
    fetcher = Fetcher(AddressPolicy([ip_network("127.0.0.0/8")]), settings)
    async with await asyncio.start_server(server.handle, "127.0.0.1", 0) as listener:
        server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/x?y=1"
        yield server, fetcher
        await fetcher.aclose()


async def fetch(fetcher: Fetcher, url: str, conditions: dict[str, str] | None = None) -> FetchResult:
    return await fetcher.fetch(url, HostThrottle(0, 0, 1), lambda _: None, conditions, max_bytes=1000)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.0 200\n\nhello",
        b"HTTP/1.1 200 OK\nContent-Type: text/html\n\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n",
    ],
)
async def test_a_body_is_read_however_it_is_framed(raw: bytes, settings: Settings) -> None:
    async with serving(settings, raw) as (server, fetcher):
        assert (await fetch(fetcher, server.url)).body == b"hello"
        assert server.requests[0].startswith(b"GET /x?y=1 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 OK 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
    ],
)
async def test_what_is_not_http_or_ends_too_early_is_a_failure(raw: bytes, settings: Settings) -> None:
    async with serving(settings, raw) as (server, fetcher):
        with pytest.raises(TemporaryFailure, match=r"."):
            await fetch(fetcher, server.url)


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK\r\nX: yyyy", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhello"])
async def test_a_response_that_takes_too_long_is_a_failure(raw: bytes, settings: Settings) -> None:
    quick = settings.model_copy(update={"timeout_s": 0.2})
    async with serving(quick, raw, is_endless=True) as (server, fetcher):
        with pytest.raises(TemporaryFailure, match="too slow"):
            await fetch(fetcher, server.url)


async def test_an_endless_body_is_left(settings: Settings) -> None:
    raw = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000
    async with serving(settings, raw, is_endless=True) as (server, fetcher):
        with pytest.raises(FetchFailed, match="over 1000 bytes"):
            await fetch(fetcher, server.url)


async def test_a_connection_serves_several_requests_and_a_closed_one_is_replaced(settings: Settings) -> None:
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    async with serving(settings, one, one, closes=False) as (server, fetcher):
        assert [(await fetch(fetcher, server.url)).body for _ in range(2)] == [b"x", b"x"]
        assert server.n_connections == 1
        server.responses.append(one)
        assert (await fetch(fetcher, server.url)).body == b"x"
        assert server.n_connections == 2


async def test_headers_of_one_name_are_joined_and_a_body_of_an_error_is_not_kept(settings: Settings) -> None:
    raw = b"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nno"
    async with serving(settings, raw) as (server, fetcher):
        result = await fetch(fetcher, server.url)
    assert (result.status, result.reason, result.body) == (404, "Not Found", b"")
    assert result.headers == {"x-a": "1, 2", "content-length": "2"}


async def test_a_request_is_sent_as_it_is_without_cookies_and_a_redirect_is_returned(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    raw = b'HTTP/1.1 302 Found\r\nSet-Cookie: a=b\r\nLocation: /next\r\nETag: "\xe9"\r\nContent-Length: 0\r\n\r\n'
    async with serving(settings, raw, raw, closes=False) as (server, fetcher):
        odd = server.url.replace("/x?y=1", "/%zz?a=[1]|{2}'%C3%A9")
        first = await fetch(fetcher, odd)
        assert (first.status, first.location) == (302, server.url.replace("x?y=1", "next"))
        await fetch(fetcher, odd, {"If-None-Match": first.headers["etag"]})
    assert [request.split(b" ", 2)[1] for request in server.requests] == [b"/%zz?a=[1]|{2}'%C3%A9"] * 2
    assert b'\r\nIf-None-Match: "\xe9"\r\n' in server.requests[1]
    assert b"cookie" not in server.requests[1].lower()


async def test_no_connection_and_no_allowed_address(settings: Settings) -> None:
    fetcher = Fetcher(AddressPolicy(), settings)
    with pytest.raises(ForbiddenAddress, match="not on the public internet"):
        await fetch(fetcher, "http://127.0.0.1:9/")
    with pytest.raises(TemporaryFailure, match="not known"):
        await fetch(fetcher, "http://nowhere.invalid/")
    await fetcher.aclose()
