"""New pieces, and hybrids of them, in a real browser against the real product."""

import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, file_id_of, wait_until_heard

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AUDIBLE_RMS = 0.005


def test_several_pieces_are_generated_from_one_seed(page: Page, fuse: FusePage, client: GatewayClient) -> None:
    fuse.open("gan")
    page.get_by_label("How many").fill("2")
    page.get_by_label("Bars").fill("8")
    page.get_by_label("Seed").fill("4711")
    page.get_by_label("Seed").blur()
    fuse.start()
    first = fuse.finish()
    expect(fuse.result.locator("article .made")).to_contain_text("8 bars")
    assert fuse.roll_pixels() > 500
    assert client.duration_and_rms(first)[1] > AUDIBLE_RMS

    choices = page.get_by_role("group", name="2 pieces, each from a seed of its own")
    expect(choices.get_by_role("radio")).to_have_count(2)
    choices.get_by_role("radio").nth(1).check(force=True)
    expect(fuse.result.locator("article download-links a").first).not_to_have_attribute(
        "href", f"/download/{first}?format=mid"
    )
    second = file_id_of(fuse.result.locator("article"))
    assert client.download_midi(second) != client.download_midi(first)


def test_a_hybrid_comes_with_both_parents_to_hear(page: Page, fuse: FusePage, client: GatewayClient) -> None:
    fuse.open("hybrid")
    page.get_by_label("Bars").fill("8")
    page.get_by_label("Style of parent A").select_option(index=1)
    expect(fuse.obstacle).to_have_text("Choose both styles, or leave both open.")
    page.get_by_label("Style of parent B").select_option(index=2)
    page.get_by_role("slider", name="Weight from A to B").fill("30")
    fuse.start()
    hybrid = fuse.finish()
    assert fuse.roll_pixels() > 500

    parents = fuse.result.locator("ul.parents > li")
    expect(parents).to_have_count(2)
    ids = [file_id_of(parents.nth(place)) for place in (0, 1)]
    # What was drawn for the first was asked of the second.
    made = [file["made"] for file in fuse.job(client)["parents"]]
    assert [(one["bars"], one["meter"]) for one in made] == [(8, made[0]["meter"])] * 2
    assert made[0]["bpm"] == pytest.approx(made[1]["bpm"], rel=0.01)
    assert len({hybrid, *ids}) == 3
    parents.nth(1).get_by_role("button", name="Play").click()
    wait_until_heard(page)
    expect(parents.nth(1).get_by_role("button", name="Pause")).to_be_visible()
    for file_id in ids:
        assert client.duration_and_rms(file_id)[1] > AUDIBLE_RMS
