"""Choosing where the beats of a piece come from, in a real browser against the running product."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PERFORMANCE = Path(__file__).parents[2] / "cases" / "files" / "performance-87.mid"


def test_found_beats_are_shown_overruled_and_found_again(page: Page, fuse: FusePage) -> None:
    fuse.open()
    fuse.add_file("A", PERFORMANCE)
    fuse.expect_piece("A", "performance-87")
    slot = fuse.slot("A")
    chooser = slot.get_by_role("combobox", name="Beat of piece A")
    expect(slot).to_contain_text("Beat found: about")
    chooser.select_option("As in the file")
    expect(slot).to_contain_text("Beat of the file: 120 BPM")

    page.reload()
    fuse.expect_piece("A", "performance-87")
    expect(chooser).to_have_value("file")
    chooser.select_option("Found in the notes")
    expect(slot).to_contain_text("Beat found: about")
    expect(slot).not_to_contain_text("120 BPM")
