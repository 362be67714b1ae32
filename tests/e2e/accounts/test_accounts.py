"""Accounts in a browser: registered, entered on a second device, left everywhere, erased, in each of four ways."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from e2e.accounts.devices import PASSWORD, SESSION_COOKIE, ByOpenId, ByPasskey, ByPassword, Device, Way
from e2e.accounts.sign_in import gateway_with_provider
from e2e.fuse_page import FusePage
from e2e.test_accessibility import tab_to, violations

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TIMEOUT_MS = 30_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a gateway by which people log in in every way."""
    with gateway_with_provider(tmp_path_factory.mktemp("accounts")) as address:
        yield address


@pytest.fixture
def devices(browser: Browser, url: str, viewport: tuple[int, int]) -> Iterator[list[Device]]:
    """Two devices."""
    size = {"width": viewport[0], "height": viewport[1]}
    contexts = [browser.new_context(base_url=url, viewport=size, reduced_motion="reduce") for _ in range(2)]  # type: ignore[arg-type]
    for context in contexts:
        context.set_default_timeout(TIMEOUT_MS)
    opened = [Device(context) for context in contexts]
    yield opened
    for device in opened:
        device.context.close()
    assert [error for device in opened for error in device.errors] == []


def expect_logged_in(device: Device) -> None:
    """Expect the account page of a lasting account."""
    expect(device.page.get_by_role("heading", name="How you log in")).to_be_visible()


def expect_logged_out(device: Device) -> None:
    """Expect the account page of somebody who is not logged in."""
    expect(device.page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(device.page.get_by_role("heading", name="How you log in")).to_have_count(0)


def upload(device: Device, song: Path) -> None:
    """Upload a piece, which belongs to whoever the browser is."""
    fuse = FusePage(device.page)
    fuse.open()
    fuse.add_file("A", song)
    fuse.expect_piece("A", song.stem)


def me_with_cookie(url: str, cookie: str) -> dict[str, Any]:
    """Return who somebody is for the gateway who has copied a cookie."""
    return dict(httpx.get(f"{url}/me", headers={"Cookie": f"{SESSION_COOKIE}={cookie}"}).json())


@pytest.mark.parametrize("way", [ByPassword(), ByPasskey(), ByOpenId()], ids=["password", "passkey", "openid"])
def test_an_account_is_made_followed_left_and_erased(
    devices: list[Device], url: str, songs: dict[str, Path], way: Way
) -> None:
    first, second = devices
    upload(first, songs["funk"])
    first.open("/account")
    expect(first.page.get_by_text("belong", exact=False).first).to_be_visible()
    way.register(first)
    expect_logged_in(first)
    first.expect_piece("funk", 1)

    # A second device sees the same library, and what was made there before comes along.
    upload(second, songs["waltz"])
    second.open("/account")
    way.log_in(second)
    expect_logged_in(second)
    second.expect_piece("funk", 1)
    second.expect_piece("waltz", 1)
    first.expect_piece("waltz", 1)
    first.open("/account")
    expect(first.page.locator("session-list li")).to_have_count(2)

    # Logging out everywhere ends both sessions, and a stolen cookie is worth nothing.
    stolen = first.cookie()
    assert me_with_cookie(url, stolen)["account"] is not None
    second.open("/account")
    second.page.get_by_role("button", name="Log out everywhere").click()
    expect_logged_out(second)
    assert me_with_cookie(url, stolen)["account"] is None
    first.open("/account")
    expect_logged_out(first)
    first.expect_piece("funk", 0)

    # The account is still there; erased, it is not.
    first.open("/account")
    way.log_in(first)
    expect_logged_in(first)
    first.expect_piece("funk", 1)
    file_id = first.page.evaluate("fetch('/library').then(r => r.json()).then(body => body.items[0].file_id)")
    first.open("/account")
    erase(first)
    expect_logged_out(first)
    assert first.page.evaluate(f"fetch('/files/{file_id}').then(response => response.status)") == 404
    first.expect_piece("funk", 0)


def erase(device: Device) -> None:
    """Erase the account of a device."""
    device.page.get_by_role("button", name="Erase everything…").click()
    dialog = device.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep everything")).to_be_focused()
    dialog.get_by_role("button", name="Erase everything").click()


def test_a_token_reads_for_a_script_until_it_is_deleted(
    devices: list[Device], url: str, songs: dict[str, Path]
) -> None:
    device = devices[0]
    device.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page = device.page
    upload(device, songs["funk"])
    device.open("/account")
    form = page.locator("register-form")
    form.get_by_label("Name").fill("Grace")
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button", name="Create account").click()
    tokens = page.locator("token-list")
    tokens.get_by_label("What it is for").fill("nightly <b>script</b>")
    tokens.get_by_label("Expires after").select_option("1 year")
    tokens.get_by_role("button", name="Create token").click()
    tokens.get_by_role("button", name="Copy the token").click()
    expect(tokens.get_by_text("Copied.")).to_be_visible()
    secret = str(page.evaluate("navigator.clipboard.readText()"))
    assert re.fullmatch(r"segue_[A-Za-z0-9_-]{43}", secret)

    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secret}"}) as script:
        listed = script.get("/library").json()["items"]
        assert [item["title"] for item in listed] == ["funk"]
        assert script.delete(f"/files/{listed[0]['file_id']}").status_code == 403
        page.reload()
        expect(tokens.get_by_text("nightly <b>script</b>")).to_be_visible()
        assert secret not in page.content()
        expect(tokens.locator("code")).to_have_count(0)
        tokens.get_by_role("button", name="Delete the token").click()
        expect(tokens.get_by_text("nightly")).to_have_count(0)
        assert script.get("/library").status_code == 401


def test_everything_is_exported_by_one_click(devices: list[Device], songs: dict[str, Path], tmp_path: Path) -> None:
    device = devices[0]
    upload(device, songs["funk"])
    device.open("/account")
    with device.page.expect_download() as downloading:
        device.page.get_by_role("link", name="Download everything").click()
    downloading.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert sorted(archive.namelist()) == ["files/funk.mid", "manifest.json"]
        assert archive.read("files/funk.mid") == songs["funk"].read_bytes()


def test_a_password_is_changed_and_other_devices_are_logged_out(devices: list[Device]) -> None:
    first, second = devices
    way = ByPassword()
    first.open("/account")
    way.register(first)
    expect_logged_in(first)
    second.open("/account")
    way.log_in(second)
    expect_logged_in(second)
    first.page.get_by_role("button", name="Change password").click()
    first.page.get_by_label("Current password").fill(PASSWORD)
    first.page.get_by_label("New password").fill("eight orange tractors")
    first.page.get_by_role("button", name="Save password").click()
    expect(first.page.get_by_text("Other devices were logged out.")).to_be_visible()
    second.open("/account")
    expect_logged_out(second)
    way.log_in(second)
    expect(second.page.get_by_role("alert")).to_contain_text("do not belong together")
    erase(first)
    expect_logged_out(first)


def test_wrong_registrations_are_explained_where_they_are_made(devices: list[Device]) -> None:
    device = devices[0]
    device.open("/account")
    form = device.page.locator("register-form")
    button = form.get_by_role("button", name="Create account")
    form.get_by_label("Name").fill("<img src=x onerror=document.title='broken'>")
    form.get_by_label("Password").fill("qwertyuiop")
    button.click()
    expect(form.get_by_role("alert")).to_contain_text("too easy to guess")
    form.get_by_label("Password").fill(PASSWORD)
    button.click()
    expect(device.page.get_by_role("heading", level=1)).to_have_text("<img src=x onerror=document.title='broken'>")
    assert device.page.title() == "Account · Segue"
    other = devices[1]
    other.open("/account")
    form = other.page.locator("register-form")
    form.get_by_label("Name").fill("<IMG src=x onerror=document.title='broken'>")
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button", name="Create account").click()
    expect(form.get_by_role("alert")).to_contain_text("This name is taken")
    erase(device)
    expect_logged_out(device)


def test_who_stops_at_the_provider_can_log_in_another_way(devices: list[Device]) -> None:
    device = devices[0]
    device.open("/account")
    device.page.goto("/sessions/openid/example/callback?error=access_denied")
    expect(device.page.get_by_role("alert")).to_contain_text("You are not logged in")
    expect(device.page).to_have_url(re.compile("/account$"))
    expect_logged_out(device)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [(1280, 900), (375, 812)], ids=["wide", "phone"])
def test_the_account_page_has_no_violations(devices: list[Device], scheme: str) -> None:
    page = devices[0].page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    devices[0].open("/account")
    expect_logged_out(devices[0])
    assert violations(page) == []
    page.locator("log-in-form").get_by_label("Name").fill("nobody")
    page.locator("log-in-form").get_by_label("Password").fill("wrong password")
    page.locator("log-in-form").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Use a passkey instead").click()
    expect_logged_in(devices[0])
    page.get_by_role("button", name="Set a password").click()
    page.get_by_label("What it is for").fill("script")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("Copy the token now.")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Erase everything…").click()
    assert violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    expect_logged_out(devices[0])


def test_the_keyboard_is_enough_to_register_and_to_log_out(devices: list[Device]) -> None:
    page = devices[0].page
    devices[0].open("/account")
    expect_logged_out(devices[0])
    page.locator("register-form").get_by_label("Name").focus()
    page.keyboard.type("Keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect_logged_in(devices[0])
    tab_to(page, "Log out")
    page.keyboard.press("Enter")
    expect_logged_out(devices[0])


def test_another_tab_is_logged_in_too(devices: list[Device]) -> None:
    device = devices[0]
    device.open("/account")
    other = device.context.new_page()
    other.goto("/account")
    expect(other.get_by_role("heading", name="Create an account")).to_be_visible()
    ByPassword().register(device)
    expect_logged_in(device)
    expect(other.get_by_role("heading", name="How you log in")).to_be_visible()
    erase(device)
    expect(other.get_by_role("heading", name="Create an account")).to_be_visible()
