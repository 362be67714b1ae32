"""URLs: normalized forms, odd addresses, session ids and endless paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scraper.content.urls import host_name, is_midi_or_archive_url, is_worth_fetching, normalize_url, origin, site

BASE = "http://a.test/music/list.html"


@pytest.mark.parametrize(
    ("written", "normalized"),
    [
        ("song.mid", "http://a.test/music/song.mid"),
        ("../x.mid#part", "http://a.test/x.mid"),
        ("//B.Test:80", "http://b.test/"),
        ("HTTPS://b.test:443/a/./b/../c", "https://b.test/a/c"),
        (" so\nng.mid ", "http://a.test/music/song.mid"),
        (r"dir\song.mid", "http://a.test/music/dir/song.mid"),
        ("a b.mid?q=a b", "http://a.test/music/a%20b.mid?q=a%20b"),
        ("http://bücher.test/", "http://xn--bcher-kva.test/"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("?C=N;O=D", "http://a.test/music/list.html"),
        ("/x;jsessionid=8A3F?id=1", "http://a.test/x?id=1"),
        ("/x?PHPSESSID=abc&id=1", "http://a.test/x?id=1"),
        ("/x?id=1&sid=0123456789abcdef0123", "http://a.test/x?id=1"),
        ("/x?sid=12", "http://a.test/x?sid=12"),
    ],
)
def test_an_address_has_one_form(written: str, normalized: str) -> None:
    assert normalize_url(written, BASE) == normalized


@pytest.mark.parametrize(
    "written",
    [
        "mailto:me@a.test",
        "ftp://a.test/x.mid",
        "file:///etc/passwd",
        "gopher://a.test/",
        "http://user@a.test/",
        "http://user:secret@a.test/",
        "http://a.test:99999/",
        "http://a.test:x/",
        "http://[::1/",
        "http://[v1.x]/",
        "http://" + "a" * 64 + ".test/",
        "http://a b.test/",
        "http://\x00/",
        "http://xn--\u2603/",
        "http://a.test/" + "x" * 3000,
        "javascript:void(0)",
        "http://[fe80::1%25eth0]/",
    ],
)
def test_what_cannot_be_read_is_none(written: str) -> None:
    assert normalize_url(written, BASE) is None


@given(st.text(max_size=60), st.sampled_from(["", "http://", "//", "https://[", "?", "/"]))
def test_any_text_is_an_address_or_none_and_the_form_is_stable(text: str, start: str) -> None:
    url = normalize_url(start + text, BASE)
    if url is not None:
        assert url.isascii()
        assert normalize_url(url) == url
        assert url.startswith(origin(url))
        assert host_name(url) in url


def test_host_origin_and_site() -> None:
    url = "https://www.a.test:8443/x?y"
    assert (host_name(url), origin(url), site(url)) == ("www.a.test", "https://www.a.test:8443", "a.test:8443")
    assert host_name("http://[::1]:80/x") == "[::1]"


def test_what_a_name_suggests() -> None:
    assert is_midi_or_archive_url("http://a.test/get.cgi?file=Song.KAR")
    assert is_midi_or_archive_url("http://a.test/song.mid?download=1")
    assert is_midi_or_archive_url("http://a.test/song.mid.gz")
    assert not is_midi_or_archive_url("http://a.test/midi/")
    assert not is_worth_fetching("http://a.test/x.jpg")
    assert not is_worth_fetching("http://a.test/x.tar.gz")
    assert is_worth_fetching("http://a.test/sitemap.xml.gz")


def test_a_path_that_repeats_itself_is_a_trap() -> None:
    assert is_worth_fetching("http://a.test/a/b/a/b/a")
    assert not is_worth_fetching("http://a.test/a/b/a/b/a/b/a/b")
    assert not is_worth_fetching("http://a.test/" + "/".join(str(each) for each in range(40)))
    assert not is_worth_fetching("http://a.test/?" + "&".join(f"p{each}={each}" for each in range(20)))
