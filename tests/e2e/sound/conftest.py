"""Fixtures: pages whose sound is recorded, and pieces made to be measured."""

from collections.abc import Callable, Iterator

import pytest
from http_client import GatewayClient
from playwright.sync_api import Browser, BrowserContext, Page
from startall.testing import RunningProduct

from e2e.sound.sound_tap import install_tap
from e2e.sound.transport_page import Transport


@pytest.fixture
def upload(client: GatewayClient) -> Callable[[bytes], str]:
    """Return a function that uploads a piece and returns its id."""
    return lambda data: client.upload(data)[0]


@pytest.fixture
def recorded_context(browser: Browser, product: RunningProduct) -> Iterator[BrowserContext]:
    """A browser context whose sound is recorded."""
    opened = browser.new_context(
        base_url=product.url,
        viewport={"width": 1440, "height": 900},
        reduced_motion="reduce",
        bypass_csp=True,
        service_workers="block",
    )
    opened.set_default_timeout(30_000)
    install_tap(opened)
    yield opened
    opened.close()


@pytest.fixture
def tapped(recorded_context: BrowserContext) -> Iterator[Page]:
    """A page whose sound is recorded. The test fails if it throws."""
    page = recorded_context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture
def transport(tapped: Page) -> Transport:
    """The page object of the transport, on a page whose sound is recorded."""
    return Transport(tapped)
