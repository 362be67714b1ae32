"""Pages of problems, from Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway.api import markdown

PAGES = sorted((Path(__file__).parents[3] / "docs/problems").glob("*.md"))


def test_a_page_shows_markdown_and_no_markup_of_its_text() -> None:
    shown = markdown.render_page("No <notes>", "# No notes\n\n`NO_NOTES`, <b>\n\n- one\n- two\n  lines\n")
    assert "<title>No &lt;notes&gt;</title>" in shown
    body = shown[shown.index("<main>") :].replace(">\n<", "><")
    assert body.startswith(
        "<main><h1>No notes</h1><p><code>NO_NOTES</code>, &lt;b&gt;</p><ul><li>one</li><li>two\nlines</li></ul>"
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_page_of_a_problem_is_rendered_whole(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = markdown.render_page(path.stem, text)
    assert shown.count("<h1>") == 1
    assert shown.count("<code>") == text.count("`") // 2
    assert "`" not in shown
