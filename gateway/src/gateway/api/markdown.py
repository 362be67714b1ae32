"""The pages that explain problems: Markdown as this project writes it, as HTML."""

from __future__ import annotations

import html
import re

_STYLE = "main{max-width:40rem;margin:3rem auto;padding:0 1rem;font:1.05rem/1.6 system-ui}code{font-size:.95em}"


def page(title: str, markdown: str) -> str:
    """Write a page.

    Parameters
    ----------
    title : str
        Of the window.
    markdown : str
        Headings, paragraphs, lists of one level and `code`; everything else stands as it is.
    """
    blocks = [_block(block) for block in re.split(r"\n\s*\n", markdown.strip())]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(blocks)}</main></body></html>"
    )


def _block(block: str) -> str:
    if heading := re.fullmatch(r"(#{1,3}) (.+)", block):
        level = len(heading.group(1))
        return f"<h{level}>{_inline(heading.group(2))}</h{level}>"
    if block.startswith("- "):
        entries = re.split(r"\n(?=- )", block)
        return f"<ul>{''.join(f'<li>{_inline(entry[2:])}</li>' for entry in entries)}</ul>"
    return f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
