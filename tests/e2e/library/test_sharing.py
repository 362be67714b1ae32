"""Sharing: a light page with sound and a picture, embedded anywhere, remixed, published, and ended."""

import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import midi_fixtures
import numpy as np
import pytest
from http_client import GatewayClient
from PIL import Image
from playwright.sync_api import Browser, Page, Response, expect
from startall.testing import RunningProduct

from e2e.fuse_page import FusePage
from e2e.test_accessibility import violations

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MAX_PAGE_BYTES = 60_000
META_TAG = re.compile(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"')
PLAY_IN_FRAME = """audio => audio.play().then(() => new Promise(resolve => {
  const check = () => audio.currentTime > 0.5 && resolve(audio.currentTime);
  audio.addEventListener('timeupdate', check);
}))"""


@pytest.fixture(scope="module")
def blend(product: RunningProduct) -> str:
    """The id of a blend of two pieces of the gallery."""
    with GatewayClient(product.url) as client:
        items = client.http.get("/gallery", headers={"Accept": "application/json"}).json()["items"]
        ids = [item["file_id"] for item in items[:2]]
        job = client.wait_until_ended(client.start_job("vae", file_ids=ids, weight=0.6, seed=3))
    assert job["state"] == "succeeded", job
    return str(job["results"][0]["file_id"])


@pytest.fixture
def shared(client: GatewayClient, blend: str) -> dict[str, Any]:
    """A link to the blend."""
    return share(client, blend)


def share(client: GatewayClient, file_id: str, **fields: Any) -> dict[str, Any]:
    """Share a piece."""
    answer = client.http.post(f"/files/{file_id}/share", json=fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
def foreign_site() -> Iterator[Any]:
    """Return a function that puts a page on another loopback port, and returns its address."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages["/"].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def publish(html: str) -> str:
        pages["/"] = html
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield publish
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_page_is_light_and_plays(page: Page, shared: dict[str, Any]) -> None:
    received: list[Response] = []
    page.on("response", lambda response: received.append(response))
    page.goto(shared["url"])
    page.wait_for_load_state("networkidle")
    sizes = {response.url: response.request.sizes()["responseBodySize"] for response in received}
    assert sum(sizes.values()) <= MAX_PAGE_BYTES, sizes
    assert page.locator("input[type=file]").count() == 0
    audio = page.locator("audio")
    audio.evaluate("audio => audio.play()")
    page.wait_for_function("audio => audio.currentTime > 0.5", arg=audio.element_handle())
    assert "format=opus" in audio.evaluate("audio => audio.currentSrc")
    cursor = page.locator(".cursor")
    page.wait_for_function("cursor => parseFloat(cursor.style.left) > 0", arg=cursor.element_handle())
    # A click on the notes plays from there.
    box = page.locator(".roll").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 40)
    page.wait_for_function("audio => audio.currentTime > 15", arg=audio.element_handle())
    assert violations(page) == []


def test_the_page_needs_no_script(browser: Browser, shared: dict[str, Any], blend: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 812})
    page = context.new_page()
    page.goto(shared["url"])
    expect(page.get_by_role("heading", level=1)).to_contain_text("Basement funk x Harbour at noon, 60%")
    expect(page.get_by_role("listitem")).to_have_text(["Basement funk 40%", "Harbour at noon 60%"])
    expect(page.locator("audio")).to_be_visible()
    expect(page.get_by_role("img", name="Notes of the piece")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="MIDI").click()
    assert download.value.path().read_bytes()[:4] == b"MThd"
    assert blend not in page.content()
    page.get_by_role("button", name="Remix this").click()
    expect(page).to_have_url(re.compile(r"/fuse\?method=vae&a=[0-9a-f]{32}$"))
    context.close()


def test_the_first_answer_says_what_it_is(client: GatewayClient, shared: dict[str, Any]) -> None:
    text = client.http.get(f"/p/{shared['slug']}", headers={"Accept": "text/html"}).text
    tags = dict(META_TAG.findall(text))
    assert "<title>Basement funk x Harbour at noon, 60% · Segue</title>" in text
    assert tags["og:title"] == tags["twitter:title"] == "Basement funk x Harbour at noon, 60%"
    assert tags["og:description"].endswith("Made from: Basement funk, Harbour at noon")
    assert tags["twitter:card"] == "summary_large_image"
    audio = client.http.get(tags["og:audio"])
    assert audio.headers["content-type"].startswith(tags["og:audio:type"])
    assert audio.content[:4] == b"OggS"
    picture = client.http.get(tags["og:image"])
    assert picture.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(picture.content)).convert("RGB")
    assert image.size == (1200, 630)
    colors = {tuple(color) for color in np.unique(np.asarray(image).reshape(-1, 3), axis=0).tolist()}
    # Paper, text, and both inks are on it.
    for wanted in ((241, 243, 240), (23, 27, 51), (225, 70, 40), (41, 93, 214)):
        assert any(all(abs(a - b) < 16 for a, b in zip(color, wanted, strict=True)) for color in colors), wanted


@pytest.mark.parametrize("kind", ["iframe", "segue-player"])
def test_it_plays_in_a_foreign_page(browser: Browser, shared: dict[str, Any], foreign_site: Any, kind: str) -> None:
    origin = shared["url"].partition("/p/")[0]
    url = shared["url"]
    elements = {
        "iframe": f'<iframe src="{url}/embed" width="700" height="240"></iframe>',
        "segue-player": f'<script src="{origin}/p/segue-player.js"></script><segue-player src="{url}"></segue-player>',
    }
    context = browser.new_context(viewport={"width": 900, "height": 500})
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(foreign_site(f"<!doctype html><title>A blog</title><h1>My blog</h1>{elements[kind]}"))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading")).to_contain_text("Basement funk x Harbour at noon")
    audio = frame.locator("audio")
    # Browsers start no sound before a click.
    frame.locator(".roll").click(position={"x": 5, "y": 20})
    assert audio.evaluate(PLAY_IN_FRAME) > 0.5
    assert errors == []
    context.close()


def test_nothing_else_can_be_framed(browser: Browser, shared: dict[str, Any], foreign_site: Any) -> None:
    origin = shared["url"].partition("/p/")[0]
    context = browser.new_context()
    page = context.new_page()
    for address in (shared["url"], f"{origin}/", f"{origin}/library"):
        page.goto(foreign_site(f'<!doctype html><title>A trap</title><iframe src="{address}"></iframe>'))
        page.wait_for_load_state("networkidle")
        assert page.frames[1].url.startswith("chrome-error:"), address
    context.close()


def test_a_remix_lies_in_ones_own_library(page: Page, fuse: FusePage, shared: dict[str, Any]) -> None:
    page.goto(shared["url"])
    page.get_by_role("button", name="Remix this").click()
    expect(fuse.slot("A").get_by_role("heading")).to_contain_text("Basement funk x Harbour at noon, 60%")
    page.goto("/library")
    expect(page.locator("library-row")).to_have_count(1)
    expect(page.locator("library-row")).to_contain_text("Basement funk x Harbour at noon, 60%")


def test_a_result_is_shared_copied_and_the_link_ended(page: Page, fuse: FusePage, browser: Browser) -> None:
    fuse.open("gan")
    page.get_by_label("Bars").fill("8")
    fuse.submit()
    fuse.wait_for_result()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=re.compile("^Share: ")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("The link lasts").select_option("7 days")
    dialog.get_by_role("button", name="Make a link").click()
    expect(dialog.get_by_text(re.compile(r"^Ends on "))).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("button", name="Copy link").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    url = page.evaluate("navigator.clipboard.readText()")
    dialog.get_by_text("QR code").click()
    picture = dialog.get_by_role("img", name=re.compile("QR code of the link"))
    page.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
    dialog.get_by_text("Embed it in a page").click()
    assert f'<segue-player src="{url}">' in dialog.get_by_label("Code to embed").input_value()
    stranger = browser.new_context().new_page()
    assert (stranger.goto(url) or pytest.fail("no answer")).status == 200
    dialog.get_by_role("button", name="End this link").click()
    dialog.get_by_role("button", name="End it now").click()
    expect(dialog.get_by_label("Link", exact=True)).to_have_count(0)
    answer = stranger.goto(url)
    assert answer is not None
    assert answer.status == 410
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This link has ended")
    answer = stranger.goto(url[:-22] + "x" * 22)
    assert answer is not None
    assert answer.status == 404
    expect(stranger.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    stranger.context.close()


def test_a_published_piece_is_in_the_gallery_until_its_link_ends(page: Page, client: GatewayClient, blend: str) -> None:
    created = share(client, blend, published=True)
    page.goto("/gallery")
    card = page.locator("shared-gallery").get_by_role("link")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Made from Basement funk and Harbour at noon")
    page.wait_for_function("image => image.naturalWidth === 1200", arg=card.locator("img").element_handle())
    page.wait_for_load_state("networkidle")
    assert violations(page) == []
    card.click()
    expect(page).to_have_url(created["url"])
    client.http.delete(f"/shares/{created['slug']}", params={"file_id": blend})
    page.goto("/gallery")
    expect(page.get_by_role("heading", name="Gallery")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("shared-gallery").get_by_role("link")).to_have_count(0)


def test_markup_in_a_title_is_text(page: Page, client: GatewayClient) -> None:
    name = "<img src=x onerror=alert(1)> & more.mid"
    files = [("files", (name, midi_fixtures.funk(), "audio/midi"))]
    (file,) = client.http.post("/upload", files=files).json()["files"]
    created = share(client, file["file_id"])
    page.on("dialog", lambda _: pytest.fail("the title ran as a script"))
    for path in ("", "/embed"):
        page.goto(created["url"] + path)
        expect(page.get_by_role("heading", level=1)).to_have_text("<img src=x onerror=alert(1)> & more")
        assert page.locator("img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_light_page_fits_a_phone(page: Page, shared: dict[str, Any], scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(shared["url"])
    page.get_by_text("QR code", exact=True).click()
    page.get_by_text("How it was made").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert violations(page) == []
