"""Styles of files, from the sections of a page or the folders of a site."""

from __future__ import annotations

import re
from urllib.parse import unquote

_GENERIC = re.compile(
    r"^(?:midi?s?|files?|music|musik|songs?|downloads?|archives?|data|pub|public|www|html?|pages?|index|assets?|static"
    r"|uploads?|content|media|sounds?|audio|wp-content|cgi-bin|bin|get|p|f|\d+|[a-z0-9]|~\w+)$",
    re.IGNORECASE,
)
_GENERIC_HEADING = re.compile(r"midi|download|index of|welcome|home|files|songs?$|links?$|contents?$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


def style_of(url: str, section: str, page_title: str) -> str:
    """Return the style of a file, as a word with hyphens.

    Parameters
    ----------
    url : str
        Of the file; for one in an archive, with ``#`` and its path.
    section : str
        The heading above its link.
    page_title : str
        Of the page that links to it.

    Returns
    -------
    str
        The innermost folder that names something, else the heading, else the page's title; empty without any.

    Examples
    --------
    >>> style_of("http://a.test/midi/Folk%20Reels/x.mid", "", "")
    'folk-reels'
    """
    path = url.partition("://")[2].partition("/")[2] if "://" in url else url
    folders = [unquote(part) for part in path.replace("#", "/").partition("?")[0].split("/")[:-1]]
    for folder in reversed(folders):
        stem = folder.removesuffix(".zip")
        if stem and not _GENERIC.match(stem):
            return _slug(stem)
    for text in (section, page_title):
        if text and not _GENERIC_HEADING.search(text):
            return _slug(text)
    return ""


def _slug(text: str) -> str:
    return "-".join(_WORD.findall(text.lower()))[:40].strip("-")
