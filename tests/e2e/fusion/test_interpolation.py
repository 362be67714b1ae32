"""Previews from A to B, a weight per section, and attribute sliders."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import JOB_TIMEOUT_MS, FusePage, wait_until_playing

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Bars = list[list[tuple[str, int]]]


def add_two_pieces(fuse: FusePage, songs: dict[str, Path]) -> None:
    """Put two pieces into the slots."""
    fuse.open()
    for letter, song in (("A", "funk"), ("B", "pop")):
        fuse.add_file(letter, songs[song])
        fuse.expect_piece(letter, song)


def notes_per_bar(notes: dict[str, Any]) -> Bars:
    """Return role and pitch of the notes that start in each bar, sorted."""
    bars: Bars = [[] for _ in notes["bars_s"]]
    for track in notes["tracks"]:
        for onset_s, _, pitch, _ in track["notes"]:
            bar = sum(start_s <= onset_s + 1e-3 for start_s in notes["bars_s"]) - 1
            bars[bar].append((str(track["role"]), pitch))
    return [sorted(bar) for bar in bars]


def count_notes(notes: dict[str, Any], role: str) -> int:
    """Return the number of notes of a role."""
    return sum(len(track["notes"]) for track in notes["tracks"] if track["role"] == role)


def equal_bars(one: Bars, other: Bars) -> Sequence[int]:
    """Return the indices of the bars that are equal in both pieces."""
    return [index for index, (left, right) in enumerate(zip(one, other, strict=True)) if left == right]


def test_previews_are_played_and_shown(page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
    add_two_pieces(fuse, songs)
    page.get_by_role("button", name="Preview the morph").click()
    roll = fuse.stage.get_by_role("img")
    expect(roll).to_have_accessible_name("Piano roll of funk to pop, 50%", timeout=JOB_TIMEOUT_MS)
    expect(page.get_by_role("slider", name="Blend weight", exact=True)).to_have_count(1)
    expect(fuse.weight).to_have_attribute("aria-valuetext", "50% A, 50% B")

    fuse.stage.get_by_role("button", name="Play funk to pop").click()
    wait_until_playing(page)
    title = page.get_by_role("region", name="Player").locator(".title strong")
    previous = title.inner_text()
    # The one slider is that of the blend and selects the preview.
    fuse.weight.fill("61")
    expect(roll).to_have_accessible_name("Piano roll of funk to pop, 60%")
    expect(page.locator("interpolation-roll canvas")).to_have_attribute("data-notes", re.compile(r"^[1-9]"))
    expect(title).not_to_have_text(previous)
    wait_until_playing(page)

    fuse.weight.fill("100")
    expect(roll).to_have_accessible_name("Piano roll of funk to pop, 100%")
    page.get_by_role("button", name="Swap A and B").click()
    expect(page.get_by_role("button", name="Preview the morph")).to_be_visible()


def test_a_section_weight_changes_only_the_bars_of_that_section(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    add_two_pieces(fuse, songs)
    strip = fuse.slot("A").get_by_role("list", name="Sections of piece A").get_by_role("listitem")
    expect(strip).to_have_count(3)
    fuse.weight.fill("0")
    fuse.panel("Sections")
    page.get_by_role("slider", name="Blend weight of section 2").fill("100")
    fuse.submit()
    file_id = fuse.wait_for_result()
    expect(fuse.result.get_by_role("list", name="Sections").get_by_role("listitem")).to_have_count(3)

    job = fuse.job(client)
    request = job["request"]
    assert (request["weight"], request["section_weights"]) == (0, [{"label": "B", "weight": 1}])
    sections = job["results"][0]["sections"]
    section_bars = {
        bar
        for section in sections
        if section["label"] == "B"
        for bar in range(section["first_bar"], section["first_bar"] + section["bars"])
    }
    half = request | {"section_weights": [{"label": "B", "weight": 0.5}]}
    other = client.wait_until_ended(client.start_job("vae", **half))
    notes, other_notes = [
        client.http.get(f"/files/{one}/notes").json() for one in (file_id, other["results"][0]["file_id"])
    ]
    unchanged = set(equal_bars(notes_per_bar(notes), notes_per_bar(other_notes)))
    assert unchanged >= set(range(len(notes["bars_s"]))) - section_bars
    assert section_bars - unchanged
    for section in sections:
        assert section["start_s"] == pytest.approx(notes["bars_s"][section["first_bar"]], abs=1e-3)


def test_an_attribute_slider_changes_the_blend(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    add_two_pieces(fuse, songs)
    fuse.panel("Shape the result")
    page.get_by_role("slider", name="Density").fill("1")
    fuse.submit()
    dense_id = fuse.wait_for_result()
    request = fuse.job(client)["request"]
    assert request["sliders"] == {"density": 1}
    sparse_job = client.wait_until_ended(client.start_job("vae", **{**request, "sliders": {"density": -1}}))
    sparse_id = sparse_job["results"][0]["file_id"]
    dense, sparse = [client.http.get(f"/files/{file_id}/notes").json() for file_id in (dense_id, sparse_id)]
    assert count_notes(dense, "lead") > count_notes(sparse, "lead")
