"""Links of pages, sitemaps and lists, in markup of any age and in any state."""

from __future__ import annotations

import time

import pytest
from scraper.content.links import Link, parse_page


def test_a_page_is_read_with_its_base_titles_and_licence() -> None:
    page = parse_page(
        b"""<base href="/music/"><a rel="nofollow license" href="https://cc.test/by/4.0/#top">CC BY</a>
        <a href="a.mid">  Song <b>A</b> </a><a href="a.mid#again">again</a><a href="pic.png">no</a>
        <midi-player src="b.mid"></midi-player><a href="mailto:x@y.test">mail</a><a>nothing</a>""",
        "http://a.test/dir/page.html",
    )
    assert [(each.form, each.spdx) for each in page.evidence] == [("rel", ""), ("text", "LicenseRef-CC-BY")]
    assert page.evidence[0].statement == "https://cc.test/by/4.0/"
    assert page.n_nofollow == 1
    assert page.links == (
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


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"<a href=#" * 1000, b"<" * 10_000, b"<!-- <a href=x>", b"<a href=x" * 0]
)
def test_a_broken_page_has_no_links(body: bytes) -> None:
    assert parse_page(body, "http://a.test/").links == ()


OLD_PAGE = b"""<HTML><HEAD><TITLE>Jim's MIDI</TITLE><META HTTP-EQUIV="Refresh" CONTENT="5; URL=enter.htm"></HEAD>
<FRAMESET COLS="20%,*"><FRAME SRC=menu.htm NAME=menu><FRAME SRC="main.htm"><NOFRAMES>
<BODY BGSOUND="/back.mid"><A HREF=noframes.htm>no frames</A></NOFRAMES></FRAMESET>
<BGSOUND SRC="loop.mid" LOOP=infinite><EMBED SRC='embed.mid' HIDDEN><IMG DYNSRC=dyn.mid>
<OBJECT DATA="object.rmi"><PARAM NAME="FileName" VALUE="param.mid"></OBJECT>
<APPLET CODE=Player><PARAM NAME=song VALUE="applet.kar"></APPLET>
<MAP><AREA HREF="area.mid"></MAP><IFRAME SRC=inner.htm></IFRAME><LAYER SRC=layer.htm></LAYER>
<H2>Ragtime</H2><A HREF="/cgi-bin/get.pl?f=rag">The <I>Rag</I><A HREF=second.mid>Second
<FORM ACTION="/cgi-bin/jump"><INPUT TYPE=hidden NAME=dir VALUE=pop><SELECT NAME=song><OPTION VALUE=12>Twelve
<OPTION VALUE="menu/13.mid">Thirteen</SELECT></FORM><A HREF="javascript:play('script.mid')">s</A>
<SCRIPT>window.open('popup.htm'); location.href = "moved.htm"; var x = "quiet.kar";</SCRIPT>"""


def test_everything_an_old_page_leads_to_is_found() -> None:
    page = parse_page(OLD_PAGE, "http://a.test/")
    found = {link.url.removeprefix("http://a.test/") for link in page.links}
    names = "enter menu main noframes inner layer popup moved"
    assert {f"{name}.htm" for name in names.split()} <= found
    files = (
        "back.mid loop.mid embed.mid dyn.mid object.rmi param.mid applet.kar area.mid second.mid script.mid quiet.kar"
    )
    assert set(files.split()) <= found
    assert {"cgi-bin/get.pl?f=rag", "cgi-bin/jump?dir=pop&song=12", "menu/13.mid"} <= found
    rag = next(link for link in page.links if "get.pl" in link.url)
    assert (rag.text, rag.section) == ("The Rag", "Ragtime")
    assert page.title == "Jim's MIDI"


def test_a_list_of_addresses_is_read() -> None:
    body = b"# mine\nhttp://a.test/x.mid\n/y.kar\r\nnot an address\nhttps://b.test/\n"
    links = parse_page(body, "http://a.test/list.txt", "text/plain").links
    assert [link.url for link in links] == ["http://a.test/x.mid", "http://a.test/y.kar", "https://b.test/"]


@pytest.mark.parametrize(
    ("body", "kind", "url"),
    [
        ("<a href='?q=ä'>".encode("latin-1"), "text/html; charset=iso-8859-1", "http://a.test/?q=%E4"),
        ("<meta charset=utf-8><a href='ä'>".encode(), "text/html", "http://a.test/%C3%A4"),
        ("\ufeff<a href=x>".encode("utf-16-le"), "text/html", "http://a.test/x"),
        (b"<a href=x>\xff", "text/html; charset=nonsense", "http://a.test/x"),
        (b"<a href=x>", "text/html; charset=unicode_escape\0", "http://a.test/x"),
    ],
)
def test_pages_in_any_encoding(body: bytes, kind: str, url: str) -> None:
    assert [link.url for link in parse_page(body, "http://a.test/", kind).links] == [url]


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<a>", "<script>", "<a href=", "<a x='", "<!--", "<title>", "<", "<a b ", "<form><option>", "&#x;"],
)
def test_reading_takes_time_in_proportion_to_the_length(piece: str) -> None:
    """A reader whose time is quadratic takes hours for these, one that goes back takes for ever."""
    body = (piece * (400_000 // len(piece))).encode()
    started_s = time.process_time()
    parse_page(body, "http://a.test/")
    assert time.process_time() - started_s < 10.0


def test_a_meta_tag_may_refuse_training() -> None:
    assert parse_page(b"<meta name=robots content='noai, index'><a href=x>", "http://a.test/").usage == "train-ai=n"
    assert parse_page(b"<meta name=tdm-reservation content=1>", "http://a.test/").usage == "train-ai=n"
