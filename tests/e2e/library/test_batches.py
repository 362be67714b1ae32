"""Batches: each piece appears and plays when it is done, stopping keeps those, and the best lead to more."""

import os
import re
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from http_client import GatewayClient
from playwright.sync_api import Locator, Page, expect
from startall.testing import RunningProduct

from e2e.fuse_page import JOB_TIMEOUT_MS, wait_until_playing
from e2e.test_accessibility import violations

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FOCUSED_CELL = """() => {
  let focused = document.activeElement;
  while (focused && focused.localName !== 'batch-cell') focused = focused.shadowRoot?.activeElement;
  return Number(focused?.getAttribute('aria-colindex') ?? 0);
}"""


COUNT_COLUMNS = "row => getComputedStyle(row).gridTemplateColumns.split(' ').length"


@pytest.fixture
def viewport() -> tuple[int, int]:
    """Return the size of a laptop's window: three or four pieces side by side."""
    return 1440, 900


def cells(page: Page) -> Locator:
    """Return the pieces of the batch."""
    return page.get_by_role("gridcell")


def choose(page: Page, *titles: str) -> None:
    """Open the form and choose pieces of the gallery."""
    page.goto("/batch")
    for title in titles:
        page.get_by_role("checkbox", name=title, exact=True).check()


def choose_mixes(page: Page, *mixes: str) -> None:
    """Choose exactly these mixes."""
    for box in page.get_by_role("checkbox", name=re.compile(r"^\d+%$")).all():
        box.set_checked(box.locator("xpath=..").inner_text().strip() in mixes)


def begin(page: Page, n_pieces: int) -> None:
    """Begin the batch, and expect its grid."""
    page.get_by_role("button", name="Make them").click()
    expect(cells(page)).to_have_count(n_pieces)


def wait_until_ready(page: Page, n_pieces: int, n_items: int) -> None:
    """Wait until so many pieces are ready, with their notes drawn."""
    expect(page.get_by_text(f"{n_pieces} of {n_items} pieces are ready")).to_be_visible(timeout=JOB_TIMEOUT_MS)
    rolls = page.locator("mini-roll canvas:not([data-notes='0'])")
    expect(rolls).to_have_count(n_pieces, timeout=JOB_TIMEOUT_MS)


def test_each_pair_at_each_mix_is_made_and_plays(page: Page) -> None:
    choose(page, "Basement funk", "Harbour at noon", "Last train")
    choose_mixes(page, "25%", "75%")
    expect(page.get_by_text("Pairs: 3, mixes: 2, versions: 1. That makes 6 in all.")).to_be_visible()
    begin(page, 6)
    wait_until_ready(page, 6, 6)
    first = cells(page).first
    expect(first.get_by_role("heading")).to_contain_text("Basement funk x Harbour at noon, 25%")
    first.get_by_role("button", name="Play").click()
    wait_until_playing(page)
    expect(first).to_have_attribute("data-playing", "")
    assert violations(page) == []


def test_a_piece_plays_while_others_are_still_made_and_stopping_keeps_it(
    page: Page, product: RunningProduct, client: GatewayClient
) -> None:
    choose(page, "Basement funk", "Harbour at noon")
    choose_mixes(page, "25%", "50%", "75%")
    page.get_by_label("Versions of each").fill("4")
    begin(page, 12)
    ready = cells(page).filter(has=page.get_by_role("button", name="Star"))
    expect(ready.first).to_be_visible(timeout=JOB_TIMEOUT_MS)
    # From now on the service makes nothing, so that the rest of the batch stands still.
    os.kill(product.pid("vae"), signal.SIGSTOP)
    try:
        expect(page.get_by_role("button", name="Stop, and keep what is ready")).to_be_visible()
        ready.first.get_by_role("button", name="Play").click()
        wait_until_playing(page)
        page.get_by_role("button", name="Stop, and keep what is ready").click()
        expect(page.get_by_text(re.compile(r"^Stopped: \d+ of 12 pieces are ready$"))).to_be_visible()
        expect(cells(page).filter(has_text="Stopped").first).to_be_visible()
    finally:
        os.kill(product.pid("vae"), signal.SIGCONT)
    n_ready = ready.count()
    assert 1 <= n_ready < 12
    page.reload()
    expect(page.get_by_text(f"Stopped: {n_ready} of 12 pieces are ready")).to_be_visible()
    ready.first.get_by_role("button", name="Play").click()
    wait_until_playing(page)


def test_arrow_keys_compare_and_space_plays(page: Page) -> None:
    choose(page, "Basement funk", "Harbour at noon", "Last train", "Plain hymn")
    choose_mixes(page, "50%")
    begin(page, 6)
    wait_until_ready(page, 6, 6)
    cells(page).first.focus()
    columns = int(page.locator("batch-grid [role=row]").evaluate(COUNT_COLUMNS))
    assert 2 <= columns < 6
    places = {"ArrowRight": 2, "ArrowDown": 2 + columns, "ArrowLeft": 1 + columns, "ArrowUp": 1, "End": 6, "Home": 1}
    for key, place in places.items():
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED_CELL) == place, key
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    wait_until_playing(page)
    expect(cells(page).nth(1)).to_have_attribute("data-playing", "")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(cells(page).nth(2)).to_have_attribute("data-playing", "")
    wait_until_playing(page)


def test_the_best_lead_to_more(page: Page, client: GatewayClient) -> None:
    choose(page, "Basement funk", "Harbour at noon")
    choose_mixes(page, "25%", "75%")
    begin(page, 2)
    wait_until_ready(page, 2, 2)
    expect(page.get_by_role("button", name="More like these two")).to_have_count(0)
    for cell in cells(page).all():
        cell.get_by_role("button", name="Star").click()
        expect(cell.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="More like these two").click()
    expect(cells(page)).to_have_count(3)
    wait_until_ready(page, 3, 3)
    cells(page).first.get_by_role("button", name="More like").click()
    expect(cells(page)).to_have_count(4)
    wait_until_ready(page, 4, 4)
    batch_id = page.url.partition("id=")[2]
    requests = page.evaluate("id => fetch(`/batches/${id}`).then(answer => answer.json())", batch_id)["items"]
    seeds = {item["job"]["request"]["seed"] for item in requests}
    weights = {item["job"]["request"]["weight"] for item in requests}
    assert (len(seeds), len(weights)) == (4, 1)
    # Back leads to the batch before.
    page.go_back()
    expect(cells(page)).to_have_count(3)
    # The starred pieces never expire.
    page.goto("/library")
    page.get_by_role("button", name="Starred", exact=True).click()
    expect(page.locator("library-row")).to_have_count(2)


def test_styles_are_generated_and_one_of_them_is_there_first(page: Page) -> None:
    page.goto("/batch")
    page.get_by_role("radio", name="Generate pieces").check()
    for style in ("Jazz", "Funk"):
        page.get_by_role("checkbox", name=style, exact=True).check()
    expect(page.get_by_text("That makes 2 pieces.")).to_be_visible()
    begin(page, 2)
    ready = page.locator("mini-roll canvas:not([data-notes='0'])")
    expect(ready).to_have_count(1, timeout=JOB_TIMEOUT_MS)
    expect(page.get_by_text("1 of 2 pieces are ready")).to_be_visible()
    wait_until_ready(page, 2, 2)


def test_a_batch_begins_from_chosen_pieces_and_says_what_is_wrong(page: Page, client: GatewayClient) -> None:
    items = client.http.get("/gallery", headers={"Accept": "application/json"}).json()["items"]
    one, other = items[:2]
    page.goto(f"/batch?pieces={one['file_id']},{other['file_id']}")
    for item in (one, other):
        expect(page.get_by_role("checkbox", name=item["title"], exact=True)).to_be_checked()
    expect(page.get_by_role("button", name="Make them")).to_have_attribute("aria-disabled", "false")
    page.get_by_role("checkbox", name=one["title"], exact=True).uncheck()
    expect(page.get_by_text("Choose at least two pieces.")).to_be_visible()
    expect(page.get_by_role("button", name="Make them")).to_have_attribute("aria-disabled", "true")
    for item in items[:8]:
        page.get_by_role("checkbox", name=item["title"], exact=True).check()
    expect(page.get_by_text("A batch has at most 64")).to_be_visible()
    assert violations(page) == []


def test_an_unknown_batch_says_so(page: Page) -> None:
    page.goto("/batch?id=00000000000000000000000000000000")
    expect(page.get_by_role("alert")).to_contain_text("No batch has this id")


def test_a_batch_goes_on_after_its_gateway_was_killed(page: Page, product: RunningProduct) -> None:
    choose(page, "Basement funk", "Harbour at noon")
    choose_mixes(page, "25%", "50%", "75%")
    page.get_by_label("Versions of each").fill("2")
    begin(page, 6)
    expect(page.locator("mini-roll").first).to_be_visible(timeout=JOB_TIMEOUT_MS)
    since = product.n_lines()
    os.kill(product.pid("gateway"), signal.SIGKILL)
    product.wait_for_line("gateway", since)
    wait_until_ready(page, 6, 6)


class TestPhone:
    """A phone's screen."""

    @pytest.fixture
    def viewport(self) -> tuple[int, int]:
        """Return the size of a phone's screen."""
        return 375, 812

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_form_and_grid_fit(
        self, page: Page, scheme: str, suspended: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        choose(page, "Basement funk", "Harbour at noon")
        assert violations(page) == []
        with suspended("vae"):
            begin(page, 3)
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == 375
        wait_until_ready(page, 3, 3)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 375
