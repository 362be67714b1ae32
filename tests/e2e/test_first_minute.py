"""The first minute: a blend to hear at once, and one's own within two clicks, wherever files are dropped."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from e2e.fuse_page import FusePage, wait_until_playing

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SIZES = [(1280, 800), (1440, 900), (375, 667), (390, 844)]
PAGES = ["/", "/fuse?method=gan", "/gallery", "/how-it-works", "/nothing-here"]


class Dragging:
    """Drags files into the window as an operating system does.

    Parameters
    ----------
    page : Page
        The browser's page.
    paths : list of Path
        Files and folders.
    """

    def __init__(self, page: Page, *paths: Path) -> None:
        self._page = page
        self._data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        self._session: CDPSession = page.context.new_cdp_session(page)

    def over(self, x_share: float) -> None:
        """Drag to a point, as a share of the window's width."""
        for kind in ("dragEnter", "dragOver"):
            self._dispatch(kind, x_share)

    def drop(self, x_share: float = 0.25) -> None:
        """Drop the files at a point, as a share of the window's width."""
        self.over(x_share)
        self._dispatch("drop", x_share)

    def give_up(self) -> None:
        """Let the files go without a drop, and move the pointer again."""
        self._dispatch("dragCancel", 0)
        self._page.mouse.move(10, 10)

    def _dispatch(self, kind: str, x_share: float) -> None:
        size = self._page.viewport_size
        assert size is not None
        self._session.send(
            "Input.dispatchDragEvent",
            {"type": kind, "x": size["width"] * x_share, "y": size["height"] / 2, "data": self._data},
        )


def is_in_window(element: Locator) -> bool:
    """Return whether all of an element is in the window, without scrolling."""
    return bool(
        element.evaluate(
            """element => {
              const { top, left, bottom, right } = element.getBoundingClientRect();
              return scrollY === 0 && top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
            }"""
        )
    )


@pytest.mark.parametrize("viewport", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_blend_and_its_parents_can_be_played_without_scrolling(page: Page) -> None:
    page.goto("/")
    buttons = page.locator("hero-blend").get_by_role("button", name="Play")
    expect(buttons).to_have_count(3)
    page.wait_for_load_state("networkidle")
    assert [is_in_window(button) for button in buttons.all()] == [True, True, True]
    page.locator("hero-blend .blend").get_by_role("button", name="Play").click()
    wait_until_playing(page, 0.1)


@pytest.mark.parametrize("path", PAGES)
def test_one_file_lands_on_the_side_where_it_is_dropped(
    page: Page, fuse: FusePage, songs: dict[str, Path], path: str
) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    dragging = Dragging(page, songs["funk"])
    dragging.over(0.25)
    expect(page.locator("drop-overlay .active")).to_contain_text("Drop here for piece A")
    dragging.over(0.75)
    expect(page.locator("drop-overlay .active")).to_contain_text("Drop here for piece B")
    dragging.drop(0.75)
    fuse.expect_piece("B", "funk")
    expect(page.locator("drop-overlay .overlay")).to_have_count(0)
    Dragging(page, songs["waltz"]).drop(0.25)
    fuse.expect_piece("A", "waltz")
    fuse.expect_piece("B", "funk")


def test_the_overlay_goes_when_nothing_is_dropped(page: Page, songs: dict[str, Path]) -> None:
    page.goto("/gallery")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    dragging = Dragging(page, songs["funk"])
    dragging.over(0.5)
    expect(page.locator("drop-overlay .overlay")).to_be_visible()
    dragging.give_up()
    expect(page.locator("drop-overlay .overlay")).to_have_count(0)
    assert page.url.endswith("/gallery")


def test_two_files_dropped_on_the_home_page_become_a_playing_blend(
    page: Page, fuse: FusePage, songs: dict[str, Path]
) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    dragging = Dragging(page, songs["funk"], songs["waltz"])
    dragging.over(0.75)
    expect(page.locator("drop-overlay .active")).to_have_count(2)
    dragging.drop(0.75)
    fuse.expect_piece("A", "funk")
    fuse.expect_piece("B", "waltz")
    fuse.wait_for_result()
    wait_until_playing(page, 0.1)


def test_two_files_dropped_on_another_page_wait_for_a_click(page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
    page.goto("/gallery")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    Dragging(page, songs["funk"], songs["waltz"]).drop()
    fuse.expect_piece("A", "funk")
    fuse.expect_piece("B", "waltz")
    expect(fuse.submit_button).to_have_attribute("aria-disabled", "false")


@pytest.fixture
def folder(tmp_path: Path, songs: dict[str, Path]) -> Path:
    """A folder with two pieces in folders of their own, and other files."""
    (tmp_path / "set" / "one").mkdir(parents=True)
    (tmp_path / "set" / "two").mkdir()
    (tmp_path / "set" / "one" / "funk.mid").write_bytes(songs["funk"].read_bytes())
    (tmp_path / "set" / "two" / "waltz.MID").write_bytes(songs["waltz"].read_bytes())
    (tmp_path / "set" / "._funk.mid").write_bytes(b"not a piece")
    (tmp_path / "set" / "readme.txt").write_text("not a piece")
    return tmp_path / "set"


def test_a_folder_fills_the_slots(page: Page, fuse: FusePage, folder: Path) -> None:
    page.goto("/gallery")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    Dragging(page, folder).drop()
    fuse.expect_piece("A", "funk")
    fuse.expect_piece("B", "waltz")


def test_a_zip_file_fills_the_slots(page: Page, fuse: FusePage, folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))
    page.goto("/how-it-works")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    Dragging(page, tmp_path / "set.zip").drop()
    fuse.expect_piece("A", "funk")
    fuse.expect_piece("B", "waltz")


def test_an_example_pair_plays_after_one_click(page: Page, fuse: FusePage) -> None:
    page.goto("/")
    page.get_by_role("button", name="Try an example pair").click()
    fuse.expect_piece("A", "Basement funk")
    fuse.expect_piece("B", "Harbour at noon")
    fuse.wait_for_result()
    wait_until_playing(page, 0.1)


def test_two_chosen_files_play_as_a_blend_without_another_click(
    page: Page, fuse: FusePage, songs: dict[str, Path]
) -> None:
    page.goto("/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose two files").click()
    chooser.value.set_files([songs["funk"], songs["waltz"]])
    fuse.wait_for_result()
    wait_until_playing(page, 0.1)
