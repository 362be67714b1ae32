"""The fusion page as one screen: layout, history, marks, curves and up to eight pieces."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from http_client import GatewayClient
from playwright.sync_api import Browser, Locator, Page, expect
from startall.testing import RunningProduct

from e2e.fuse_page import JOB_TIMEOUT_MS, FusePage, job_id_of, wait_until_playing

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
MARK = "Made with other settings"
MOVE_AND_WAIT_ONE_FRAME = """async (input) => {
  input.value = '61';
  input.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
  await new Promise(requestAnimationFrame);
}"""
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


def test_a_result_is_marked_within_a_frame_until_it_is_made_again(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    add_pieces(fuse, songs)
    fuse.submit()
    fuse.wait_for_result()
    mark = page.get_by_text(MARK)
    expect(mark).to_have_count(0)
    fuse.weight.evaluate(MOVE_AND_WAIT_ONE_FRAME)
    assert mark.count() == 1
    fuse.weight.fill("50")
    expect(mark).to_have_count(0)

    fuse.weight.fill("20")
    first = fuse.job_id
    page.get_by_role("button", name="Make again", exact=True).first.click()
    page.wait_for_url(lambda url: job_id_of(url) != first)
    expect(fuse.stage.locator("h2")).to_be_visible()  # the earlier result stays while the next one is made
    fuse.wait_for_result()
    expect(mark).to_have_count(0)
    assert fuse.job(client)["request"]["weight"] == 0.2

    fuse.slot("A").get_by_role("combobox", name=re.compile("^Role of")).first.select_option("none")
    expect(mark).to_be_visible()


def test_back_shows_the_blend_before_with_its_settings(
    page: Page, fuse: FusePage, songs: dict[str, Path], browser: Browser, product: RunningProduct
) -> None:
    add_pieces(fuse, songs)
    fuse.weight.fill("30")
    fuse.submit()
    first = fuse.wait_for_result()
    first_url = page.url
    fuse.weight.fill("70")
    fuse.panel("Settings")
    page.get_by_label("Key", exact=True).select_option("C major")
    fuse.submit()
    second = fuse.wait_for_result()
    assert first != second

    page.go_back()
    page.wait_for_url(first_url)
    assert fuse.wait_for_result() == first
    expect(fuse.weight).to_have_value("30")
    expect(page.get_by_label("Key", exact=True)).to_have_value("")
    expect(page.get_by_text(MARK)).to_have_count(0)
    page.reload()
    assert fuse.wait_for_result() == first
    expect(fuse.weight).to_have_value("30")
    fuse.expect_piece("A", "funk")
    page.go_forward()
    assert fuse.wait_for_result() == second
    expect(fuse.weight).to_have_value("70")

    elsewhere = browser.new_context(base_url=product.url)
    elsewhere.add_cookies(
        [{"name": c["name"], "value": c["value"], "url": product.url} for c in page.context.cookies()]
    )
    linked = FusePage(elsewhere.new_page())
    linked.page.goto(first_url)
    assert linked.wait_for_result() == first
    linked.expect_piece("B", "pop")
    expect(linked.weight).to_have_value("30")
    elsewhere.close()


def test_a_finished_job_plays_by_itself_unless_that_is_switched_off(
    page: Page, fuse: FusePage, songs: dict[str, Path]
) -> None:
    add_pieces(fuse, songs)
    fuse.submit()
    fuse.wait_for_result()
    wait_until_playing(page, 0.1)
    page.get_by_role("region", name="Player").get_by_role("button", name="Pause").click()
    page.get_by_role("checkbox", name="Play when done").uncheck()
    page.reload()
    expect(page.get_by_role("checkbox", name="Play when done")).not_to_be_checked()
    fuse.wait_for_result()
    fuse.weight.fill("40")
    fuse.submit()
    fuse.wait_for_result()
    expect(fuse.play_button).to_have_accessible_name(re.compile("^Play"))


def test_a_curve_is_drawn_by_mouse_and_keyboard_and_sent_as_drawn(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    add_pieces(fuse, songs)
    fuse.panel("Mix over time")
    area = page.locator("curve-editor .area")
    box = area.bounding_box()
    assert box is not None
    # A press adds a point and drags it; it snaps to the bars of the piece, of which there are 16.
    page.mouse.move(box["x"] + 0.26 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.51 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.up()
    expect(points(page)).to_have_count(3)
    middle = points(page).nth(1)
    expect(middle).to_be_focused()
    expect(middle).to_have_attribute("aria-valuetext", re.compile(r"^Bar 9: 2[4-6]% A, 7[4-6]% B$"))

    middle.press("ArrowRight")
    middle.press("ArrowUp")
    expect(middle).to_have_attribute("aria-valuetext", re.compile(r"^Bar 10: "))
    middle.press("Enter")
    expect(points(page)).to_have_count(4)
    expect(points(page).nth(2)).to_be_focused()
    points(page).nth(2).press("Delete")
    expect(points(page)).to_have_count(3)
    page.get_by_role("checkbox", name="Snap to bar").uncheck()
    middle.press("ArrowRight")
    points(page).first.press("Home")
    points(page).last.press("End")
    drawn = page.locator("curve-editor").evaluate("editor => editor.curve")
    assert drawn[0] == [0, 0]
    assert drawn[1][0] == pytest.approx(9 / 16 + 0.01, abs=1e-3)
    assert drawn[2] == [1, 1]

    fuse.submit()
    fuse.wait_for_result()
    request = fuse.job(client)["request"]
    assert request["curve"] == [pytest.approx(point, abs=1e-3) for point in drawn]
    page.goto(f"/fuse?job={fuse.job_id}")
    fuse.panel("Mix over time")
    expect(points(page)).to_have_count(3)
    page.get_by_text("A to B and back").click()
    points(page).nth(1).dblclick()
    expect(points(page)).to_have_count(2)
    page.get_by_text("Constant", exact=True).click()
    expect(fuse.weight).to_be_visible()


def test_eight_pieces_are_blended_by_their_shares(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    add_pieces(fuse, songs)
    for letter in "CDEFGH":
        page.get_by_role("button", name="Add a piece").click()
        expect(fuse.submit_blocker).to_have_text(f"Add piece {letter} to blend, or remove its place.")
        fuse.add_file(letter, songs["funk" if letter in "CEG" else "pop"])
        expect(fuse.slot(letter).get_by_role("heading")).to_be_visible()
    expect(page.get_by_role("button", name="Add a piece")).to_have_count(0)
    shares = page.get_by_role("group", name="Shares of the pieces").get_by_role("slider")
    expect(shares).to_have_count(8)
    page.get_by_role("slider", name="Share of piece A").fill("40")
    fuse.slot("H").get_by_role("button", name="Remove piece H").click()
    expect(shares).to_have_count(7)
    page.get_by_role("button", name="Add a piece").click()
    fuse.add_file("H", songs["pop"])
    expect(fuse.slot("H").get_by_role("heading")).to_be_visible()
    page.get_by_role("slider", name="Share of piece H").fill("30")
    fuse.submit()
    fuse.wait_for_result()
    request = fuse.job(client)["request"]
    assert len(request["file_ids"]) == len(request["shares"]) == 8
    assert sum(request["shares"]) == pytest.approx(1, abs=1e-6)
    assert request["shares"][7] == pytest.approx(0.3)
    assert not request.keys() & {"weight", "ingredients", "curve"}
    page.reload()
    expect(shares).to_have_count(8)
    fuse.expect_piece("G", "funk")
    expect(page.get_by_role("slider", name="Share of piece H")).to_have_value("30")


def test_a_control_shows_what_the_server_has(
    page: Page, fuse: FusePage, client: GatewayClient, songs: dict[str, Path]
) -> None:
    item = client.http.get("/gallery", headers={"Accept": "application/json"}).json()["items"][0]
    page.goto(f"/fuse?a={item['file_id']}")
    menu = fuse.slot("A").get_by_role("combobox", name=re.compile("^Role of")).first
    role = menu.input_value()
    menu.select_option("none")
    expect(fuse.slot("A").get_by_role("alert")).to_be_visible()
    expect(menu).to_have_value(role)

    three = [songs["pop"], songs["funk"], songs["waltz"]]
    fuse.slot("B").get_by_label("Choose a MIDI file or a recording for piece B").set_input_files(three)
    expect(fuse.slot("B").get_by_text("The first two files were added.")).to_be_visible()
    expect(fuse.slot("B").get_by_role("alert")).to_have_count(0)


def test_settings_can_be_set_back(page: Page, fuse: FusePage) -> None:
    fuse.open("gan")
    for name in ("Lead", "Harmony", "Bass", "Drums"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    expect(fuse.submit_blocker).to_have_text("Choose at least one part.")
    page.reload()
    page.get_by_role("button", name="All parts").click()
    expect(page.get_by_role("checkbox", name="Bass", exact=True)).to_be_checked()
    page.get_by_role("button", name="Surprise me").click()
    expect(page.get_by_role("button", name="Reset Mood")).to_be_visible()
    page.get_by_role("button", name="Reset all settings").click()
    expect(page.get_by_role("button", name="Reset Mood")).to_have_count(0)


def test_a_failed_job_says_what_happened(page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
    add_pieces(fuse, songs, ("waltz", "funk"))
    fuse.panel("Settings")
    page.get_by_label("If meters differ").select_option("Do not blend")
    fuse.submit()
    problem = fuse.stage.get_by_role("alert")
    expect(problem).to_be_visible(timeout=JOB_TIMEOUT_MS)
    expect(problem).not_to_contain_text("Invalid input")
    expect(problem).to_contain_text("choose pieces of one meter")
    fuse.expect_piece("A", "waltz")


def test_each_slider_of_a_role_is_sent(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    add_pieces(fuse, songs)
    fuse.panel("Shape the result")
    shape = page.get_by_label("Shape", exact=True)
    page.get_by_role("slider", name="Density").fill("0.5")
    shape.select_option("lead")
    expect(page.get_by_role("slider", name="Polyphony")).to_have_count(0)
    page.get_by_role("slider", name="Register").fill("-0.5")
    fuse.submit()
    fuse.wait_for_result()
    request: dict[str, Any] = fuse.job(client)["request"]
    assert request["sliders"] == {"density": 0.5}
    assert request["role_sliders"] == {"lead": {"register": -0.5}}
