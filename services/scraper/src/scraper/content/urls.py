"""URLs: their normalized form, the parts that identify a host or a site, and what a file name suggests."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import httpx

MAX_URL_CHARACTERS = 2048

MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".smf")
ARCHIVE_SUFFIXES = (".zip",)

_OTHER_FILE_TYPES = re.compile(
    r"\.(7z|aac|apk|avi|bmp|css|csv|docx?|eot|exe|flac|gif|gz|ico|iso|jpe?g|js|json|m4a|mov|mp[34]|mpe?g|og[gv]|otf|pdf"
    r"|png|pptx?|rar|rss|svg|tar|tiff?|ttf|txt|wasm|wav|webm|webp|wm[av]|woff2?|xlsx?)$",
    re.IGNORECASE,
)


def normalize_url(url: str, base: str = "") -> str | None:
    """Return the normalized form of an address, in which addresses are compared.

    Parameters
    ----------
    url : str
        Absolute, or relative to ``base``.
    base : str
        Address of the page.

    Returns
    -------
    str or None
        Absolute; host in lower case and ASCII, no default port, no fragment. None if it is not http or https, has no
        host, has a user name, or is not a valid address.
    """
    try:
        parsed = httpx.URL(urljoin(base, url.strip()))
    except (httpx.InvalidURL, ValueError):
        return None
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        return None
    normalized = str(parsed.copy_with(fragment=None, raw_path=parsed.raw_path or b"/"))
    return normalized if len(normalized) <= MAX_URL_CHARACTERS else None


def origin(url: str) -> str:
    """Return scheme, host and port: what one robots.txt and one throttle apply to."""
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"


def site(url: str) -> str:
    """Return the host without ``www.``, and the port unless it is the default: what a crawl's scope is made of."""
    parsed = httpx.URL(url)
    host = parsed.host.removeprefix("www.")
    return host if parsed.port is None else f"{host}:{parsed.port}"


def is_archive_url(url: str) -> bool:
    """Return whether the file name of an address is that of an archive."""
    return httpx.URL(url).path.lower().endswith(ARCHIVE_SUFFIXES)


def is_midi_or_archive_url(url: str) -> bool:
    """Return whether the file name of an address is that of a MIDI file or an archive."""
    return httpx.URL(url).path.lower().endswith(MIDI_SUFFIXES + ARCHIVE_SUFFIXES)


def is_worth_fetching(url: str) -> bool:
    """Return whether an address may be a page, a MIDI file or an archive, by its file name."""
    return _OTHER_FILE_TYPES.search(httpx.URL(url).path) is None
