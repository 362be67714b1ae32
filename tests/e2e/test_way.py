"""From A to B by ear: the slider whose stops are ready, a weight for a section, and what pulls a blend."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, wait_until_heard

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

VECTORS = Path(__file__).parents[2] / "models" / "vae-attributes" / "vectors.npz"

Bars = list[list[tuple[str, int]]]


def fill(fuse: FusePage, songs: dict[str, Path]) -> None:
    """Put two pieces into the slots."""
    fuse.open()
    for letter, song in (("A", "funk"), ("B", "pop")):
        fuse.add(letter, songs[song])
        fuse.holds(letter, song)


def bars_of(notes: dict[str, Any]) -> Bars:
    """Give role and pitch of the notes that begin in each bar, in order."""
    found: Bars = [[] for _ in notes["bars_s"]]
    for track in notes["tracks"]:
        for onset_s, _, pitch, _ in track["notes"]:
            bar = sum(start_s <= onset_s + 1e-3 for start_s in notes["bars_s"]) - 1
            found[bar].append((str(track["role"]), pitch))
    return [sorted(bar) for bar in found]


def count(notes: dict[str, Any], role: str) -> int:
    """Count the notes of a role."""
    return sum(len(track["notes"]) for track in notes["tracks"] if track["role"] == role)


def same(one: Bars, other: Bars) -> Sequence[int]:
    """Name the bars that are alike in both."""
    return [place for place, (bar, bar_too) in enumerate(zip(one, other, strict=True)) if bar == bar_too]


def test_the_way_is_slid_through_with_sound_and_picture(page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
    fill(fuse, songs)
    page.get_by_role("button", name="Hear the way from A to B").click()
    roll = page.get_by_role("region", name="The way from A to B").get_by_role("img")
    expect(roll).to_have_accessible_name("Piano roll of funk to pop, 50%")
    slider = page.get_by_role("slider", name="Slide from A to B")
    expect(slider).to_have_attribute("aria-valuetext", "50 % A, 50 % B")

    page.locator("interpolation-slider play-button button").click()
    wait_until_heard(page)
    audio = page.locator("audio").element_handle()
    before = audio.evaluate("audio => audio.src")
    slider.press("ArrowRight")
    expect(roll).to_have_accessible_name("Piano roll of funk to pop, 60%")
    expect(page.locator("interpolation-roll canvas")).to_have_attribute("data-notes", re.compile(r"^[1-9]"))
    page.wait_for_function("([audio, before]) => audio.src !== before", arg=[audio, before])
    wait_until_heard(page)
    # What was heard is what will be blended.
    expect(page.get_by_role("slider", name="Weight from A to B")).to_have_attribute("aria-valuetext", "40 % A, 60 % B")

    page.get_by_role("slider", name="Weight from A to B").fill("100")
    expect(roll).to_have_accessible_name("Piano roll of funk to pop, 100%")
    page.get_by_role("button", name="Swap A and B").click()
    expect(page.get_by_role("button", name="Hear the way from A to B")).to_be_visible()


def test_a_section_of_its_own_changes_its_bars_and_no_others(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    fill(fuse, songs)
    strip = fuse.slot("A").get_by_role("list", name="Sections of piece A").get_by_role("listitem")
    expect(strip).to_have_count(3)
    page.get_by_role("slider", name="Weight from A to B").fill("0")
    page.get_by_text("A weight for each section").click()
    page.get_by_role("checkbox", name="Section B by itself").check()
    page.get_by_role("slider", name="Weight of section B from A to B").fill("100")
    fuse.start()
    file_id = fuse.finish()
    expect(fuse.result.get_by_role("list", name="Its sections").get_by_role("listitem")).to_have_count(3)

    job = fuse.job(client)
    asked = job["request"]
    assert (asked["weight"], asked["section_weights"]) == (0, [{"label": "B", "weight": 1}])
    sections = job["results"][0]["sections"]
    inside = {
        bar
        for section in sections
        if section["label"] == "B"
        for bar in range(section["first_bar"], section["first_bar"] + section["bars"])
    }
    plain = client.wait_until_ended(client.start_job("vae", file_ids=asked["file_ids"], weight=0, seed=asked["seed"]))
    notes, plain_notes = [
        client.http.get(f"/files/{one}/notes").json() for one in (file_id, plain["results"][0]["file_id"])
    ]
    alike = same(bars_of(notes), bars_of(plain_notes))
    assert set(alike) == set(range(len(notes["bars_s"]))) - inside
    for section in sections:
        assert section["start_s"] == pytest.approx(notes["bars_s"][section["first_bar"]], abs=1e-3)


@pytest.mark.skipif(not VECTORS.exists(), reason="the directions of the sliders are not installed")
def test_a_slider_pulls_the_blend(page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient) -> None:
    fill(fuse, songs)
    page.get_by_text("Pull the blend").click()
    page.get_by_role("slider", name="Density").fill("1")
    fuse.start()
    much = fuse.finish()
    request = fuse.job(client)["request"]
    assert request["sliders"] == {"density": 1}
    little = client.wait_until_ended(client.start_job("vae", **{**request, "sliders": {"density": -1}}))["results"][0][
        "file_id"
    ]
    dense, sparse = [client.http.get(f"/files/{file_id}/notes").json() for file_id in (much, little)]
    assert count(dense, "lead") > count(sparse, "lead")
