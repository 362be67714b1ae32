"""The pages can be used by everybody: axe finds nothing, and a keyboard is enough."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, wait_until_heard

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIND_VIOLATIONS = """async rules => (await axe.run(document, { runOnly: rules })).violations.map(
  ({ impact, id, nodes }) => `${impact} ${id}: ${nodes.map(node => node.target.join(' ')).join('; ')}`)"""
NAME_OF_FOCUSED = """() => {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const label = focused?.labels?.[0] ?? focused;
  return focused?.getAttribute('aria-label') ?? label?.textContent?.trim() ?? '';
}"""
MAX_STOPS = 90


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    page.evaluate(AXE.read_text())
    return list(page.evaluate(FIND_VIOLATIONS, RULES))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something whose name begins so has the focus."""
    names = []
    for _ in range(MAX_STOPS):
        page.keyboard.press("Tab")
        names.append(page.evaluate(NAME_OF_FOCUSED))
        if names[-1].startswith(name):
            return
    raise AssertionError(f"no {name!r} among the stops: {names}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "address", ["/", "/fuse?method=vae", "/fuse?method=gan", "/fuse?method=hybrid", "/gallery", "/how-it-works"]
)
def test_axe_finds_nothing(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert violations(page) == []


def test_axe_finds_nothing_in_a_blend_from_beginning_to_end(
    page: Page, fuse: FusePage, songs: dict[str, Path], halted: Callable[[str], AbstractContextManager[None]]
) -> None:
    fuse.open()
    fuse.add("A", songs["funk"])
    fuse.holds("A", "funk")
    fuse.add("B", songs["broken"])
    expect(fuse.slot("B").get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    fuse.add("B", songs["pop"])
    fuse.holds("B", "pop")
    page.get_by_text("A weight for each role").click()
    page.get_by_role("checkbox", name="Bass by itself").check()
    page.get_by_text("A weight for each section").click()
    page.get_by_role("checkbox", name="Section B by itself").check()
    page.get_by_text("Pull the blend").click()
    page.get_by_role("button", name="Hear the way from A to B").click()
    expect(page.get_by_role("slider", name="Slide from A to B")).to_be_visible()
    assert violations(page) == []
    with halted("vae"):
        fuse.start()
        expect(fuse.progress).to_be_visible()
        assert violations(page) == []
    fuse.finish()
    fuse.roll_pixels()
    fuse.result.locator("play-button[wide] button").click()
    wait_until_heard(page)
    assert violations(page) == []


def test_a_keyboard_is_enough_from_home_to_sound(page: Page, songs: dict[str, Path]) -> None:
    to_choose = iter(["funk", "waltz"])
    page.on("filechooser", lambda chooser: chooser.set_files(songs[next(to_choose)]))
    page.goto("/")
    tab_to(page, "Blend two pieces")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Fuse")).to_be_visible()
    for letter, song in (("A", "funk"), ("B", "waltz")):
        tab_to(page, f"Choose a MIDI file or a recording for piece {letter}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=song)).to_be_focused()
    tab_to(page, "Weight from A to B")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("49 % A, 51 % B").first).to_be_visible()
    tab_to(page, "Blend")
    page.keyboard.press("Enter")
    fuse = FusePage(page)
    fuse.finish()
    tab_to(page, "Play Blend of")
    page.keyboard.press("Enter")
    wait_until_heard(page)


def test_tabs_of_methods_turn_with_the_arrows(page: Page) -> None:
    page.goto("/fuse?method=vae")
    page.get_by_role("tab", name="Blend").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Generate")).to_be_focused()
    expect(page.get_by_role("tab", name="Generate")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile("method=gan"))
    page.keyboard.press("Home")
    expect(page.get_by_role("tab", name="Blend")).to_be_focused()
