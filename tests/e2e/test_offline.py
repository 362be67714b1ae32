"""Without the gateway: the page opens, the library is listed, and starred pieces play."""

import re
from pathlib import Path
from typing import Literal

import pytest
from http_client import GatewayClient
from playwright.sync_api import CDPSession, Page, expect

from e2e.fuse_page import FusePage

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MAX_HOME_BYTES = 110_000
MAX_SCRIPT_BYTES = 75_000
SAVED = """async () => (await caches.has('segue-saved'))
  ? (await (await caches.open('segue-saved')).keys()).map(({ url }) => new URL(url).pathname + new URL(url).search)
  : []"""
IS_STORED = """async () => {
  await navigator.serviceWorker.ready;
  const match = async (cache, url) => (await caches.open(cache)).match(url, { ignoreVary: true });
  const has = async (cache, url) => (await caches.has(cache)) && !!(await match(cache, url));
  while (!((await has('segue-data', '/library')) && (await has('segue-public', '/gallery'))))
    await new Promise(resolve => setTimeout(resolve, 100));
}"""


@pytest.fixture
def service_workers() -> Literal["allow", "block"]:
    """Return that the page may have its service worker."""
    return "allow"


def wait_until_stored(page: Page) -> None:
    """Wait until the service worker has the page and what it read."""
    page.evaluate(IS_STORED)


def wait_until_saved(page: Page) -> None:
    """Wait until a starred piece is stored: its facts, notes, MIDI and audio."""
    page.evaluate(
        f"async () => {{ while ((await ({SAVED})()).length < 4) await new Promise(done => setTimeout(done, 100)); }}"
    )


def n_saved(page: Page) -> int:
    """Return how many addresses of starred pieces are stored."""
    return len(page.evaluate(SAVED))


def test_every_page_opens_while_the_gateway_is_away(page: Page) -> None:
    page.goto("/")
    wait_until_stored(page)
    page.context.set_offline(True)
    for path, heading in (
        ("/", "Drop in two pieces"),
        ("/gallery", "Gallery"),
        ("/how-it-works", "How it works"),
        ("/fuse?method=vae", "Fuse"),
        ("/library", "Library"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        expect(page.locator("connection-bar")).to_contain_text("You are offline")
    page.goto("/gallery")
    expect(page.locator("gallery-card").first).to_be_visible()


def test_a_starred_piece_is_listed_and_plays_while_the_gateway_is_away(
    page: Page, fuse: FusePage, songs: dict[str, Path]
) -> None:
    page.goto("/fuse?method=vae")
    wait_until_stored(page)
    fuse.add_file("A", songs["funk"])
    fuse.expect_piece("A", "funk")
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_role("button", name="Star funk").click()
    wait_until_saved(page)
    page.context.set_offline(True)
    page.goto("/library")
    expect(page.get_by_text("funk").first).to_be_visible()
    page.get_by_role("button", name="Play funk").first.click()
    expect(page.locator("player-dock .time")).to_contain_text(re.compile(r"0:0[1-9] /"))


def test_what_belongs_to_an_account_goes_with_it(page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
    page.goto("/fuse?method=vae")
    wait_until_stored(page)
    fuse.add_file("A", songs["funk"])
    fuse.expect_piece("A", "funk")
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_role("button", name="Star funk").click()
    wait_until_saved(page)
    assert page.evaluate("async () => (await fetch('/sessions', { method: 'DELETE' })).ok")
    assert n_saved(page) == 0
    page.goto("/library")
    expect(page.get_by_text("Nothing is here yet")).to_be_visible()
    assert n_saved(page) == 0


def test_the_page_can_be_installed(page: Page, client: GatewayClient) -> None:
    page.goto("/")
    session: CDPSession = page.context.new_cdp_session(page)
    wait_until_stored(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    errors = {error["errorId"] for error in session.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert errors <= {"in-incognito"}, "every window of a test is a private one"
    for icon in client.http.get("/manifest.webmanifest").json()["icons"]:
        assert client.http.get(icon["src"]).headers["content-type"] == icon["type"]


def test_the_home_page_is_light(page: Page) -> None:
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("Network.enable")
    names: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto("/")
    expect(page.locator("hero-blend").get_by_role("button", name="Play")).to_have_count(3)
    page.wait_for_load_state("networkidle")
    scripts = {key: size for key, size in sizes.items() if names[key].endswith(".js")}
    assert sum(scripts.values()) < MAX_SCRIPT_BYTES, {names[key]: size for key, size in scripts.items()}
    assert sum(sizes.values()) < MAX_HOME_BYTES, {names[key]: size for key, size in sizes.items()}
