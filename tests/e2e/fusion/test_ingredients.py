"""Weights by ingredient, and what came from whom in a blend, in a real browser."""

import re
from pathlib import Path

import pytest
from http_client import GatewayClient
from playwright.sync_api import Locator, Page, expect

from e2e.fuse_page import FusePage, wait_until_playing

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PHONE = (375, 812)


def ingredient(page: Page, name: str) -> Locator:
    """Return the slider of an ingredient."""
    return page.get_by_role("slider", name=f"Blend weight of {name}", exact=True)


def open_with_pieces(fuse: FusePage, songs: dict[str, Path]) -> None:
    """Open the page with two pieces; the sliders of the ingredients are shown at first."""
    fuse.open()
    for letter, song in (("A", "funk"), ("B", "pop")):
        fuse.add_file(letter, songs[song])
        fuse.expect_piece(letter, song)


def test_a_slider_follows_the_other_weights_until_it_is_moved(
    page: Page, fuse: FusePage, songs: dict[str, Path]
) -> None:
    open_with_pieces(fuse, songs)
    chords, rhythm = ingredient(page, "Chords"), ingredient(page, "Melody rhythm")
    fuse.weight.press("Home")
    expect(chords).to_have_attribute("aria-valuetext", "all A, as the main weight")
    fuse.panel("Parts")
    page.get_by_role("slider", name="Blend weight of Lead", exact=True).press("End")
    fuse.panel("Ingredients")
    expect(rhythm).to_have_attribute("aria-valuetext", "all B, as the weight of Lead")
    expect(chords).to_have_value("0")

    rhythm.press("ArrowLeft")
    expect(rhythm).to_have_attribute("aria-valuetext", "1% A, 99% B")
    chords.press("ArrowRight")
    expect(page.get_by_role("tab", name="Ingredients")).to_have_accessible_name("Ingredients , 2 set")
    fuse.weight.press("End")
    expect(chords).to_have_value("1")

    page.get_by_role("button", name="Reset Melody rhythm").press("Enter")
    expect(rhythm).to_be_focused()
    expect(rhythm).to_have_attribute("aria-valuetext", "all B, as the weight of Lead")
    page.get_by_role("button", name="Reset Chords").press("Enter")
    expect(chords).to_have_attribute("aria-valuetext", "all B, as the main weight")
    expect(page.get_by_role("tab", name="Ingredients")).to_have_accessible_name("Ingredients")
    fuse.panel("Mix over time")
    page.get_by_text("A to B", exact=True).click()
    fuse.panel("Ingredients")
    expect(chords).to_have_attribute("aria-valuetext", "follows the mix over time")


def test_a_blend_shows_who_gave_what(page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient) -> None:
    open_with_pieces(fuse, songs)
    page.get_by_role("checkbox", name="Play when done").uncheck()
    ingredient(page, "Form").press("Home")
    ingredient(page, "Melody rhythm").press("End")
    ingredient(page, "Melody contour").press("Home")
    fuse.submit()
    file_id = fuse.wait_for_result()
    assert fuse.job(client)["request"]["ingredients"] == {"form": 0, "rhythm": 1, "contour": 0}
    provenance = client.http.get(f"/files/{file_id}").json()["provenance"]
    sources, (bars_of_a, bars_of_b) = provenance["sources"], provenance["origins"]
    assert set(sources["form"]) == {1}
    assert set(sources["rhythm"]) <= {0, 2}
    assert set(sources["contour"]) <= {0, 1}
    assert {len(bars_of_a), len(bars_of_b), *(len(bars) for bars in sources.values())} == {provenance["bars"]}

    strip = page.locator("source-strip")
    expect(strip.get_by_text("A: funk")).to_be_visible()
    expect(strip.get_by_text("B: pop")).to_be_visible()
    bar = strip.get_by_role("slider", name="Bar of the blend")
    bar.press("ArrowRight")
    bar.press("ArrowRight")
    text = f"From A, bar {bars_of_a[1] + 1}: form"
    expect(bar).to_have_attribute("aria-valuetext", re.compile(f"^Bar 2. {text}"))
    expect(strip.locator(".readout")).to_contain_text(re.compile(rf"A\s+\(bar {bars_of_a[1] + 1}\):\s+form"))
    bar.press("End")
    expect(bar).to_have_attribute("aria-valuenow", str(provenance["bars"]))

    strip.get_by_text("Show as a table").click()
    rows = strip.get_by_role("row")
    expect(rows).to_have_count(provenance["bars"] + 1)
    expect(rows.nth(2).get_by_role("cell").first).to_have_text(f"A, bar {bars_of_a[1] + 1}")

    lead = page.get_by_role("button", name="Lead by parent")
    lead.click()
    expect(lead).to_have_attribute("aria-pressed", "true")
    fuse.play()
    wait_until_playing(page)
    expect(strip.locator(".readout b")).to_have_text(re.compile(r"^Bar [12]$"))
    page.reload()
    expect(ingredient(page, "Form")).to_have_attribute("aria-valuetext", "all A")


def test_a_single_pieces_reconstruction_has_no_strip(page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
    open_with_pieces(fuse, songs)
    fuse.weight.press("Home")
    fuse.submit()
    fuse.wait_for_result()
    fuse.count_note_pixels()
    expect(page.get_by_text("Who gave what")).to_have_count(0)
    expect(page.get_by_role("button", name="Lead by parent")).to_have_count(0)


class TestPhone:
    """Tests in a window 375 pixels wide."""

    @pytest.fixture
    def viewport(self) -> tuple[int, int]:
        """Return the size of a phone's screen."""
        return PHONE

    def test_sliders_and_strip_are_not_wider_than_the_screen(
        self, page: Page, fuse: FusePage, songs: dict[str, Path]
    ) -> None:
        open_with_pieces(fuse, songs)
        page.get_by_role("tab", name="Mix", exact=True).click()
        ingredient(page, "Groove").press("End")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        fuse.submit()
        fuse.wait_for_result()
        page.get_by_text("Show as a table").click()
        expect(page.get_by_role("region", name="Who gave what, as a table")).to_be_visible()
        page.locator("source-strip .chart").click(position={"x": 100, "y": 60})
        expect(page.locator("source-strip .readout b")).to_have_text(re.compile(r"^Bar \d+$"))
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
