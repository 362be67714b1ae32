"""Licences: what pages, archives and files state, as evidence; and the licence that follows from it.

Evidence is retained with its words. Several statements that agree are one licence; statements that do not agree are a
conflict, and a conflict is for a person to resolve.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scraper.content.licence_names import ALL_RIGHTS_RESERVED, NON_COMMERCIAL, PERSONAL_USE, from_text, from_url
from scraper.content.markup import Tag, plain_text
from scraper.content.urls import normalize_url

MAX_EVIDENCE = 50
"""Statements retained of one page."""

_LICENSE_PROPERTIES = re.compile(
    r"^(?:\w+:)?(?:licen[cs]e|rights)$|^https?://\S+[/#]licen[cs]e$|^dc(?:terms)?\.(?:licen[cs]e|rights)$",
    re.IGNORECASE,
)
_KEYWORDS = re.compile(
    r"licen[cs]e|creative commons|public.?domain|domaine public|gemeinfrei|dominio p|\bCC0\b|\bCC[ -]BY|rights reserved"
    r"|rechte vorbehalten|droits r|derechos reservados|diritti riservati|personal use|commercial|privaten gebrauch"
    r"|known copyright",
    re.IGNORECASE,
)
_RDF_LICENSE = re.compile(r"<license[^>]{1,40}resource\s*=\s*[\"']([^\"']{5,300})", re.IGNORECASE)
_CHOICE = re.compile(r"\b(?:dual|or|either|your choice)\b", re.IGNORECASE)
_LICENSE_FILE = re.compile(
    r"(?:^|/)(?:licen[cs]es?|copying|copyright|readme|unlicense|licen[cs]es/[^/]+)[^/]*$", re.IGNORECASE
)

_OPEN = re.compile(
    r"^(?:CC0-1\.0|CC-PDM-1\.0|CC-BY(?:-SA)?-\d\.\d(?:-[A-Z]+)?|CC-SA-1\.0|LicenseRef-CC-BY(?:-SA)?|LicenseRef-PublicDomain|PDDL-1\.0|ODbL-1\.0"
    r"|ODC-By-1\.0|MIT|Apache-2\.0|Unlicense|LAL-1\.[23]|A?GPL-\d\.0-\w[\w-]*|GFDL-1\.\d-\w[\w-]*|0BSD|BSD-\d-Clause|ISC|WTFPL)$"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One statement of a licence.

    Attributes
    ----------
    form : str
        Where it stands: "rel", "jsonld", "rdfa", "microdata", "meta", "rdf", "text", "header", "archive", "copyright",
        "operator".
    spdx : str
        SPDX expression; empty if the statement names no licence that is known.
    statement : str
        Its address or words, at most 300 characters.
    target : str
        The address that it is about; empty for everything that the page links to.
    """

    form: str
    spdx: str
    statement: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Licence:
    """The licence of a file.

    Attributes
    ----------
    spdx : str
        SPDX expression; empty if nothing states one.
    is_conflicting : bool
        Whether statements contradict each other.
    evidence : tuple of Evidence
        All statements.
    """

    spdx: str
    is_conflicting: bool
    evidence: tuple[Evidence, ...]

    @property
    def is_open(self) -> bool:
        """Whether every licence that it names permits adaptation by anybody, for any purpose."""
        names = re.split(r" OR | AND ", self.spdx)
        choices = (any if " OR " in self.spdx else all)(bool(_OPEN.match(name.strip("()"))) for name in names)
        return bool(self.spdx) and not self.is_conflicting and choices


def resolve(evidence: Sequence[Evidence]) -> Licence:
    """Return the licence that follows from statements: the one that they agree on, or a conflict.

    Examples
    --------
    >>> resolve([Evidence("rel", "CC0-1.0", "..."), Evidence("copyright", "LicenseRef-AllRightsReserved", "...")])
    ... # doctest: +ELLIPSIS
    Licence(spdx='CC0-1.0 AND LicenseRef-AllRightsReserved', is_conflicting=True, ...
    """
    unique = tuple(dict.fromkeys(evidence))
    names = list(dict.fromkeys(each.spdx for each in unique if each.spdx))
    precise = [name for name in names if not any(_implies(other, name) for other in names if other != name)]
    return Licence(" AND ".join(precise), len(precise) > 1, unique)


def _implies(precise: str, vague: str) -> bool:
    """Return whether one name is a more precise form of another, so that both are one statement."""
    if vague == "LicenseRef-PublicDomain":
        return precise in {"CC0-1.0", "CC-PDM-1.0", "PDDL-1.0", "Unlicense"}
    if vague == NON_COMMERCIAL:
        return "-NC" in precise or precise == PERSONAL_USE
    if vague == ALL_RIGHTS_RESERVED:
        return precise in {PERSONAL_USE, NON_COMMERCIAL}
    if vague.startswith("LicenseRef-CC-"):
        # A name without a version, and the same with one.
        return re.sub(r"-\d\.\d.*", "", precise) == vague.removeprefix("LicenseRef-")
    return precise.startswith(f"{vague}-") or vague in re.split(r" OR ", precise)


def text_evidence(form: str, text: str, target: str = "") -> list[Evidence]:
    """Return the statements of a text, one for each place that speaks of a licence.

    Parameters
    ----------
    form : str
        As `Evidence.form`.
    text : str
        Plain text.
    target : str
        As `Evidence.target`.
    """
    found: list[Evidence] = []
    end = -1
    for match in _KEYWORDS.finditer(text):
        if match.start() < end or len(found) >= MAX_EVIDENCE:
            continue
        start, end = max(0, match.start() - 120), match.end() + 160
        words = text[start:end]
        names = from_text(words)
        if len(names) > 1 and _CHOICE.search(words):
            names = [" OR ".join(names)]
        found += [Evidence(form, name, words[:300], target) for name in names]
    return list({each.spdx: each for each in found}.values())


def page_evidence(text: str, tags: Sequence[Tag], base: str) -> tuple[Evidence, ...]:
    """Return the statements of a page.

    Parameters
    ----------
    text : str
        The page.
    tags : sequence of Tag
        Its tags.
    base : str
        Address that its links are relative to.
    """
    if _KEYWORDS.search(text) is None and "rights" not in text:
        return ()
    found: list[Evidence] = []
    about: list[tuple[str, str]] = []
    for tag in tags:
        if len(found) >= MAX_EVIDENCE:
            break
        if tag.name == "!--":
            found += [_of_url("rdf", match.group(1), base) for match in _RDF_LICENSE.finditer(tag.content[:20_000])]
        elif tag.name == "script" and "ld+json" in tag.attributes.get("type", "").lower():
            found += _json_evidence(tag.content, base)
        elif not tag.is_end:
            found += _tag_evidence(text, tag, base, _subject(tag, about, base))
        elif about and about[-1][0] == tag.name:
            about.pop()
    stated = {each.spdx for each in found}
    found += [
        each
        for each in text_evidence("text", _visible_text(text))
        if not any(name == each.spdx or _implies(name, each.spdx) for name in stated)
    ]
    return tuple(found[:MAX_EVIDENCE])


def _subject(tag: Tag, about: list[tuple[str, str]], base: str) -> str:
    """Return the address that a tag's statement is about: of itself, or of an element around it."""
    if "about" in tag.attributes:
        about.append((tag.name, normalize_url(tag.attributes["about"], base) or ""))
    elif about and about[-1][0] == tag.name and tag.name not in {"link", "meta", "img"}:
        about.append((tag.name, about[-1][1]))
    return about[-1][1] if about else ""


def _tag_evidence(text: str, tag: Tag, base: str, subject: str) -> Iterator[Evidence]:
    attributes = tag.attributes
    address = attributes.get("href") or attributes.get("resource") or attributes.get("src", "")
    relations = attributes.get("rel", "").lower().split()
    if address and ("license" in relations or "licence" in relations or "cc:license" in relations):
        yield _of_url("rel", address, base, subject)
        return
    for attribute, form in (("property", "rdfa"), ("itemprop", "microdata"), ("name", "meta")):
        if any(_LICENSE_PROPERTIES.match(name) for name in attributes.get(attribute, "").split()):
            content = address or attributes.get("content", "")
            words = content or plain_text(text[tag.end : tag.end + 300].partition("</")[0])
            yield _of_words(form, words, subject)
            return


def _of_url(form: str, address: str, base: str, subject: str = "") -> Evidence:
    url = normalize_url(address, base) or address
    return Evidence(form, from_url(url), url[:300], subject)


def _of_words(form: str, words: str, subject: str = "") -> Evidence:
    """Return the statement of an address, an SPDX identifier or a sentence."""
    known = from_url(words) or (from_text(words) or [""])[0]
    if not known and re.fullmatch(r"[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9.]+)+", words):
        known = words
    return Evidence(form, known, words[:300], subject)


def _json_evidence(content: str, base: str) -> list[Evidence]:
    try:
        document = json.loads(content[:200_000])
    except (ValueError, RecursionError):
        return []
    found: list[Evidence] = []
    waiting: list[Any] = [document]
    while waiting and len(found) < MAX_EVIDENCE:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node[:1000]
        elif isinstance(node, dict):
            found += _node_evidence(node, base)
            waiting += [value for key, value in node.items() if key != "license" and isinstance(value, dict | list)]
    return found


def _node_evidence(node: dict[str, Any], base: str) -> Iterator[Evidence]:
    subject = next((node[key] for key in ("contentUrl", "url", "@id") if isinstance(node.get(key), str)), "")
    target = normalize_url(subject, base) if "contentUrl" in node else ""
    for key in ("license", "schema:license", "dct:license", "cc:license"):
        values = node.get(key, [])
        for value in values if isinstance(values, list) else [values]:
            words = value.get("@id") or value.get("url") or value.get("name") if isinstance(value, dict) else value
            if isinstance(words, str):
                yield _of_words("jsonld", words, target or "")


def _visible_text(text: str) -> str:
    """Return the text around every word that speaks of licences, without markup."""
    pieces: list[str] = []
    end = 0
    for match in _KEYWORDS.finditer(text):
        if match.start() < end or len(pieces) >= MAX_EVIDENCE:
            continue
        start, end = max(end, match.start() - 200), match.end() + 300
        piece = text[start:end]
        pieces.append(plain_text(piece[piece.find(">") + 1 if "<" not in piece[: piece.find(">")] else 0 :]))
    return " . ".join(pieces)


def is_licence_file(name: str) -> bool:
    """Return whether a file of an archive states the licence of the others, by its name."""
    return bool(_LICENSE_FILE.search(name))
