"""What one does on the fusion page: history, marks, curves, up to eight pieces, and what a control shows."""

import re
from pathlib import Path
from typing import Any

import pytest
from http_client import GatewayClient
from playwright.sync_api import Browser, Locator, Page, expect
from startall.testing import RunningProduct

from e2e.fuse_page import JOB_TIMEOUT_MS, FusePage, job_id_of, wait_until_playing

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MARK = "Made with other settings"
MOVE_AND_WAIT_ONE_FRAME = """async (input) => {
  input.value = '61';
  input.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
  await new Promise(requestAnimationFrame);
}"""


def add_pieces(fuse: FusePage, songs: dict[str, Path], names: tuple[str, str] = ("funk", "pop")) -> None:
    """Open the page and put two pieces into the slots."""
    fuse.open()
    for letter, name in zip("AB", names, strict=True):
        fuse.add_file(letter, songs[name])
        fuse.expect_piece(letter, name)


def points(page: Page) -> Locator:
    """Return the points of the curve editor."""
    return page.locator("curve-editor .point")


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


def test_a_curve_is_edited_by_mouse_and_keyboard_and_sent_as_drawn(
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
    shown_curve = page.locator("curve-editor").evaluate("editor => editor.curve")
    assert shown_curve[0] == [0, 0]
    assert shown_curve[1][0] == pytest.approx(9 / 16 + 0.01, abs=1e-3)
    assert shown_curve[2] == [1, 1]

    fuse.submit()
    fuse.wait_for_result()
    request = fuse.job(client)["request"]
    assert request["curve"] == [pytest.approx(point, abs=1e-3) for point in shown_curve]
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
