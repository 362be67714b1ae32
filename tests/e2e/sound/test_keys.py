"""Keys: each does what the list of keys says, and none fires where it would be in the way."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.sound.measured_pieces import tone_piece
from e2e.sound.transport_page import Transport
from e2e.test_accessibility import violations

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Upload = Callable[[bytes], str]


@pytest.fixture
def viewport() -> tuple[int, int]:
    """Return the size of the window."""
    return 1440, 900


@pytest.fixture
def paused(page: Page, songs: dict[str, Path], upload: Upload) -> Transport:
    """The transport with a piece of four roles, in 4/4 at 110 BPM, that was paused at its beginning."""
    transport = Transport(page)
    transport.open(upload(songs["funk"].read_bytes()))
    transport.play_button.click()
    transport.wait_until(0.3)
    transport.bar.get_by_role("button", name="Pause").click()
    transport.expect_playing(False)
    leave_focus(page)
    return transport


def leave_focus(page: Page) -> None:
    """Take the focus from whatever has it."""
    page.evaluate(
        """() => {
          let focused = document.activeElement;
          while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
          focused?.blur();
        }"""
    )


def test_space_plays_and_home_goes_back(page: Page, paused: Transport) -> None:
    page.keyboard.press("Space")
    paused.expect_playing()
    paused.wait_until(1)
    page.keyboard.press("Space")
    paused.expect_playing(False)
    page.keyboard.press("Home")
    paused.expect_time(0)


def test_arrows_move_by_beats_and_with_shift_by_bars(page: Page, paused: Transport) -> None:
    beat_s = 60 / 110
    page.keyboard.press("Home")
    paused.expect_time(0)
    for beat in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        paused.expect_time(beat * beat_s)
    page.keyboard.press("ArrowLeft")
    paused.expect_time(2 * beat_s)
    page.keyboard.press("Shift+ArrowRight")
    paused.expect_time(4 * beat_s)
    page.keyboard.press("Shift+ArrowRight")
    paused.expect_time(8 * beat_s)
    page.keyboard.press("Shift+ArrowLeft")
    paused.expect_time(4 * beat_s)


def test_l_loops_the_phrase(page: Page, paused: Transport) -> None:
    page.keyboard.press("l")
    expect(paused.loop_button).to_have_attribute("aria-pressed", "true")
    expect(paused.bar.get_by_label("First bar of the loop")).to_have_value("1")
    expect(paused.bar.get_by_label("Last bar of the loop")).to_have_value("4")
    page.keyboard.press("l")
    expect(paused.loop_button).to_have_attribute("aria-pressed", "false")


def test_m_and_s_change_the_role_that_has_the_focus(page: Page, paused: Transport) -> None:
    mixer = page.locator("result-stage stem-mixer")
    mute = mixer.get_by_role("button", name="Mute Bass")
    solo = mixer.get_by_role("button", name="Solo Bass")
    mute.focus()
    page.keyboard.press("m")
    expect(mute).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    expect(mute).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("s")
    expect(solo).to_have_attribute("aria-pressed", "true")
    expect(mixer.get_by_role("button", name="Solo Lead")).to_have_attribute("aria-pressed", "false")


def test_p_goes_to_the_player_from_anywhere(page: Page, paused: Transport) -> None:
    page.get_by_role("link", name="Gallery", exact=True).focus()
    page.keyboard.press("p")
    expect(paused.bar.get_by_role("button", name="Play", exact=True)).to_be_focused()


def test_zoom_and_follow_reach_the_roll(page: Page, paused: Transport) -> None:
    page.evaluate(
        "() => { window.asked = []; for (const name of ['roll-zoom', 'roll-follow'])"
        " window.addEventListener(name, ({ type, detail }) => window.asked.push([type, detail])); }"
    )
    for key in ("+", "-", "f"):
        page.keyboard.press(key)
    assert page.evaluate("window.asked") == [["roll-zoom", 1], ["roll-zoom", -1], ["roll-follow", None]]
    length = page.locator("result-stage piano-roll .length")
    before = length.evaluate("element => element.clientWidth")
    page.keyboard.press("+")
    page.wait_for_function("([element, width]) => element.clientWidth > width", arg=[length.element_handle(), before])


def test_a_question_mark_lists_all_keys(page: Page, paused: Transport) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    for key in ("Space", "←", "→", "Home", "L", "1", "2", "3", "M", "S", "+", "−", "F", "P", "?"):
        expect(dialog.locator("kbd", has_text=re.compile(f"^{re.escape(key)}$")).first).to_be_visible()
    assert violations(page) == []
    # The keys are the dialog's while it is open.
    page.keyboard.press("l")
    expect(paused.loop_button).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_single_letters_can_be_switched_off_and_stay_off(page: Page, paused: Transport) -> None:
    paused.bar.get_by_role("button", name="Keyboard shortcuts").click()
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    dialog.get_by_label("Use single letters").uncheck()
    dialog.get_by_role("button", name="Close").click()
    leave_focus(page)
    page.keyboard.press("l")
    page.keyboard.press("Space")
    paused.expect_playing()
    expect(paused.loop_button).to_have_attribute("aria-pressed", "false")
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_no_key_fires_in_a_field_or_a_slider(page: Page, paused: Transport) -> None:
    page.get_by_role("tab", name="Settings", exact=True).click()
    seed = page.get_by_label("Seed")
    seed.focus()
    for key in ("l", "Space", "?", "1", "p", "m"):
        page.keyboard.press(key)
    expect(seed).to_be_focused()
    paused.volume.focus()
    for key in ("l", "Space", "?", "ArrowLeft"):
        page.keyboard.press(key)
    expect(paused.volume).to_have_value("95")
    expect(paused.loop_button).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("dialog")).to_have_count(0)
    paused.expect_playing(False)


def test_keys_with_control_are_the_browsers(page: Page, paused: Transport) -> None:
    page.keyboard.press("Control+l")
    page.keyboard.press("Alt+1")
    expect(paused.loop_button).to_have_attribute("aria-pressed", "false")


def test_the_desk_has_a_transport_before_anything_plays(page: Page, upload: Upload) -> None:
    page.goto("/fuse")
    transport = Transport(page)
    expect(transport.bar).to_be_visible()
    expect(transport.bar.get_by_text("Nothing is playing yet")).to_be_visible()
    transport.open(upload(tone_piece()))
    page.keyboard.press("Space")
    transport.expect_playing(False)
