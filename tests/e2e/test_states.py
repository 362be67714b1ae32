"""States that never lie: each fault is explained, says what to do, and is over when it has passed."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fault_cases import (
    CASES,
    Case,
    World,
    away,
    connection_bar,
    has_piece,
    has_result,
    is_reachable,
    offline,
    opens_pair,
    refusing,
    starts_job,
    submits,
)
from e2e.fuse_page import FusePage

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def world(
    page: Page,
    fuse: FusePage,
    client: GatewayClient,
    songs: dict[str, Path],
    suspended: Callable[[str], AbstractContextManager[None]],
) -> World:
    """A page that is not opened yet, and two pieces that belong to whoever knows their ids."""
    a, b = client.upload(songs["funk"].read_bytes(), songs["waltz"].read_bytes())
    return World(page, fuse, client, songs, a, b, suspended)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_is_explained_and_passes(world: World, case: Case) -> None:
    page = world.page
    case.before(world)
    with case.fault(world):
        case.act(world)
        found = case.where(world).filter(has_text=re.compile(case.text, re.DOTALL)).first
        expect(found).to_be_visible()
        # What helps is beside the message: a button, or a link to where it can be put right.
        either = page.get_by_role("button", name=case.helps, exact=True).or_(
            page.get_by_role("link", name=case.helps, exact=True)
        )
        expect(either.first).to_be_visible()
    if case.clicks:
        either.first.click()
    case.recovered(world)


def test_the_time_to_wait_is_counted_down(world: World) -> None:
    with refusing("/gallery$", 429, "OVERLOADED", retry_after_s=30)(world):
        world.page.goto("/gallery")
        waits = world.page.locator("error-message [data-wait]")
        expect(waits).to_have_attribute("data-wait", re.compile(r"^(30|2\d)$"))
        first = int(waits.get_attribute("data-wait") or 0)
        world.page.wait_for_function(
            "([element, first]) => Number(element.dataset.wait) < first", arg=[waits.element_handle(), first]
        )
        expect(waits).to_contain_text("Tries again by itself in")


def test_offline_during_a_job(world: World) -> None:
    opens_pair(world)
    with world.suspended("vae"):
        starts_job(world)
        with offline(world):
            expect(connection_bar(world)).to_contain_text("You are offline")
        is_reachable(world)
    has_result(world)
    expect(world.page.get_by_role("alert")).to_have_count(0)


def test_a_lost_stream_of_events_does_not_lose_the_job(world: World) -> None:
    opens_pair(world)
    with away("/jobs/[0-9a-f]+/events$")(world):
        submits(world)
        has_result(world)
    expect(world.page.get_by_role("alert")).to_have_count(0)


def test_offline_after_a_job(world: World) -> None:
    opens_pair(world)
    submits(world)
    has_result(world)
    with offline(world):
        expect(connection_bar(world)).to_contain_text("You are offline")
        expect(world.fuse.stage.locator("piano-roll canvas")).to_be_visible()
    is_reachable(world)


def test_a_refused_role_is_not_shown(world: World) -> None:
    items = world.client.http.get("/gallery", headers={"Accept": "application/json"}).json()["items"]
    world.page.goto(f"/fuse?method=vae&a={items[0]['file_id']}")
    has_piece(world)
    slot = world.fuse.slot("A")
    menu = slot.get_by_role("combobox").first
    before = menu.input_value()
    menu.select_option("none")
    expect(slot.get_by_role("alert")).to_contain_text("This cannot be done now")
    expect(menu).to_have_value(before)


def test_a_piece_that_is_deleted_in_another_tab(world: World) -> None:
    world.page.goto(f"/fuse?method=vae&a={world.a}&b={world.b}")
    submitted = world.fuse.submit_button
    expect(submitted).to_have_attribute("aria-disabled", "false")
    assert world.client.http.delete(f"/files/{world.b}").status_code == 204
    submitted.click()
    alert = world.page.get_by_role("alert").first
    expect(alert).to_contain_text("This no longer exists")
    expect(world.page.get_by_role("link", name="Open the library").first).to_be_visible()
