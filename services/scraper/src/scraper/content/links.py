"""Links of an HTML page or an XML sitemap, its licence, and its robots meta tag."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.content.urls import is_worth_fetching, normalize_url

MAX_LINKS = 10_000
"""Maximum number of links read from one page."""

_LINK_SELECTORS = (
    ("a[href], area[href]", "href"),
    ("object[data]", "data"),
    ("audio[src], source[src], embed[src]", "src"),
    ("midi-player[src], midi-visualizer[src]", "src"),
)
"""CSS selectors of elements with a link, and the attribute that holds it."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a page to another address.

    Attributes
    ----------
    url : str
        Absolute and normalized, see `scraper.content.urls.normalize_url`.
    text : str
        Text of the link; may be empty.
    """

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """The links of a page.

    Attributes
    ----------
    links : tuple of Link
        In the order of the page, each address once.
    license_url : str
        From ``rel="license"``; empty if there is none.
    """

    links: tuple[Link, ...]
    license_url: str


def parse_page(body: bytes, url: str) -> Page:
    """Read the links of an HTML page or of an XML sitemap.

    Parameters
    ----------
    body : bytes
        A few MiB at most; malformed markup is tolerated.
    url : str
        Where it was read.

    Returns
    -------
    Page
        Without links if a robots meta tag says "nofollow".
    """
    tree = LexborHTMLParser(body)
    base = _base_url(tree, url)
    targets = {} if _is_nofollow(tree) else _links(tree, base)
    return Page(tuple(Link(target, text) for target, text in targets.items()), _license_url(tree, base))


def _base_url(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return (normalize_url(_attribute(node, "href"), url) or url) if node is not None else url


def _links(tree: LexborHTMLParser, base: str) -> dict[str, str]:
    """Return the text of each linked address."""
    found: dict[str, str] = {}
    for selector, attribute in _LINK_SELECTORS:
        for node in tree.css(selector):
            _add_link(found, normalize_url(_attribute(node, attribute), base), " ".join(node.text(deep=True).split()))
    for node in tree.css("url > loc, sitemap > loc"):
        _add_link(found, normalize_url(node.text(deep=True), base), "")
    return found


def _add_link(found: dict[str, str], target: str | None, text: str) -> None:
    if target is None or len(found) >= MAX_LINKS or not is_worth_fetching(target):
        return
    found[target] = found.get(target) or text[:200]


def _license_url(tree: LexborHTMLParser, base: str) -> str:
    for node in tree.css("[rel~=license][href]"):
        target = normalize_url(_attribute(node, "href"), base)
        if target is not None:
            return target
    return ""


def _is_nofollow(tree: LexborHTMLParser) -> bool:
    contents = (_attribute(node, "content").lower() for node in tree.css("meta[name=robots i][content]"))
    return any("nofollow" in content or "none" in content.split(",") for content in contents)


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
