"""Links of a page, a sitemap or a list, and what the page states about itself: title, licences, rules for robots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote

from scraper.content.licences import Evidence, page_evidence
from scraper.content.markup import Tag, decode_page, iter_tags, plain_text
from scraper.content.urls import is_worth_fetching, normalize_url

MAX_LINKS = 10_000
"""Maximum number of links read from one page."""
MAX_TAGS = 50_000
"""Maximum number of tags read from one page."""

_ATTRIBUTES = {
    "a": ("href",),
    "area": ("href",),
    "audio": ("src",),
    "bgsound": ("src",),
    "body": ("bgsound",),
    "embed": ("src",),
    "frame": ("src",),
    "iframe": ("src",),
    "ilayer": ("src",),
    "img": ("dynsrc", "longdesc"),
    "layer": ("src",),
    "link": ("href",),
    "midi-player": ("src",),
    "midi-visualizer": ("src",),
    "object": ("data",),
    "source": ("src",),
}
"""Attributes that hold an address, by tag."""

_FRAMES = {"frame", "iframe", "layer", "ilayer"}
_PARAMETER_NAMES = {"src", "filename", "file", "movie", "url", "song", "sound", "midi", "autostart_file", "flashvars"}
_LINK_RELATIONS = {"next", "prev", "previous", "contents", "index", "section", "chapter", "start", "enclosure", "item"}
_SCRIPT_FILES = re.compile(r"""["'(]([^"'()<>\s]{1,300}\.(?:midi?|kar|rmi|smf|zip)(?:\.gz)?)["')]""", re.IGNORECASE)
_SCRIPT_PAGES = re.compile(
    r"""(?:location(?:\.href)?\s{0,9}=|location\.replace\(|window\.open\()\s{0,9}["']([^"'<>\s]{1,300})["']"""
)
_REFRESH = re.compile(r"""^[\s\d.]{0,20}(?:[;,]\s*)?(?:url\s*=\s*)?["']?\s*([^"'\s][^"']*)""", re.IGNORECASE)
_LIST_ADDRESS = re.compile(r"(?m)^[ \t]*(https?://\S+|/\S+)[ \t]*\r?$")
_NO_TRAINING = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a page to another address.

    Attributes
    ----------
    url : str
        Absolute and normalized, see `scraper.content.urls.normalize_url`.
    text : str
        Text of the link; may be empty.
    section : str
        The heading above the link; may be empty.
    is_part : bool
        Whether the address is a part of the page, or what it turns into by itself: a frame, or a refresh.
    """

    url: str
    text: str
    section: str = ""
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The links of a page and what it states.

    Attributes
    ----------
    links : tuple of Link
        In the order of the page, each address once, without those that a robot must not follow.
    title : str
        May be empty.
    evidence : tuple of Evidence
        Statements of licences.
    usage : str
        Usage preference of meta tags, in the form of a ``Content-Usage`` header; may be empty.
    n_nofollow : int
        Links that were left out because the page says so.
    """

    links: tuple[Link, ...] = ()
    title: str = ""
    evidence: tuple[Evidence, ...] = ()
    usage: str = ""
    n_nofollow: int = 0


@dataclass(slots=True)
class _Reading:
    """State of a page while its tags are read."""

    text: str
    url: str
    base: str
    encoding: str
    found: dict[str, Link] = field(default_factory=dict)
    title: str = ""
    section: str = ""
    form: str | None = None
    fields: list[str] = field(default_factory=list)
    option_name: str = ""
    anchor: tuple[str, int] | None = None
    nofollow: set[str] = field(default_factory=set)
    is_nofollow: bool = False
    usage: str = ""

    def add(self, address: str, text: str = "", *, is_part: bool = False) -> None:
        """Add a link, unless it leads nowhere."""
        if not address or address.startswith(("#", "mailto:", "data:")) or len(self.found) >= MAX_LINKS:
            return
        if address[:11].lower() == "javascript:":
            self.add_script(address)
            return
        url = normalize_url(address, self.base, self.encoding)
        if url is None or not is_worth_fetching(url):
            return
        earlier = self.found.get(url)
        if earlier is None or (text and not earlier.text):
            self.found[url] = Link(url, text[:200], self.section, is_part)

    def add_script(self, script: str) -> None:
        """Add the addresses of files, and of pages that a script opens."""
        for pattern in (_SCRIPT_FILES, _SCRIPT_PAGES):
            for match in pattern.finditer(script[:100_000]):
                self.add(match.group(1))


def parse_page(body: bytes, url: str, content_type: str = "text/html") -> Page:
    """Read the links of an HTML page, an XML sitemap or a list of addresses.

    Parameters
    ----------
    body : bytes
        A few MiB at most; malformed markup is tolerated.
    url : str
        Where it was read.
    content_type : str
        The header; a plain text without markup is a list with one address on each line.

    Returns
    -------
    Page
        Without links if a robots meta tag says "nofollow".
    """
    text, encoding = decode_page(body, content_type)
    reading = _Reading(text, url, url, encoding)
    if content_type.startswith("text/plain") and "<" not in text[:1000]:
        for match in _LIST_ADDRESS.finditer(text):
            reading.add(match.group(1))
        return Page(tuple(reading.found.values()))
    tags = list(islice(iter_tags(text), MAX_TAGS))
    for tag in tags:
        _READERS.get(tag.name, _read_address)(reading, tag)
    _end_anchor(reading, len(text))
    evidence = page_evidence(text, tags, reading.base)
    n_links = len(reading.found)
    links = [] if reading.is_nofollow else [link for link in reading.found.values() if link.url not in reading.nofollow]
    return Page(tuple(links), reading.title, evidence, reading.usage, n_links - len(links))


def _read_address(reading: _Reading, tag: Tag) -> None:
    for attribute in _ATTRIBUTES.get(tag.name, ()):
        reading.add(tag.attributes.get(attribute, ""), is_part=tag.name in _FRAMES)
    if "onclick" in tag.attributes:
        reading.add_script(tag.attributes["onclick"])


def _read_anchor(reading: _Reading, tag: Tag) -> None:
    _end_anchor(reading, tag.start)
    if tag.is_end or "href" not in tag.attributes:
        return
    href = tag.attributes["href"]
    if "nofollow" in tag.attributes.get("rel", "").lower().split():
        url = normalize_url(href, reading.base, reading.encoding)
        if url is not None:
            reading.add(href)
            reading.nofollow.add(url)
        return
    reading.anchor = (href, tag.end)
    if "onclick" in tag.attributes:
        reading.add_script(tag.attributes["onclick"])


def _end_anchor(reading: _Reading, end: int) -> None:
    """Add the link of an anchor with the text up to here."""
    if reading.anchor is not None:
        href, start = reading.anchor
        reading.anchor = None
        reading.add(href, plain_text(reading.text[start : min(end, start + 1000)]))


def _read_base(reading: _Reading, tag: Tag) -> None:
    reading.base = normalize_url(tag.attributes.get("href", ""), reading.url) or reading.base


def _read_link(reading: _Reading, tag: Tag) -> None:
    if set(tag.attributes.get("rel", "").lower().split()) & _LINK_RELATIONS:
        reading.add(tag.attributes.get("href", ""))


def _read_meta(reading: _Reading, tag: Tag) -> None:
    content = tag.attributes.get("content", "")
    name = tag.attributes.get("name", "").lower()
    if tag.attributes.get("http-equiv", "").lower() == "refresh":
        match = _REFRESH.match(content)
        if match is not None:
            reading.add(match.group(1).strip(), is_part=True)
    elif name in {"robots", "segue", "seguescraper"}:
        words = [word.strip() for word in content.lower().split(",")]
        reading.is_nofollow |= "none" in words or any("nofollow" in word for word in words)
        if _NO_TRAINING.search(content):
            reading.usage = "train-ai=n"
    elif name == "tdm-reservation" and content.strip() == "1":
        reading.usage = "train-ai=n"


def _read_title(reading: _Reading, tag: Tag) -> None:
    if not tag.is_end and not reading.title:
        reading.title = plain_text(tag.content[:1000])[:200]


def _read_heading(reading: _Reading, tag: Tag) -> None:
    if not tag.is_end:
        end = reading.text.find("</", tag.end, tag.end + 600)
        reading.section = plain_text(reading.text[tag.end : end if end > 0 else tag.end + 100])[:80]


def _read_loc(reading: _Reading, tag: Tag) -> None:
    if not tag.is_end:
        end = reading.text.find("<", tag.end, tag.end + 3000)
        reading.add(plain_text(reading.text[tag.end : end if end > 0 else tag.end + 3000]))


def _read_parameter(reading: _Reading, tag: Tag) -> None:
    value = tag.attributes.get("value", "")
    if tag.attributes.get("name", "").lower() in _PARAMETER_NAMES or _SCRIPT_FILES.fullmatch(f"'{value}'"):
        reading.add(value)


def _read_script(reading: _Reading, tag: Tag) -> None:
    if not tag.is_end and tag.name == "script" and "json" not in tag.attributes.get("type", ""):
        reading.add_script(tag.content)


def _read_form(reading: _Reading, tag: Tag) -> None:
    is_get = tag.attributes.get("method", "get").lower() == "get"
    reading.form = tag.attributes.get("action", reading.url) if is_get and not tag.is_end else None
    reading.fields = []


def _read_field(reading: _Reading, tag: Tag) -> None:
    name, value = tag.attributes.get("name", ""), tag.attributes.get("value", "")
    if tag.attributes.get("type", "").lower() == "hidden" and name and len(reading.fields) < 8:
        reading.fields.append(f"{quote(name)}={quote(value)}")


def _read_select(reading: _Reading, tag: Tag) -> None:
    reading.option_name = "" if tag.is_end else tag.attributes.get("name", "")


def _read_option(reading: _Reading, tag: Tag) -> None:
    """Add what a menu leads to: addresses that a script opens, or the answers of a form to each choice."""
    value = tag.attributes.get("value", "")
    if tag.is_end or not value:
        return
    text = plain_text(reading.text[tag.end : tag.end + 100].partition("<")[0])
    if "/" in value or re.search(r"\.\w{2,4}$", value):
        reading.add(value, text)
    if reading.form is not None and reading.option_name:
        pairs = [*reading.fields, f"{quote(reading.option_name)}={quote(value)}"]
        reading.add(f"{reading.form.partition('?')[0]}?{'&'.join(pairs)}", text)


def _skip(reading: _Reading, tag: Tag) -> None:
    pass


_READERS = {
    "a": _read_anchor,
    "base": _read_base,
    "link": _read_link,
    "meta": _read_meta,
    "title": _read_title,
    "loc": _read_loc,
    "param": _read_parameter,
    "script": _read_script,
    "form": _read_form,
    "input": _read_field,
    "select": _read_select,
    "option": _read_option,
    "!--": _skip,
    **{f"h{level}": _read_heading for level in range(1, 5)},
}


def iter_headers_links(header: str, base: str) -> Iterator[tuple[str, str]]:
    """Yield the address and the relation of each link in a ``Link`` header (RFC 8288)."""
    for match in re.finditer(r"<([^<>]{1,2000})>([^<]{0,500})", header[:8000]):
        relation = re.search(r"rel\s*=\s*\"?([^\";,]+)", match.group(2), re.IGNORECASE)
        url = normalize_url(match.group(1), base)
        if relation is not None and url is not None:
            yield url, relation.group(1).strip().lower()
