"""The pages home, gallery and how it works, on large and small screens."""

import re

import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, playback_time_s, wait_until_playing

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PHONE = (375, 812)
PATHS = ["/", "/fuse?method=vae", "/fuse?method=gan", "/fuse?method=hybrid", "/gallery", "/how-it-works"]


def test_the_home_page_plays_examples(page: Page) -> None:
    page.goto("/")
    examples = page.locator("blend-example")
    expect(examples).to_have_count(3)
    examples.first.get_by_role("button", name="Play").first.click()
    wait_until_playing(page)
    page.get_by_role("region", name="Player").get_by_role("button", name="Pause").click()
    page.wait_for_function("audio => audio.paused", arg=page.locator("audio").element_handle())


def test_playback_continues_while_pages_change_without_a_reload(page: Page) -> None:
    page.goto("/gallery")
    page.evaluate("window.isTheSamePage = true")
    page.locator("gallery-card").first.get_by_role("button", name="Play").first.click()
    wait_until_playing(page)
    page.get_by_role("link", name="How it works").click()
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    expect(page).to_have_title("How it works · Segue")
    wait_until_playing(page, playback_time_s(page) + 0.2)
    page.go_back()
    expect(page.get_by_role("heading", name="Gallery")).to_be_visible()
    assert page.evaluate("window.isTheSamePage") is True


def test_the_gallery_shows_all_items(page: Page, client: GatewayClient) -> None:
    items = client.http.get("/gallery", headers={"Accept": "application/json"}).json()["items"]
    assert len(items) >= 8
    assert sum(len(item["parents"]) >= 2 for item in items) >= 3
    page.goto("/gallery")
    expect(page.locator("gallery-card")).to_have_count(len(items))
    expect(page.locator("audio")).to_have_count(1)
    for item in items:
        expect(page.get_by_role("heading", name=item["title"], exact=True)).to_be_visible()


def test_pieces_of_the_gallery_can_be_used_as_a_and_b(page: Page, fuse: FusePage, client: GatewayClient) -> None:
    one, other = client.http.get("/gallery", headers={"Accept": "application/json"}).json()["items"][:2]
    page.goto("/gallery")
    page.get_by_role("button", name=f"Use as A: {one['title']}", exact=True).click()
    expect(page).to_have_url(re.compile(f"a={one['file_id']}"))
    page.get_by_role("link", name="Gallery", exact=True).click()
    page.get_by_role("button", name=f"Use as B: {other['title']}", exact=True).click()
    expect(page).to_have_url(re.compile(f"a={one['file_id']}.*b={other['file_id']}"))
    expect(fuse.slot("A").get_by_role("heading")).to_be_visible()
    expect(fuse.slot("B").get_by_role("heading")).to_be_visible()
    expect(fuse.submit_button).to_have_attribute("aria-disabled", "false")


def test_an_unknown_path_shows_an_error(page: Page) -> None:
    page.goto("/nothing-here")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()


def test_an_unknown_job_shows_an_error(page: Page) -> None:
    page.goto("/fuse?job=00000000000000000000000000000000")
    expect(page.get_by_role("region", name="Outcome").get_by_role("alert")).to_contain_text("job")


class TestPhone:
    """Tests in a window 375 pixels wide."""

    @pytest.fixture
    def viewport(self) -> tuple[int, int]:
        """Return the size of a phone's screen."""
        return PHONE

    @pytest.mark.parametrize("path", PATHS)
    def test_no_page_is_wider_than_the_screen(self, page: Page, path: str) -> None:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]

    def test_a_result_is_not_wider_than_the_screen(self, page: Page, fuse: FusePage) -> None:
        fuse.open("gan")
        page.get_by_role("tab", name="Mix", exact=True).click()
        page.get_by_label("Bars").fill("8")
        fuse.submit()
        fuse.wait_for_result()
        assert fuse.count_note_pixels() > 200
        fuse.wait_for_waveform()
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
