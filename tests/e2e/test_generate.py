"""Generated pieces and hybrids, in a real browser against the running product."""

import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, linked_file_id, wait_until_playing

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AUDIBLE_RMS = 0.005


def test_several_pieces_are_generated_from_one_seed(page: Page, fuse: FusePage, client: GatewayClient) -> None:
    fuse.open("gan")
    page.get_by_label("Number of pieces").fill("2")
    page.get_by_label("Bars").fill("8")
    page.get_by_label("Seed").fill("4711")
    page.get_by_label("Seed").blur()
    fuse.submit()
    first = fuse.wait_for_result()
    expect(fuse.stage.locator(".generation").first).to_contain_text("8 bars")
    assert fuse.count_note_pixels() > 500
    assert client.duration_and_rms(first)[1] > AUDIBLE_RMS

    choices = page.get_by_role("group", name="2 pieces, each with its own seed")
    expect(choices.get_by_role("radio")).to_have_count(2)
    choices.get_by_role("radio").nth(1).check(force=True)
    expect(fuse.result.locator("article download-links a").first).not_to_have_attribute(
        "href", f"/download/{first}?format=mid"
    )
    second = linked_file_id(fuse.result.locator("article"))
    assert client.download_midi(second) != client.download_midi(first)


def test_a_hybrid_comes_with_both_parents(page: Page, fuse: FusePage, client: GatewayClient) -> None:
    fuse.open("hybrid")
    fuse.panel("Settings")
    page.get_by_label("Bars").fill("8")
    page.get_by_label("Style of piece A").select_option(index=1)
    style = page.get_by_label("Style of piece A").input_value()
    fuse.weight.fill("30")
    fuse.submit()
    hybrid = fuse.wait_for_result()
    assert fuse.count_note_pixels() > 500

    parents = fuse.result.locator("ul.parents > li")
    expect(parents).to_have_count(2)
    ids = [linked_file_id(parents.nth(index)) for index in (0, 1)]
    assert fuse.job(client)["request"]["styles"] == [style, None]
    # The second parent was generated with the bars, meter and tempo of the first.
    generations = [file["made"] for file in fuse.job(client)["parents"]]
    assert [(one["bars"], one["meter"]) for one in generations] == [(8, generations[0]["meter"])] * 2
    assert generations[0]["bpm"] == pytest.approx(generations[1]["bpm"], rel=0.01)
    assert len({hybrid, *ids}) == 3
    parents.nth(1).get_by_role("button", name="Play").click()
    wait_until_playing(page)
    expect(parents.nth(1).get_by_role("button", name="Pause")).to_be_visible()
    for file_id in ids:
        assert client.duration_and_rms(file_id)[1] > AUDIBLE_RMS
