"""Markup: the tags of a page and their attributes, in one pass whose time is linear in the page's length.

There is no tree: a tree of deeply nested or badly broken markup takes time that is quadratic in its length, and nothing
that a crawl reads from a page needs one. All repetitions are possessive, so that no expression goes back.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_ATTRIBUTES = 64
"""Attributes read of one tag."""
MAX_ATTRIBUTE_CHARACTERS = 8192

NAMES = (
    "a|area|applet|audio|base|bgsound|body|embed|form|frame|h[1-4]|iframe|ilayer|img|input|layer|license|link|loc|meta"
    "|midi-player|midi-visualizer|object|option|param|script|select|source|style|title|textarea"
)
"""Names of the tags that lead somewhere, or whose content is read."""

_SOME_TAGS = re.compile(rf"<(?:(!--)|(/?)({NAMES})(?=[\s/>]))", re.IGNORECASE)
_ALL_TAGS = re.compile(r"<(?:(!--)|(/?)([a-z][a-z0-9:-]{0,30}))", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?:([^\s=>/"'][^\s=>/]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?+|["'=])"""
)
_RAW_TEXT = {"script", "style", "textarea", "title"}
_INLINE_TAG = re.compile(r"<[^<>]*+>?")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]{1,40})", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-zA-Z0-9_.:-]{1,40})", re.IGNORECASE)
_HAS_SEMANTICS = re.compile(r"(?:property|itemprop|typeof|about|onclick)\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, or a comment.

    Attributes
    ----------
    name : str
        In lower case; ``!--`` for a comment.
    is_end : bool
        Whether it is an end tag.
    attributes : dict of str to str
        By name in lower case, character references resolved.
    start, end : int
        Its place in the text.
    content : str
        Text of a script, a title, or a comment; empty for other tags.
    """

    name: str
    is_end: bool
    start: int
    end: int
    attributes: dict[str, str] = field(default_factory=dict)
    content: str = ""


def iter_tags(text: str) -> Iterator[Tag]:
    """Yield the tags that matter: all of them if the page describes itself by RDFa or microdata."""
    pattern = _ALL_TAGS if _HAS_SEMANTICS.search(text) else _SOME_TAGS
    unclosed: set[str] = set()
    position = 0
    while (match := pattern.search(text, position)) is not None:
        comment, slash, name = match.groups()
        if comment:
            end = text.find("-->", match.end())
            end = len(text) if end < 0 else end
            yield Tag("!--", False, match.start(), end + 3, {}, text[match.end() : end])
            position = end + 3
            continue
        tag = _read_tag(text, match.start(), match.end(), name.lower(), bool(slash), unclosed)
        yield tag
        position = tag.end


def _read_tag(text: str, start: int, position: int, name: str, is_end: bool, unclosed: set[str]) -> Tag:
    attributes, position = _attributes(text, position)
    if is_end or name not in _RAW_TEXT or name in unclosed:
        return Tag(name, is_end, start, position, attributes)
    match = _END_TAGS[name].search(text, position)
    if match is None:
        # One that is never closed ends at the next tag. The search is not repeated for the others.
        unclosed.add(name)
        return Tag(name, False, start, position, attributes)
    return Tag(name, False, start, match.start(), attributes, text[position : match.start()])


_END_TAGS = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in _RAW_TEXT}


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    for _ in range(MAX_ATTRIBUTES):
        match = _ATTRIBUTE.match(text, position)
        if match is None:
            break
        position = match.end()
        name, double, single, bare = match.groups()
        if name and name.lower() not in found:
            value = (double or single or bare or "")[:MAX_ATTRIBUTE_CHARACTERS]
            found[name.lower()] = html.unescape(value) if "&" in value else value
    end = text.find(">", position)
    return found, len(text) if end < 0 else end + 1


def plain_text(markup: str) -> str:
    """Return a short piece of markup as text: without tags, character references resolved, white space joined."""
    return " ".join(html.unescape(_INLINE_TAG.sub(" ", markup)).split())


def decode_page(body: bytes, content_type: str) -> tuple[str, str]:
    """Decode a page.

    Parameters
    ----------
    body : bytes
        The page.
    content_type : str
        The header.

    Returns
    -------
    tuple of str and str
        The text, and the encoding: of the byte order mark, the header or the meta tag, else UTF-8 if the bytes are
        that, else Windows-1252. Bytes that the encoding does not have are replaced.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), encoding
    match = _HEADER_CHARSET.search(content_type)
    declared = match.group(1) if match else ""
    if not declared and (meta := _META_CHARSET.search(body, 0, 4096)) is not None:
        declared = meta.group(1).decode("ascii")
    for encoding in (declared, "utf-8"):
        try:
            if encoding:
                return body.decode(encoding, "strict" if encoding == "utf-8" else "replace"), encoding
        except (LookupError, UnicodeError, ValueError):
            continue
    return body.decode("cp1252", "replace"), "cp1252"
