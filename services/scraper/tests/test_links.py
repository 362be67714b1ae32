"""Normalized URLs, and the links of pages and sitemaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scraper.content.links import Link, parse_page
from scraper.content.urls import is_midi_or_archive_url, is_worth_fetching, normalize_url, origin, site


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://Example.ORG", "http://example.org/"),
        ("HTTP://example.org:80/a#b", "http://example.org/a"),
        ("https://example.org:443/", "https://example.org/"),
        ("http://example.org:8080/a?b=c", "http://example.org:8080/a?b=c"),
        ("http://müller.example/ü", "http://xn--mller-kva.example/%C3%BC"),
        ("../x y.mid", "http://base.test/x%20y.mid"),
        ("//other.test/z", "http://other.test/z"),
        ("ftp://example.org/", None),
        ("mailto:a@b.test", None),
        ("javascript:alert(1)", None),
        ("http://user:secret@example.org/", None),
        ("http://[::1", None),
        ("http://example.org/" + "a" * 3000, None),
    ],
)
def test_addresses_are_written_one_way(url: str, expected: str | None) -> None:
    assert normalize_url(url, "http://base.test/dir/") == expected


@given(st.text(max_size=40), st.sampled_from(["http://a.test/", "https://www.b.test:8443/x/y?z"]))
def test_a_normal_address_stays_as_it_is(url: str, base: str) -> None:
    once = normalize_url(url, base)
    if once is not None:
        assert normalize_url(once) == once
        assert once.startswith(f"{origin(once)}/")


def test_a_site_is_a_host_with_or_without_www() -> None:
    assert site("http://www.a.test/x") == site("https://a.test/") == "a.test"
    assert site("http://a.test:81/") == "a.test:81"
    assert site("http://b.a.test/") != site("http://a.test/")
    assert origin("https://www.a.test/x") == "https://www.a.test"


def test_names_tell_files_and_what_is_no_use() -> None:
    assert is_midi_or_archive_url("http://a.test/Song.MID?x=1")
    assert is_midi_or_archive_url("http://a.test/all.zip")
    assert not is_midi_or_archive_url("http://a.test/mid")
    assert is_worth_fetching("http://a.test/v1.2/")
    assert not is_worth_fetching("http://a.test/cover.JPG")


def test_a_page_is_read_with_its_base_titles_and_licence() -> None:
    page = parse_page(
        b"""<base href="/music/"><a rel="nofollow license" href="https://cc.test/by/4.0/#top">CC BY</a>
        <a href="a.mid">  Song <b>A</b> </a><a href="a.mid#again">again</a><a href="pic.png">no</a>
        <midi-player src="b.mid"></midi-player><a href="mailto:x@y.test">mail</a><a>nothing</a>""",
        "http://a.test/dir/page.html",
    )
    assert page.license_url == "https://cc.test/by/4.0/"
    assert page.links == (
        Link("https://cc.test/by/4.0/", "CC BY"),
        Link("http://a.test/music/a.mid", "Song A"),
        Link("http://a.test/music/b.mid", ""),
    )


def test_a_page_that_asks_not_to_be_followed_is_not() -> None:
    page = parse_page(b'<meta name="Robots" content="noindex, nofollow"><a href="a.mid">A</a>', "http://a.test/")
    assert page.links == ()


def test_a_sitemap_is_read() -> None:
    body = b'<?xml version="1.0"?><urlset><url><loc> http://a.test/x </loc></url><url><loc>/y</loc></url></urlset>'
    assert [link.url for link in parse_page(body, "http://a.test/s.xml").links] == [
        "http://a.test/x",
        "http://a.test/y",
    ]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"<a href=" * 1000, b"<" * 10_000])
def test_a_broken_page_has_no_links(body: bytes) -> None:
    assert parse_page(body, "http://a.test/").links == ()
