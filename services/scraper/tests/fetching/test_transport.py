"""Encrypted connections: HTTP/2 where a host offers it, else HTTP/1.1, to checked addresses with valid certificates."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import certifi
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from scraper.fetching.address_policy import AddressPolicy
from scraper.fetching.body_reader import FetchFailed
from scraper.fetching.fetcher import Fetcher, TemporaryFailure
from scraper.fetching.throttle import HostThrottle
from scraper.settings import Settings
from servicekit.faults import ForbiddenAddress

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to create a certificate with")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    folder = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2", "-subj", "/CN=test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return both


async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Respond in the protocol that was agreed on, with its name."""
    tls = writer.get_extra_info("ssl_object")
    try:
        if tls.selected_alpn_protocol() == "h2":
            await respond_in_frames(reader, writer)
        else:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\nhttp/1.1")
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def respond_in_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = H2Connection(H2Configuration(client_side=False))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if isinstance(event, RequestReceived):
                connection.send_headers(event.stream_id, [(":status", "200"), ("content-type", "text/html")])
                connection.send_data(event.stream_id, b"h2", end_stream=True)
        writer.write(connection.data_to_send())


@asynccontextmanager
async def serving(certificate: Path, protocols: list[str]) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(protocols)
    async with await asyncio.start_server(respond, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/x?y"


def fetcher(settings: Settings, *networks: str) -> Fetcher:
    return Fetcher(AddressPolicy([ip_network(each) for each in networks]), settings)


@pytest.mark.parametrize("protocols", [["h2", "http/1.1"], ["http/1.1"]])
async def test_the_best_protocol_of_a_host_is_spoken(
    certificate: Path, protocols: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    client = fetcher(settings, "127.0.0.0/8")
    async with serving(certificate, protocols) as url:
        for _ in range(2):
            result = await client.fetch(url, HostThrottle(0, 0, 1), lambda _: None)
            assert (result.status, result.body.decode()) == (200, protocols[0])
            assert result.content_type == "text/html"
        await client.aclose()


async def test_a_certificate_that_nobody_vouches_for_is_a_failure(certificate: Path, settings: Settings) -> None:
    client = fetcher(settings, "127.0.0.0/8")
    async with serving(certificate, ["http/1.1"]) as url:
        with pytest.raises(TemporaryFailure, match="certificate"):
            await client.fetch(url, HostThrottle(0, 0, 1), lambda _: None)
        await client.aclose()


async def test_a_forbidden_address_is_not_connected_to(settings: Settings) -> None:
    client = fetcher(settings)
    for url in ("https://127.0.0.1:9/", "https://localhost:9/", "https://[::1]:9/", "https://xn--/", "https://a..b/"):
        with pytest.raises((ForbiddenAddress, FetchFailed), match=r"."):
            await client.fetch(url, HostThrottle(0, 0, 1), lambda _: None)
    await client.aclose()
