"""HTML pages from Markdown, for the pages that explain problems."""

from __future__ import annotations

import html

from markdown_it import MarkdownIt

_STYLE = "main{max-width:40rem;margin:3rem auto;padding:0 1rem;font:1.05rem/1.6 system-ui}code{font-size:.95em}"

# HTML in the text is shown as text: a page has no markup but that of Markdown.
_RENDERER = MarkdownIt("commonmark", {"html": False})


def render_page(title: str, markdown: str) -> str:
    """Return an HTML page.

    Parameters
    ----------
    title : str
        Title of the window.
    markdown : str
        The text in CommonMark.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{_RENDERER.render(markdown)}</main></body></html>"
    )
