"""Fixtures: the running product, a browser, and files to upload."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal

import httpx
import midi_fixtures
import numpy as np
import pytest
import soundfile
from http_client import GatewayClient
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from startall.testing import RunningProduct, run_product

from e2e.fuse_page import FusePage

CHROMIUM = "/usr/bin/chromium"
QUIET_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT_MS = 30_000
HTTP_ERROR_MESSAGE = "Failed to load resource"
"""What the browser logs for a response of 400 and up. It is ignored: tests check the page's own message."""


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    """The real product on free ports, with a data folder of its own."""
    with run_product(tmp_path_factory.mktemp("product")) as started:
        yield started


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET_FLAGS))
        yield started
        started.close()


@pytest.fixture
def viewport() -> tuple[int, int]:
    """Return the width and height of the window; tests of small screens override them."""
    return 1280, 900


@pytest.fixture
def service_workers() -> Literal["allow", "block"]:
    """Return whether a page may have a service worker; with one, tests do not see all calls of the page."""
    return "block"


@pytest.fixture
def context(
    browser: Browser,
    product: RunningProduct,
    viewport: tuple[int, int],
    service_workers: Literal["allow", "block"],
) -> Iterator[BrowserContext]:
    """A fresh browser context."""
    width, height = viewport
    opened = browser.new_context(
        base_url=product.url,
        service_workers=service_workers,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        accept_downloads=True,
    )
    opened.set_default_timeout(TIMEOUT_MS)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, product: RunningProduct) -> Iterator[Page]:
    """A page. The test fails if it logs an error, or requests anything from another server."""
    opened = context.new_page()
    errors: list[str] = []

    def record_console(message: ConsoleMessage) -> None:
        if message.type == "error" and HTTP_ERROR_MESSAGE not in message.text:
            errors.append(message.text)

    def record_request(request: Request) -> None:
        # A blob is made by the page itself.
        if not request.url.removeprefix("blob:").startswith(product.url):
            errors.append(f"request to {request.url}")

    opened.on("console", record_console)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("request", record_request)
    yield opened
    assert errors == []


@pytest.fixture
def fuse(page: Page) -> FusePage:
    """The page object of the fusion page, not opened yet."""
    return FusePage(page)


@pytest.fixture
def client(product: RunningProduct, context: BrowserContext) -> Iterator[GatewayClient]:
    """An HTTP client of the gateway, to check what the page did: it has the browser's cookies, and so its account."""

    def add_cookies(request: httpx.Request) -> None:
        if pairs := [f"{cookie.get('name')}={cookie.get('value')}" for cookie in context.cookies()]:
            request.headers["Cookie"] = "; ".join(pairs)

    with GatewayClient(product.url) as client:
        client.http.event_hooks = {"request": [add_cookies]}
        yield client


@pytest.fixture
def suspended(product: RunningProduct) -> Callable[[str], AbstractContextManager[None]]:
    """Return a context manager that suspends a service, so that a job stands still while the page is checked."""

    @contextmanager
    def suspend(name: str) -> Iterator[None]:
        pid = product.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    return suspend


@pytest.fixture(scope="package")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """MIDI files to upload, by name."""
    folder = tmp_path_factory.mktemp("songs")
    files = {
        "funk": midi_fixtures.funk(),
        "waltz": midi_fixtures.waltz(),
        "pop": midi_fixtures.pop(),
        "broken": midi_fixtures.invalid_files()["text"],
    }
    for name, data in files.items():
        (folder / f"{name}.mid").write_bytes(data)
    return {name: folder / f"{name}.mid" for name in files}


@pytest.fixture(scope="package")
def recording(tmp_path_factory: pytest.TempPathFactory, product: RunningProduct) -> Path:
    """A recording: a MIDI fixture, rendered by the product itself."""
    path = tmp_path_factory.mktemp("recordings") / "kitchen tape.flac"
    with GatewayClient(product.url) as client:
        (file_id,) = client.upload(midi_fixtures.waltz())
        path.write_bytes(client.download_audio(file_id, "flac"))
    return path


@pytest.fixture(scope="package")
def silence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of silence, as WAV."""
    path = tmp_path_factory.mktemp("recordings") / "silence.wav"
    soundfile.write(path, np.zeros((3 * 44100, 2)), 44100)
    return path
