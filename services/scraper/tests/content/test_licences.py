"""Licences: evidence in the forms in which pages, archives and files state it, and conflicts."""

from __future__ import annotations

import pytest
from scraper.collecting.permission import decide
from scraper.content.licence_names import from_text, from_url
from scraper.content.licences import Evidence, Licence, is_licence_file, resolve, text_evidence
from scraper.content.links import parse_page
from scraper.fetching.usage_preferences import UNSTATED, UsagePreference

BY = "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    ("markup", "form", "spdx"),
    [
        (f'<a rel="license" href="{BY}">x</a>', "rel", "CC-BY-4.0"),
        (f'<link rel=license href="{BY}deed.de">', "rel", "CC-BY-4.0"),
        (f'<script type="application/ld+json">{{"@graph": [{{"license": "{BY}"}}]}}</script>', "jsonld", "CC-BY-4.0"),
        ('<script type="application/ld+json">{"license": {"name": "CC0-1.0"}}</script>', "jsonld", "CC0-1.0"),
        (f'<p about="" property="dct:license" resource="{BY}">', "rdfa", "CC-BY-4.0"),
        (f'<p><span property="http://purl.org/dc/terms/license" content="{BY}">', "rdfa", "CC-BY-4.0"),
        (f'<div itemscope><a itemprop="license" href="{BY}">x</a></div>', "microdata", "CC-BY-4.0"),
        ('<meta name="dcterms.license" content="CC BY-SA 3.0">', "meta", "CC-BY-SA-3.0"),
        ('<meta name="DC.rights" content="Public Domain">', "meta", "LicenseRef-PublicDomain"),
        (f'<!-- <rdf:RDF><Work><license rdf:resource="{BY}" /></Work></rdf:RDF> -->', "rdf", "CC-BY-4.0"),
        ("<p>All files are in the <b>public domain</b>.</p>", "text", "LicenseRef-PublicDomain"),
        ("<p>&copy; 2001 Jim. All rights reserved.</p>", "text", "LicenseRef-AllRightsReserved"),
        ("<p>Licence: Creative Commons Attribution-NonCommercial-ShareAlike 2.5", "text", "CC-BY-NC-SA-2.5"),
        ("<p>These are for personal use only.", "text", "LicenseRef-PersonalUseOnly"),
    ],
)
def test_a_page_states_its_licence_in_any_form(markup: str, form: str, spdx: str) -> None:
    page = parse_page(f"<html><body>{markup}<a href=x.mid>x</a></body></html>".encode(), "http://a.test/")
    assert [(each.form, each.spdx) for each in page.evidence] == [(form, spdx)]


def test_a_statement_about_one_file_is_not_about_the_others() -> None:
    page = parse_page(
        f'<div about="a.mid"><a rel="license" href="{BY}">by</a></div><a href=b.mid>b</a>'
        '<script type="application/ld+json">{"contentUrl": "/b.mid", "license": "CC0-1.0"}</script>'.encode(),
        "http://a.test/",
    )
    assert {(each.target, each.spdx) for each in page.evidence} == {
        ("http://a.test/a.mid", "CC-BY-4.0"),
        ("http://a.test/b.mid", "CC0-1.0"),
    }


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Welcome to my page of songs. Copyright 2001 Jim.</p>",
        "<p>Get a driving licence here.</p>",
        '<script type="application/ld+json">{"license": 5, "a": [}</script>',
        "<a rel=license>none</a>",
    ],
)
def test_what_states_no_licence_is_none(markup: str) -> None:
    page = parse_page(markup.encode(), "http://a.test/")
    assert [each.spdx for each in page.evidence if each.spdx] == []


@pytest.mark.parametrize(
    ("url", "spdx"),
    [
        ("http://creativecommons.org/licenses/by-sa/2.0/uk/", "CC-BY-SA-2.0-UK"),
        ("http://creativecommons.org/licenses/by-nc-nd/3.0/us/", "CC-BY-NC-ND-3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("http://creativecommons.org/licenses/publicdomain/", "LicenseRef-PublicDomain"),
        ("https://www.gnu.org/licenses/gpl-3.0.html", "GPL-3.0-or-later"),
        ("https://spdx.org/licenses/MIT.html", "MIT"),
        ("https://artlibre.org/licence/lal/en/", "LAL-1.3"),
        ("https://a.test/terms", ""),
    ],
)
def test_addresses_of_licences(url: str, spdx: str) -> None:
    assert from_url(url) == spdx


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        ("SPDX-License-Identifier: CC-BY-4.0 OR MIT", ["CC-BY-4.0 OR MIT"]),
        ("Released under CC0", ["CC0-1.0"]),
        ("under the GNU General Public License v3 or later", ["GPL-3.0-or-later"]),
        ("CC BY-NC 4.0", ["CC-BY-NC-4.0"]),
        ("This work is not in the public domain", ["LicenseRef-AllRightsReserved"]),
        ("Alle Rechte vorbehalten", ["LicenseRef-AllRightsReserved"]),
        ("nothing of the sort", []),
    ],
)
def test_texts_that_name_licences(text: str, spdx: list[str]) -> None:
    assert from_text(text) == spdx


def test_a_choice_is_one_licence() -> None:
    found = text_evidence("archive", "Licensed under CC BY-SA 4.0 or the GNU GPL version 3, at your choice.")
    assert [each.spdx for each in found] == ["CC-BY-SA-4.0 OR GPL-3.0-only"]


def licence(*names: str) -> Licence:
    return resolve([Evidence("rel", name, name) for name in names])


def test_statements_that_agree_are_one_and_others_a_conflict() -> None:
    assert licence("CC-BY-4.0", "CC-BY-4.0").spdx == "CC-BY-4.0"
    assert licence("LicenseRef-PublicDomain", "CC0-1.0").spdx == "CC0-1.0"
    assert licence("LicenseRef-CC-BY", "CC-BY-3.0-DE").spdx == "CC-BY-3.0-DE"
    assert licence("LicenseRef-CC-BY", "CC-BY-SA-3.0").is_conflicting
    assert not licence("LicenseRef-NonCommercial", "CC-BY-NC-4.0").is_conflicting
    for other in ("LicenseRef-AllRightsReserved", "CC-BY-NC-4.0", "CC-BY-3.0", "CC0-1.0"):
        found = licence("CC-BY-4.0", other)
        assert found.is_conflicting
        assert set(found.spdx.split(" AND ")) == {"CC-BY-4.0", other}
    assert (licence().spdx, licence("").is_conflicting) == ("", False)


@pytest.mark.parametrize(
    ("names", "training", "reason"),
    [
        (["CC-BY-SA-3.0-DE"], None, "LICENCE_OPEN"),
        (["LicenseRef-PublicDomain"], True, "LICENCE_OPEN"),
        (["CC-BY-NC-4.0 OR GPL-3.0-only"], None, "LICENCE_OPEN"),
        (["CC0-1.0"], False, "USAGE_REFUSED"),
        (["CC0-1.0", "CC-BY-4.0"], None, "LICENCE_CONFLICTING"),
        ([], None, "LICENCE_UNKNOWN"),
        (["CC-BY-NC-4.0"], None, "LICENCE_RESTRICTED"),
        (["LicenseRef-AllRightsReserved"], None, "LICENCE_RESTRICTED"),
    ],
)
def test_only_open_licences_permit_training_unless_the_operator_states_so(
    names: list[str], training: bool | None, reason: str
) -> None:
    usage = UsagePreference(training, "x") if training is not None else UNSTATED
    found = decide(licence(*names), usage)
    assert (found.is_granted, found.reason) == (reason == "LICENCE_OPEN", reason)
    stated = decide(licence(*names), usage, "The archive's owner agreed.")
    assert stated.is_granted
    assert stated.reason == ("LICENCE_OPEN" if found.is_granted else "OPERATOR_STATEMENT")


def test_names_of_licence_files() -> None:
    assert all(is_licence_file(name) for name in ("LICENSE", "a/README.txt", "COPYING", "x/LICENSES/CC0-1.0.txt"))
    assert not any(is_licence_file(name) for name in ("song.mid", "license-to-kill/song.txt"))
