"""The library: nothing is lost, and everything can be played, opened, named, starred, deleted and found again."""

import json
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import midi_fixtures
import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, Route, expect
from startall.testing import RunningProduct

from e2e.fuse_page import FusePage, wait_until_playing
from e2e.library.library_page import LibraryClient, LibraryPage
from e2e.test_accessibility import violations

PURGE_TIMEOUT_S = 60.0

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Suspend = Callable[[str], AbstractContextManager[None]]
FACTS = re.compile(r"^[A-G][♯♭]? (major|minor) · [\d.]+ BPM · \d/\d · \d+ bars · \d:\d\d$")
SIZES = {"1440": (1440, 900), "1280": (1280, 800), "375": (375, 812)}


@pytest.fixture
def account(context: BrowserContext, page: Page) -> LibraryClient:
    """Return a client of the API as the account of the browser."""
    return LibraryClient(context.request, page)


@pytest.fixture
def library(page: Page) -> LibraryPage:
    """Return the page object of the library, not opened yet."""
    return LibraryPage(page)


@pytest.fixture
def blend(account: LibraryClient, songs: dict[str, Path]) -> dict[str, Any]:
    """A blend of two uploads, Funk and Waltz."""
    ids = [account.upload(songs[name], name.capitalize()) for name in ("funk", "waltz")]
    return account.make("vae", file_ids=ids, weight=0.6, seed=1)


def test_three_blends_are_listed_after_all_pages_were_closed(
    context: BrowserContext, page: Page, fuse: FusePage, songs: dict[str, Path]
) -> None:
    fuse.open()
    fuse.add_file("A", songs["funk"])
    fuse.expect_piece("A", "funk")
    fuse.add_file("B", songs["pop"])
    fuse.expect_piece("B", "pop")
    for _ in range(3):
        fuse.weight.press("PageUp")
        fuse.submit()
        fuse.wait_for_result()
    page.close()

    again = context.new_page()
    again.goto("/")
    again.get_by_role("link", name="Library", exact=True).click()
    library = LibraryPage(again)
    expect(library.rows).to_have_count(5)
    titles = library.titles.all_inner_texts()
    assert len(set(titles)) == 5
    assert all(re.fullmatch(r"funk x pop, \d+%", title) for title in titles[:3])
    assert titles[3:] == ["pop", "funk"]
    for row in (library.rows.nth(index) for index in range(3)):
        expect(row.locator(".origin")).to_have_text(re.compile(r"Blend:\s+A funk, B pop"))
        expect(row.locator(".facts")).to_have_text(FACTS)
        expect(row.get_by_role("img", name=re.compile(r"^\d+% B$"))).to_be_visible()
        expect(row.locator("time")).to_have_text(re.compile("now|ago"))
        expect(row.locator(".time")).to_contain_text("expires in 7 days")
    library.rows.first.get_by_role("button", name=re.compile("^Play")).click()
    wait_until_playing(again)
    library.titles.first.get_by_role("link").click()
    expect(again.locator("result-header h2")).to_have_text(titles[0])
    again.go_back()
    expect(library.titles.first).to_have_text(titles[0])


def test_a_new_name_stays_and_is_the_name_of_the_download(
    page: Page, library: LibraryPage, account: LibraryClient, blend: dict[str, Any]
) -> None:
    library.open()
    library.rename("Funk x Waltz, 60%", "Night <b>train</b>")
    expect(library.row("Night <b>train</b>")).to_be_visible()
    page.reload()
    expect(library.titles.first).to_have_text("Night <b>train</b>")
    library.titles.first.get_by_role("link").click()
    expect(page.locator("result-header h2")).to_have_text("Night <b>train</b>")
    with page.expect_download() as download:
        page.locator("job-result article").get_by_role("link", name="Download MIDI", exact=True).click()
    assert account.get(f"/files/{blend['file_id']}")["name"] == "Night <b>train<-b>.mid"
    assert re.fullmatch(r"Night .?b.?train.*\.mid", unquote(download.value.suggested_filename))


def test_a_name_that_cannot_be_shown_is_refused_in_place(library: LibraryPage, blend: dict[str, Any]) -> None:
    library.open()
    library.rename("Funk x Waltz, 60%", "x" * 10_240)
    row = library.row("Funk x Waltz, 60%")
    expect(row.get_by_role("alert")).to_contain_text("up to 120 characters; this one has 10,240")
    row.get_by_role("textbox").press("Escape")
    expect(row.get_by_role("button", name=re.compile("^Rename"))).to_be_focused()
    expect(library.titles.first).to_have_text("Funk x Waltz, 60%")


def test_a_starred_piece_never_expires(page: Page, library: LibraryPage, blend: dict[str, Any]) -> None:
    library.open()
    row = library.row("Funk x Waltz, 60%")
    star = row.get_by_role("button", name="Star Funk x Waltz, 60%")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(row.locator(".time")).to_contain_text("never expires")
    page.get_by_role("button", name="Starred", exact=True).click()
    expect(library.rows).to_have_count(1)
    page.reload()
    expect(library.rows).to_have_count(1)
    expect(page.get_by_role("button", name="Starred", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_deletion_is_undone_or_final(
    page: Page, library: LibraryPage, account: LibraryClient, blend: dict[str, Any], product: RunningProduct
) -> None:
    page.clock.install()
    library.open()
    title, path = "Funk x Waltz, 60%", f"/files/{blend['file_id']}"
    library.delete(title)
    expect(library.row(title)).to_have_count(0)
    expect(library.undo_bar).to_contain_text("“Funk x Waltz, 60%” deleted")
    assert account.status(path) == 404
    library.undo_bar.get_by_role("button", name="Undo").click()
    expect(library.row(title)).to_be_visible()
    assert account.status(path) == 200

    library.delete(title)
    expect(library.undo_bar).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.run_for(9_000)
    expect(library.undo_bar).to_be_visible()
    page.clock.run_for(2_000)
    expect(library.undo_bar).to_have_count(0)
    stored = product.data / "artifacts" / "files" / f"{blend['file_id']}.mid"
    deadline_s = time.monotonic() + PURGE_TIMEOUT_S
    while stored.exists() and time.monotonic() < deadline_s:
        account.get("/health/live")
    assert not stored.exists()
    assert account.status(path) == 404


def test_clearing_is_one_action_that_can_be_undone(page: Page, library: LibraryPage, blend: dict[str, Any]) -> None:
    library.open()
    library.row("Waltz").get_by_role("button", name="Star Waltz").click()
    expect(library.row("Waltz").locator(".time")).to_contain_text("never expires")
    page.get_by_role("button", name="Clear library").click()
    expect(library.titles).to_have_text(["Waltz"])
    expect(library.undo_bar).to_contain_text("2 pieces deleted")
    library.undo_bar.get_by_role("button", name="Undo").click()
    expect(library.titles).to_have_text(["Funk x Waltz, 60%", "Waltz", "Funk"])


def test_two_tabs_show_the_same(context: BrowserContext, library: LibraryPage, blend: dict[str, Any]) -> None:
    library.open()
    other = LibraryPage(context.new_page())
    other.open()
    expect(other.rows).to_have_count(3)
    library.rename("Funk x Waltz, 60%", "Night train")
    expect(other.row("Night train")).to_be_visible(timeout=5_000)
    other.delete("Night train")
    expect(library.rows).to_have_count(2, timeout=5_000)
    other.undo_bar.get_by_role("button", name="Undo").click()
    expect(library.row("Night train")).to_be_visible(timeout=5_000)


def test_what_runs_is_listed_until_its_result_is(
    page: Page, library: LibraryPage, account: LibraryClient, blend: dict[str, Any], suspended: Suspend
) -> None:
    library.open()
    ids = [parent["file_id"] for parent in account.get(f"/files/{blend['file_id']}")["provenance"]["parents"]]
    with suspended("vae"):
        job_id = account.start("vae", file_ids=ids, weight=0.1, seed=2)
        page.reload()
        progress = page.get_by_role("progressbar", name="Progress of Blend: Funk x Waltz")
        expect(progress).to_be_visible()
        assert violations(page) == []
    account.wait(job_id)
    expect(library.titles.first).to_have_text("Funk x Waltz, 10%")
    expect(progress).to_have_count(0)


def test_the_library_is_searched_filtered_and_read_in_pages(
    page: Page, library: LibraryPage, account: LibraryClient, blend: dict[str, Any], songs: dict[str, Path]
) -> None:
    for number in range(54):
        account.upload(songs["pop"], f"Étude {number}")
    library.open()
    expect(library.count).to_have_text("57 pieces")
    expect(library.rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(library.rows).to_have_count(57)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    library.search.fill("funk WALTZ")
    expect(library.titles).to_have_text(["Funk x Waltz, 60%"])
    library.search.fill("étude 53")
    expect(library.titles).to_have_text(["Étude 53"])
    page.reload()
    expect(library.search).to_have_value("étude 53")
    expect(library.titles).to_have_text(["Étude 53"])
    library.search.fill("nothing like it")
    page.get_by_role("button", name="Show everything").click()
    expect(library.rows).to_have_count(50)
    page.get_by_role("combobox", name="Show").select_option("Blends")
    expect(library.titles).to_have_text(["Funk x Waltz, 60%"])


def test_a_family_is_walked_both_ways(
    page: Page, library: LibraryPage, account: LibraryClient, blend: dict[str, Any], songs: dict[str, Path]
) -> None:
    pop = account.upload(songs["pop"], "Pop")
    account.make("vae", file_ids=[blend["file_id"], pop], weight=0.25, seed=1)
    library.open()
    grandchild = library.row("(Funk x Waltz) x Pop, 25%")
    grandchild.get_by_role("link", name="Funk x Waltz, 60%").click()
    expect(page.get_by_role("heading", name="Family of Funk x Waltz, 60%")).to_be_visible()
    parents, children = (
        page.get_by_role("region", name="Made from", exact=True),
        page.get_by_role("region", name="Made from it"),
    )
    expect(parents.get_by_role("link")).to_have_text(["Funk", "Waltz"])
    expect(children.get_by_role("link")).to_have_text(["(Funk x Waltz) x Pop, 25%"])
    assert violations(page) == []
    parents.get_by_role("link", name="Waltz").click()
    expect(page.get_by_role("heading", name="Family of Waltz")).to_be_visible()
    page.get_by_role("region", name="Made from it").get_by_role("link", name="Funk x Waltz, 60%").click()
    expect(page.get_by_role("heading", name="Family of Funk x Waltz, 60%")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Family of Waltz")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_size_shows_all_of_an_entry(
    page: Page, library: LibraryPage, account: LibraryClient, blend: dict[str, Any], size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    library.open()
    row = library.row("Funk x Waltz, 60%")
    for part in (".facts", ".origin", ".time", ".star", ".rename", ".delete", "mix-picture svg", "play-button"):
        box = row.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width, part
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    library.delete("Funk x Waltz, 60%")
    expect(library.undo_bar).to_be_visible()
    assert violations(page) == []


def test_an_empty_library_says_how_to_fill_it(page: Page, library: LibraryPage) -> None:
    library.open()
    expect(page.get_by_text("Nothing is here yet.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Blend two pieces").click()
    expect(page).to_have_url(re.compile("/fuse"))


def test_a_result_card_has_a_face(
    page: Page, fuse: FusePage, library: LibraryPage, blend: dict[str, Any], account: LibraryClient
) -> None:
    def add_notice(route: Route) -> None:
        file = route.fetch().json()
        notice = {"reason": "SHORTENED", "message": "Waltz: A note was cut.", "piece": "Waltz", "first_bar": 8}
        file["notices"].append(notice | {"file_id": file["provenance"]["parents"][1]["file_id"], "last_bar": 9})
        route.fulfill(body=json.dumps(file), content_type="application/json")

    page.route(f"**/files/{blend['file_id']}", add_notice)
    library.open()
    library.titles.first.get_by_role("link").click()
    expect(fuse.stage.locator("h2")).to_have_text("Funk x Waltz, 60%")
    expect(fuse.stage.locator("result-header .generation")).to_have_text(FACTS)
    shares = fuse.stage.get_by_role(
        "img", name=re.compile(r"^Share of each parent per bar\. On average A \d+%, B \d+%")
    )
    expect(shares).to_be_visible()
    n_bars = account.get(f"/files/{blend['file_id']}")["summary"]["bars"]
    expect(shares.locator(".bar")).to_have_count(n_bars)
    fuse.wait_for_waveform()
    assert violations(page) == []

    shares.locator(".bar").nth(4).click()
    wait_until_playing(page, from_s=5)
    fuse.result.get_by_text("What changed").click()
    cut = fuse.result.get_by_role("listitem").filter(has_text="A note was cut.")
    expect(cut.get_by_role("button")).to_have_text("Waltz, bars 9 to 10")
    cut.get_by_role("button").click()
    dock = page.get_by_role("region", name="Player")
    expect(dock).to_contain_text("Waltz")
    wait_until_playing(page, from_s=8)


def test_how_it_was_made_is_told_in_words_and_repeated_in_one_click(
    page: Page, fuse: FusePage, library: LibraryPage, account: LibraryClient, blend: dict[str, Any]
) -> None:
    library.open()
    library.titles.first.get_by_role("link").click()
    fuse.wait_for_result()
    fuse.result.get_by_text("How it was made").click()
    settings = fuse.result.locator("job-settings dl")
    for text in (
        "40% A (Funk), 60% B (Waltz)",
        "the key of A",
        "exact original|re-created by the model",
        "0.5 (default)",
    ):
        expect(settings).to_contain_text(re.compile(re.escape(text).replace(r"\|", "|")))
    first = fuse.job_id
    fuse.result.get_by_role("button", name="Make again", exact=True).click()
    page.wait_for_url(lambda url: "job=" in url and f"job={first}" not in url)
    second = fuse.wait_for_result()
    fuse.result.get_by_role("button", name="Make again with a new seed").click()
    page.wait_for_url(lambda url: "job=" in url and f"job={first}" not in url and f"job={fuse.job_id}" in url)
    expect(fuse.stage.locator("h2")).to_have_text("Funk x Waltz, 60% (3)")
    third = fuse.wait_for_result()
    files = [account.get(f"/files/{file_id}") for file_id in (blend["file_id"], second, third)]
    assert [file["title"] for file in files] == [f"Funk x Waltz, 60%{number}" for number in ("", " (2)", " (3)")]
    seeds = [file["provenance"]["seed"] for file in files]
    assert seeds[0] == seeds[1] == 1
    assert seeds[2] != 1


def test_downloads_of_parents_do_not_stand_out(
    page: Page, fuse: FusePage, library: LibraryPage, blend: dict[str, Any]
) -> None:
    library.open()
    library.titles.first.get_by_role("link").click()
    fuse.wait_for_result()
    expect(fuse.result.locator("article download-links a").first).to_be_visible()
    parents = fuse.result.locator("ul.parents > li")
    expect(parents).to_have_count(2)
    expect(parents.locator("download-links")).to_have_count(0)
    expect(parents.get_by_role("link", name=re.compile("^Download MIDI of"))).to_have_count(2)


def test_a_piece_of_nobody_can_be_taken_into_the_library(
    page: Page, fuse: FusePage, library: LibraryPage, account: LibraryClient, product: RunningProduct
) -> None:
    with page.context.browser.new_context(base_url=product.url) as stranger:  # type: ignore[union-attr]
        file: FilePayload = {"name": "Found.mid", "mimeType": "audio/midi", "buffer": midi_fixtures.funk()}
        file_id = stranger.request.post("/upload", multipart={"files": file}).json()["files"][0]["file_id"]
        body = {"file_ids": [file_id, file_id], "weight": 0.5}
        job_id = stranger.request.post("/generate/vae", data=body).json()["job_id"]
    account.wait(job_id)
    page.goto(f"/fuse?job={job_id}")
    fuse.wait_for_result()
    page.get_by_role("button", name="Add to my library").click()
    expect(page.get_by_role("button", name="Add to my library")).to_have_count(0)
    library.open()
    expect(library.titles).to_have_text(["Found x Found, 50%"])


def test_each_of_several_results_opens_by_itself(
    page: Page, fuse: FusePage, library: LibraryPage, account: LibraryClient
) -> None:
    job = account.wait(account.start("gan", style="jazz", count=2, bars=8, seed=3))
    for piece in job["results"]:
        library.open()
        library.row(piece["title"]).get_by_role("link", name=piece["title"], exact=True).click()
        expect(fuse.stage.locator("h2")).to_have_text(piece["title"])
