"""What a page says: where it leads, under which licence, and whether it asks not to be followed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_LINKS = 10_000
"""Links read from one page."""

MAX_URL_CHARACTERS = 2048

MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".smf")
ARCHIVE_SUFFIXES = (".zip",)

_NEVER_MUSIC = re.compile(
    r"\.(7z|aac|apk|avi|bmp|css|csv|docx?|eot|exe|flac|gif|gz|ico|iso|jpe?g|js|json|m4a|mov|mp[34]|mpe?g|og[gv]|otf|pdf"
    r"|png|pptx?|rar|rss|svg|tar|tiff?|ttf|txt|wasm|wav|webm|webp|wm[av]|woff2?|xlsx?)$",
    re.IGNORECASE,
)

_SOURCES = (("a[href], area[href]", "href"), ("object[data]", "data"), ("audio[src], source[src], embed[src]", "src"))
_PLAYERS = "midi-player[src], midi-visualizer[src]"


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a page to another address."""

    url: str
    """Absolute and normal, see `normal`."""
    text: str
    """What the page calls it; may be empty."""


@dataclass(frozen=True, slots=True)
class Page:
    """What was read from a page."""

    links: tuple[Link, ...]
    license_url: str
    """From ``rel="license"``; empty where there is none."""


def normal(url: str, base: str = "") -> str | None:
    """Write an address the one way in which addresses are compared.

    Parameters
    ----------
    url : str
        Absolute, or relative to ``base``.
    base : str
        Address of the page.

    Returns
    -------
    str or None
        Absolute; host in lower case and ASCII, no default port, no fragment. None for what is not http or https, has
        no host, carries a user name, or is no address at all.
    """
    try:
        parsed = httpx.URL(urljoin(base, url.strip()))
    except (httpx.InvalidURL, ValueError):
        return None
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        return None
    written = str(parsed.copy_with(fragment=None, raw_path=parsed.raw_path or b"/"))
    return written if len(written) <= MAX_URL_CHARACTERS else None


def authority(url: str) -> str:
    """Give scheme, host and port: what one robots.txt and one pace are for."""
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"


def site(url: str) -> str:
    """Give what counts as one site: the host without ``www.``, and the port where it is an unusual one."""
    parsed = httpx.URL(url)
    host = parsed.host.removeprefix("www.")
    return host if parsed.port is None else f"{host}:{parsed.port}"


def looks_like_file(url: str) -> bool:
    """Tell from its name whether an address should be a MIDI file or an archive."""
    return httpx.URL(url).path.lower().endswith(MIDI_SUFFIXES + ARCHIVE_SUFFIXES)


def may_lead_to_music(url: str) -> bool:
    """Tell from its name whether an address is worth reading."""
    return _NEVER_MUSIC.search(httpx.URL(url).path) is None


def read_page(body: bytes, url: str) -> Page:
    """Read the links of an HTML page or of an XML sitemap.

    Parameters
    ----------
    body : bytes
        At most some MiB; anything, however broken.
    url : str
        Where it was read.

    Returns
    -------
    Page
        With links in the order of the page, each address once; none if a robots meta tag says "nofollow".
    """
    tree = LexborHTMLParser(body)
    base = _base(tree, url)
    wanted = {} if _asks_not_to_be_followed(tree) else _links(tree, base)
    return Page(tuple(Link(target, text) for target, text in wanted.items()), _license(tree, base))


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return (normal(_attribute(node, "href"), url) or url) if node is not None else url


def _links(tree: LexborHTMLParser, base: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for selector, attribute in (*_SOURCES, (_PLAYERS, "src")):
        for node in tree.css(selector):
            _keep(found, normal(_attribute(node, attribute), base), " ".join(node.text(deep=True).split()))
    for node in tree.css("url > loc, sitemap > loc"):
        _keep(found, normal(node.text(deep=True), base), "")
    return found


def _keep(found: dict[str, str], target: str | None, text: str) -> None:
    if target is None or len(found) >= MAX_LINKS or not may_lead_to_music(target):
        return
    found[target] = found.get(target) or text[:200]


def _license(tree: LexborHTMLParser, base: str) -> str:
    for node in tree.css("[rel~=license][href]"):
        target = normal(_attribute(node, "href"), base)
        if target is not None:
            return target
    return ""


def _asks_not_to_be_followed(tree: LexborHTMLParser) -> bool:
    contents = (_attribute(node, "content").lower() for node in tree.css("meta[name=robots i][content]"))
    return any("nofollow" in content or "none" in content.split(",") for content in contents)


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
