"""Accessibility: axe finds no violations, and the keyboard is enough."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.fuse_page import JOB_TIMEOUT_MS, FusePage, wait_until_playing

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIND_VIOLATIONS = """async rules => (await axe.run(document, { runOnly: rules })).violations.map(
  ({ impact, id, nodes }) => `${impact} ${id}: ${nodes.map(node => node.target.join(' ')).join('; ')}`)"""
FOCUSED_NAME = """() => {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const label = focused?.labels?.[0] ?? focused;
  return focused?.getAttribute('aria-label') ?? label?.textContent?.trim() ?? '';
}"""
MAX_TABS = 90
PATHS = [
    "/",
    "/fuse?method=vae",
    "/fuse?method=gan",
    "/fuse?method=hybrid",
    "/library",
    "/batch",
    "/gallery",
    "/how-it-works",
    "/account",
]
COLORS: list[dict[str, Any]] = [
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
    {"color_scheme": "dark", "forced_colors": "active"},
]


def violations(page: Page) -> list[str]:
    """Return the violations that axe finds in the current state of the page."""
    page.evaluate(AXE.read_text())
    return list(page.evaluate(FIND_VIOLATIONS, RULES))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until an element whose name starts with the given one has the focus."""
    names = []
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        names.append(page.evaluate(FOCUSED_NAME))
        if names[-1].startswith(name):
            return
    raise AssertionError(f"no {name!r} among the focused elements: {names}")


@pytest.mark.parametrize("viewport", [(1440, 900), (1280, 800), (375, 667)], ids=lambda size: f"{size[0]}")
@pytest.mark.parametrize("path", PATHS)
def test_pages_have_no_violations(page: Page, path: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    found = {}
    for colors in COLORS:
        page.emulate_media(**colors)
        found[str(colors)] = violations(page)
    assert found == {str(colors): [] for colors in COLORS}


@pytest.mark.parametrize("path", PATHS)
def test_german_pages_have_no_violations(page: Page, path: str) -> None:
    page.goto("/")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html[lang=de]")).to_have_count(1)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert violations(page) == []


def test_a_blend_has_no_violations_from_start_to_end(
    page: Page, fuse: FusePage, songs: dict[str, Path], suspended: Callable[[str], AbstractContextManager[None]]
) -> None:
    fuse.open()
    fuse.add_file("A", songs["funk"])
    fuse.expect_piece("A", "funk")
    fuse.add_file("B", songs["broken"])
    expect(fuse.slot("B").get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    fuse.add_file("B", songs["pop"])
    fuse.expect_piece("B", "pop")
    page.get_by_role("slider", name="Blend weight of Chords").press("End")
    for panel in ("Mix over time", "Parts", "Sections", "Shape the result", "Settings", "Ingredients"):
        fuse.panel(panel)
        assert violations(page) == [], panel
    page.get_by_role("button", name="Preview the morph").click()
    expect(fuse.stage.get_by_role("img")).to_be_visible(timeout=JOB_TIMEOUT_MS)
    assert violations(page) == []
    with suspended("vae"):
        fuse.submit()
        expect(fuse.progress).to_be_visible()
        assert violations(page) == []
    fuse.wait_for_result()
    fuse.count_note_pixels()
    page.get_by_role("button", name="Lead by parent").click()
    page.get_by_text("Show as a table").click()
    page.get_by_role("slider", name="Bar of the blend").press("ArrowRight")
    assert violations(page) == []
    fuse.play()
    wait_until_playing(page)
    assert violations(page) == []


def test_the_keyboard_is_enough_from_home_to_playback(page: Page, songs: dict[str, Path]) -> None:
    file_names = iter(["funk", "waltz"])
    page.on("filechooser", lambda chooser: chooser.set_files(songs[next(file_names)]))
    page.goto("/")
    tab_to(page, "Blend\n")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Fuse")).to_be_visible()
    for letter, song in (("A", "funk"), ("B", "waltz")):
        tab_to(page, f"Choose a MIDI file or a recording for piece {letter}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=song)).to_be_focused()
    tab_to(page, "Blend weight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("49% A, 51% B").first).to_be_visible()
    tab_to(page, "Blend")
    page.keyboard.press("Enter")
    fuse = FusePage(page)
    fuse.wait_for_result()
    # It plays by itself, and a key stops it.
    wait_until_playing(page)
    tab_to(page, "Pause funk x waltz, 51%")
    page.keyboard.press("Enter")
    expect(fuse.play_button).to_have_accessible_name(re.compile("^Play"))


def test_arrow_keys_switch_between_method_tabs(page: Page) -> None:
    page.goto("/fuse?method=vae")
    page.get_by_role("tab", name="Blend", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Generate", exact=True)).to_be_focused()
    expect(page.get_by_role("tab", name="Generate", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile("method=gan"))
    page.keyboard.press("Home")
    expect(page.get_by_role("tab", name="Blend", exact=True)).to_be_focused()
