"""Real sites on loopback: threads that serve what a test puts there, and record the requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from score import midi
from score.model import Note, Score, Track
from scraper.settings import Settings


@dataclass
class Response:
    """A site's response at an address."""

    body: bytes = b""
    content_type: str = "text/html"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """One request to a site."""

    path: str
    at_s: float
    headers: dict[str, str]


class Site:
    """A site: ``pages`` by path. A list responds with its items in turn, and repeats its last one."""

    def __init__(self) -> None:
        self.pages: dict[str, Response | list[Response]] = {}
        self.requests: list[Request] = []
        self.hold: threading.Event | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def put(self, path: str, body: bytes | str = b"", content_type: str = "text/html", **more: Any) -> None:
        self.pages[path] = Response(body.encode() if isinstance(body, str) else body, content_type, **more)

    def put_links(self, path: str, *targets: str, extra: str = "") -> None:
        self.put(path, extra + "".join(f'<a href="{target}">{target}</a>' for target in targets))

    def close(self) -> None:
        if self.hold is not None:
            self.hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def respond(self, path: str) -> Response:
        found = self.pages.get(path, Response(status=404))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.requests.append(
                    Request(self.path, time.monotonic(), {k.lower(): v for k, v in self.headers.items()})
                )
                if site.hold is not None and self.path != "/robots.txt":
                    site.hold.wait(10)
                response = site.respond(self.path)
                self.send_response(response.status)
                for name, value in {"Content-Type": response.content_type, **response.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


@pytest.fixture
def make_site() -> Iterator[Callable[[], Site]]:
    sites: list[Site] = []

    def make() -> Site:
        sites.append(Site())
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(make_site: Callable[[], Site]) -> Site:
    return make_site()


@pytest.fixture
def settings() -> Settings:
    """Settings that allow loopback and have no delays."""
    return Settings(port=0, delay_s=0.0, timeout_s=5.0, attempts=2, allowed_networks=(ip_network("127.0.0.0/8"),))


Piece = Callable[..., bytes]


@pytest.fixture(scope="session")
def piece() -> Piece:
    """Return a function that creates a MIDI file of a few notes."""

    def make(*pitches: int, name: str = "", division: int = 480) -> bytes:
        notes = tuple(
            Note(index * division, division, pitch, 80) for index, pitch in enumerate(pitches or (60, 64, 67))
        )
        return midi.write(Score(ticks_per_quarter=division, tracks=(Track(name=name, notes=notes),)))

    return make
