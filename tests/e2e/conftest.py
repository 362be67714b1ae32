"""The whole product, and a browser in front of it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

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
PATIENCE_MS = 30_000
REFUSED = "Failed to load resource"
"""How the browser's console tells of an answer of 400 and up: the page's own message is what a test looks at."""


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
    """Width and height of the window; tests of small screens override it."""
    return 1280, 900


@pytest.fixture
def context(browser: Browser, product: RunningProduct, viewport: tuple[int, int]) -> Iterator[BrowserContext]:
    """A fresh browser context."""
    width, height = viewport
    opened = browser.new_context(
        base_url=product.url,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        accept_downloads=True,
    )
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, product: RunningProduct) -> Iterator[Page]:
    """A page that must not fail on the quiet, nor ask any server but the product."""
    opened = context.new_page()
    troubles: list[str] = []

    def note_console(message: ConsoleMessage) -> None:
        if message.type == "error" and REFUSED not in message.text:
            troubles.append(message.text)

    def note_request(request: Request) -> None:
        if not request.url.startswith(product.url):
            troubles.append(f"asked {request.url}")

    opened.on("console", note_console)
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("request", note_request)
    yield opened
    assert troubles == []


@pytest.fixture
def fuse(page: Page) -> FusePage:
    """The fusion page, not opened yet."""
    return FusePage(page)


@pytest.fixture
def client(product: RunningProduct) -> Iterator[GatewayClient]:
    """Somebody who looks behind the page, over HTTP."""
    with GatewayClient(product.url) as client:
        yield client


@pytest.fixture
def halted(product: RunningProduct) -> Callable[[str], AbstractContextManager[None]]:
    """Halts a service for the length of a `with`: whoever needs it waits, and the page can be looked at."""

    @contextmanager
    def halt(name: str) -> Iterator[None]:
        pid = product.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    return halt


@pytest.fixture(scope="package")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """MIDI files to upload, made in code."""
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
    """A recording: a piece made in code, played by the product's own synthesizer."""
    path = tmp_path_factory.mktemp("recordings") / "kitchen tape.flac"
    with GatewayClient(product.url) as client:
        (file_id,) = client.upload(midi_fixtures.waltz())
        path.write_bytes(client.download_audio(file_id, "flac"))
    return path


@pytest.fixture(scope="package")
def silence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of nothing, as WAV."""
    path = tmp_path_factory.mktemp("recordings") / "silence.wav"
    soundfile.write(path, np.zeros((3 * 44100, 2)), 44100)
    return path
