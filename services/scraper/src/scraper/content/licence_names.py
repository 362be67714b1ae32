"""Names of licences: from addresses and texts to SPDX identifiers."""

from __future__ import annotations

import re

PUBLIC_DOMAIN = "LicenseRef-PublicDomain"
ALL_RIGHTS_RESERVED = "LicenseRef-AllRightsReserved"
PERSONAL_USE = "LicenseRef-PersonalUseOnly"
NON_COMMERCIAL = "LicenseRef-NonCommercial"

_CC_URL = re.compile(
    r"creativecommons\.org/(?:licen[cs]es/(?P<kind>by(?:-nc)?(?:-nd|-sa)?|nd(?:-nc)?|nc(?:-sa)?|sa|nc-sampling\+?)/"
    r"(?P<version>\d\.\d)(?:/(?P<port>[a-z]{2,3}))?|publicdomain/(?P<public>zero|mark)|licen[cs]es/(?P<old>publicdomain))",
    re.IGNORECASE,
)
_PORTS_OF_SPDX = {
    "CC-BY-SA-2.0": {"UK"},
    "CC-BY-SA-2.1": {"JP"},
    "CC-BY-3.0": {"AT", "AU", "DE", "IGO", "NL", "US"},
    "CC-BY-2.5": {"AU"},
    "CC-BY-SA-3.0": {"AT", "DE", "IGO"},
    "CC-BY-NC-3.0": {"DE"},
    "CC-BY-NC-SA-2.0": {"DE", "FR", "UK"},
    "CC-BY-NC-SA-3.0": {"DE", "IGO"},
    "CC-BY-NC-ND-3.0": {"DE", "IGO"},
    "CC-BY-ND-3.0": {"DE"},
}
_OTHER_URLS = (
    (r"gnu\.org/licen[cs]es/agpl", "AGPL-3.0-or-later"),
    (r"gnu\.org/licen[cs]es/(?:old-licen[cs]es/)?gpl-2", "GPL-2.0-or-later"),
    (r"gnu\.org/licen[cs]es/gpl", "GPL-3.0-or-later"),
    (r"gnu\.org/licen[cs]es/fdl", "GFDL-1.3-or-later"),
    (r"artlibre\.org", "LAL-1.3"),
    (r"opensource\.org/licen[cs]es?/mit", "MIT"),
    (r"apache\.org/licen[cs]es/license-2", "Apache-2.0"),
    (r"unlicense\.org", "Unlicense"),
    (r"opendatacommons\.org/licen[cs]es/pddl", "PDDL-1.0"),
    (r"opendatacommons\.org/licen[cs]es/odbl", "ODbL-1.0"),
    (r"opendatacommons\.org/licen[cs]es/by", "ODC-By-1.0"),
    (r"rightsstatements\.org/vocab/(?:NoC-|NKC)", PUBLIC_DOMAIN),
    (r"rightsstatements\.org/vocab/InC", ALL_RIGHTS_RESERVED),
)
_SPDX_URL = re.compile(r"spdx\.org/licenses/([A-Za-z0-9.+-]{2,60}?)(?:\.html)?(?:[#?]|$)", re.IGNORECASE)

_TEXT_NAMES = (
    (r"\bCC[ -]?0\b|creative commons zero|\bcc zero\b", "CC0-1.0"),
    (r"public domain mark", "CC-PDM-1.0"),
    (r"\bGNU (?:general public|GPL)|\bGPL(?:v?[23]|\b)", "GPL"),
    (r"free documentation licen[cs]e|\bGFDL\b", "GFDL-1.3-or-later"),
    (r"free art licen[cs]e|licence art libre|\bLAL\b", "LAL-1.3"),
    (r"\bMIT licen[cs]e", "MIT"),
    (r"\bapache licen[cs]e|\bapache-2\.0\b", "Apache-2.0"),
    (r"\bthe unlicense\b", "Unlicense"),
    (
        r"\bpublic[ -]domain\b|\bdomaine public\b|\bgemeinfrei|\bdominio p[uú]b(?:b)?lico\b|no known copyright",
        PUBLIC_DOMAIN,
    ),
    (
        r"all rights reserved|alle rechte vorbehalten|tous droits r[eé]serv[eé]s|todos los derechos reservados"
        r"|tutti i diritti riservati",
        ALL_RIGHTS_RESERVED,
    ),
    (
        r"personal use only|(?:private|personal),? non-?commercial use only|nur f[uü]r den privaten gebrauch",
        PERSONAL_USE,
    ),
    (
        r"non-?commercial (?:use|purposes)|not for commercial|not be (?:sold|used commercially)|kein(?:e)? kommerziell",
        NON_COMMERCIAL,
    ),
)
_COMPILED_NAMES = tuple((re.compile(pattern, re.IGNORECASE), name) for pattern, name in _TEXT_NAMES)
_CC_TEXT = re.compile(
    r"(?:creative commons|\bCC)[ -]{0,3}"
    r"(?P<terms>(?:(?:attribution|by|non-?commercial|nc|no[ -]?deriv(?:ative)?s?(?: works)?|nd|share-?alike|sa)"
    r"(?:[\s,–/-]|and){0,4}){1,4})(?:[^.\d]{0,40}?(?:v(?:ersion)?\.? ?)?(?P<version>\d\.\d))?",
    re.IGNORECASE,
)
_SPDX_TAG = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+()-]+(?: (?:OR|AND|WITH) [A-Za-z0-9.+()-]+)*)")
_NOT_PUBLIC = re.compile(r"(?:\bnot\b|\bnicht\b|isn't|aren't)[^.]{0,30}$", re.IGNORECASE)
_VERSION = re.compile(r"(?:v|version |-)?([123])(?:\.0)?", re.IGNORECASE)


def from_url(url: str) -> str:
    """Return the SPDX identifier of a licence's address; empty if it is not known.

    Examples
    --------
    >>> from_url("https://creativecommons.org/licenses/by-sa/3.0/de/"), from_url("https://a.test/terms")
    ('CC-BY-SA-3.0-DE', '')
    """
    match = _CC_URL.search(url)
    if match is not None:
        return _cc_identifier(match)
    match = _SPDX_URL.search(url)
    if match is not None:
        return match.group(1)
    return next((name for pattern, name in _OTHER_URLS if re.search(pattern, url, re.IGNORECASE)), "")


def _cc_identifier(match: re.Match[str]) -> str:
    if match["public"]:
        return "CC0-1.0" if match["public"].lower() == "zero" else "CC-PDM-1.0"
    if match["old"]:
        return PUBLIC_DOMAIN
    name = f"CC-{match['kind'].upper()}-{match['version']}"
    port = (match["port"] or "").upper()
    return f"{name}-{port}" if port in _PORTS_OF_SPDX.get(name, ()) else name


def from_text(text: str) -> list[str]:
    """Return the SPDX identifiers of the licences that a text names, each once.

    Examples
    --------
    >>> from_text("Licensed under a Creative Commons Attribution-ShareAlike 4.0 International License.")
    ['CC-BY-SA-4.0']
    >>> from_text("This song is not in the public domain.")
    ['LicenseRef-AllRightsReserved']
    """
    tag = _SPDX_TAG.search(text)
    if tag is not None:
        return [tag.group(1)]
    found = [name for name in (_cc_of_text(match) for match in _CC_TEXT.finditer(text)) if name]
    found += [from_url(url) for url in re.findall(r"(?:https?://|www\.)[^\s\"'<>)]{5,200}", text)]
    is_open = bool([name for name in found if name])
    for pattern, name in _COMPILED_NAMES:
        match = pattern.search(text)
        if match is None or (name == NON_COMMERCIAL and (is_open or PERSONAL_USE in found)):
            continue
        if name == PUBLIC_DOMAIN and _NOT_PUBLIC.search(text[max(0, match.start() - 40) : match.start()]):
            name = ALL_RIGHTS_RESERVED
        if name == PUBLIC_DOMAIN and {"CC-PDM-1.0", "CC0-1.0"} & set(found):
            continue
        found.append(_gpl(text) if name == "GPL" else name)
    return list(dict.fromkeys(name for name in found if name))


def _gpl(text: str) -> str:
    match = re.search(r"(?:GPL|general public licen[cs]e)[ ,]*(?:v|version |-)?([23])", text, re.IGNORECASE)
    version = match.group(1) if match else "2"
    suffix = "or-later" if match is None or re.search(r"or (?:any |\(at your option\) any )?later", text) else "only"
    return f"GPL-{version}.0-{suffix}"


def _cc_of_text(match: re.Match[str]) -> str:
    terms = match["terms"].lower()
    parts = ["BY"] if re.search(r"attribution|\bby\b", terms) else []
    parts += ["NC"] if re.search(r"non-?commercial|\bnc\b", terms) else []
    parts += ["ND"] if re.search(r"no[ -]?deriv|\bnd\b", terms) else []
    parts += ["SA"] if re.search(r"share-?alike|\bsa\b", terms) else []
    name = f"CC-{'-'.join(parts)}"
    if not parts:
        return ""
    return f"{name}-{match['version']}" if match["version"] else f"LicenseRef-{name}"
