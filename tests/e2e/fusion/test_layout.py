"""The fusion page as one screen, on large and small ones."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from startall.testing import RunningProduct

from e2e.fuse_page import JOB_TIMEOUT_MS, FusePage

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LARGE_SCREEN = (1440, 900)
WIDE_SCREEN = (1920, 1080)
PHONE = (375, 812)
INGREDIENTS = (
    "Form",
    "Chords",
    "Melody rhythm",
    "Melody contour",
    "Bass line",
    "Accompaniment",
    "Groove",
    "Instruments",
    "Feel",
)
OBSERVE_SHIFTS = """() => {
  window.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}"""
Suspend = Callable[[str], AbstractContextManager[None]]


def add_pieces(fuse: FusePage, songs: dict[str, Path], names: tuple[str, str] = ("funk", "pop")) -> None:
    """Open the page and put two pieces into the slots."""
    fuse.open()
    for letter, name in zip("AB", names, strict=True):
        fuse.add_file(letter, songs[name])
        fuse.expect_piece(letter, name)


def expect_on_screen(page: Page, element: Locator) -> None:
    """Expect that all of an element is in the window, without scrolling."""
    expect(element).to_be_in_viewport(ratio=0.99)
    assert page.evaluate("scrollY") == 0


def points(page: Page) -> Locator:
    """Return the points of the curve editor."""
    return page.locator("curve-editor .point")


class TestLargeScreen:
    """Tests in a window of 1440 by 900 pixels."""

    @pytest.fixture
    def viewport(self) -> tuple[int, int]:
        """Return the size of a large screen."""
        return LARGE_SCREEN

    def test_all_is_on_one_screen_before_and_after_a_job(
        self, page: Page, fuse: FusePage, songs: dict[str, Path], suspended: Suspend
    ) -> None:
        page.add_init_script(f"({OBSERVE_SHIFTS})()")
        fuse.open()
        self.expect_all(page, fuse)
        add_pieces(fuse, songs)
        self.expect_all(page, fuse)
        page.evaluate("window.layoutShift = 0")
        with suspended("vae"):
            fuse.submit()
            expect(fuse.progress).to_be_in_viewport()
            self.expect_all(page, fuse)
        fuse.wait_for_result()
        fuse.count_note_pixels()
        self.expect_all(page, fuse)
        assert page.evaluate("window.layoutShift") < 0.02

    def expect_all(self, page: Page, fuse: FusePage) -> None:
        """Expect pieces, weight, ingredients, roll and transport in the window."""
        for letter in "AB":
            expect_on_screen(page, fuse.slot(letter))
        expect_on_screen(page, fuse.weight)
        expect_on_screen(page, fuse.submit_button)
        for name in INGREDIENTS:
            expect_on_screen(page, page.get_by_role("slider", name=f"Blend weight of {name}", exact=True))
        expect_on_screen(page, fuse.stage.locator(".roll"))
        expect_on_screen(page, page.get_by_role("region", name="Player"))

    def test_there_is_one_slider_from_a_to_b(self, page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
        add_pieces(fuse, songs)
        page.get_by_role("button", name="Preview the morph").click()
        expect(fuse.stage.get_by_role("img")).to_be_visible(timeout=JOB_TIMEOUT_MS)
        expect(page.locator("weight-slider:not([compact])")).to_have_count(1)


class TestWideScreen:
    """Tests in a window of 1920 by 1080 pixels."""

    @pytest.fixture
    def viewport(self) -> tuple[int, int]:
        """Return the size of a wide screen."""
        return WIDE_SCREEN

    def test_the_roll_is_as_wide_as_the_window(self, page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
        add_pieces(fuse, songs)
        fuse.submit()
        fuse.wait_for_result()
        fuse.count_note_pixels()
        box = fuse.stage.locator("piano-roll .view").bounding_box()
        assert box is not None
        assert box["width"] >= 0.9 * WIDE_SCREEN[0]


class TestPhone:
    """Tests on a screen 375 pixels wide, with touch."""

    @pytest.fixture
    def touch(self, browser: Browser, product: RunningProduct) -> Iterator[FusePage]:
        """The fusion page on a phone."""
        context = browser.new_context(
            base_url=product.url,
            viewport={"width": PHONE[0], "height": PHONE[1]},
            has_touch=True,
            is_mobile=True,
        )
        yield FusePage(context.new_page())
        context.close()

    def test_each_tab_is_one_swipe_from_the_result(self, touch: FusePage, songs: dict[str, Path]) -> None:
        fuse, page = touch, touch.page
        add_pieces(fuse, songs)
        result = page.get_by_role("tab", name="Result", exact=True)
        for tab, way in (("Mix", "left"), ("Pieces", "right")):
            page.get_by_role("tab", name=tab, exact=True).click()
            swipe(page, way)
            expect(result).to_have_attribute("aria-selected", "true")
            expect(fuse.stage).to_be_in_viewport()
        page.get_by_role("tab", name="Mix", exact=True).click()
        fuse.submit()
        expect(result).to_have_attribute("aria-selected", "true")
        fuse.wait_for_result()
        expect_on_screen(page, page.get_by_role("region", name="Player"))
        expect(fuse.stage.locator("piano-roll .view")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]

    def test_a_tap_adds_a_point_to_the_curve(self, touch: FusePage, songs: dict[str, Path]) -> None:
        add_pieces(touch, songs)
        touch.page.get_by_role("tab", name="Mix", exact=True).click()
        touch.panel("Mix over time")
        area = touch.page.locator("curve-editor .area")
        box = area.bounding_box()
        assert box is not None
        area.tap(position={"x": box["width"] / 2, "y": box["height"] / 4})
        expect(points(touch.page)).to_have_count(3)
        expect(points(touch.page).nth(1)).to_have_attribute("aria-valuenow", re.compile(r"^7[4-6]$"))
        touch.page.get_by_role("button", name="Delete point").tap()
        expect(points(touch.page)).to_have_count(2)


def swipe(page: Page, way: str) -> None:
    """Move a finger to the left or to the right."""
    session = page.context.new_cdp_session(page)
    first, last = (300, 80) if way == "left" else (80, 300)
    box = page.get_by_role("tablist", name="Parts of the page").bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    for kind, x in (("touchStart", first), ("touchMove", (first + last) // 2), ("touchMove", last)):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": height}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()
