"""Odd sites: whatever is wrong with one address fails that address, and traps end."""

from __future__ import annotations

import gzip
import io
import struct
import time
import zipfile
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from scraper.crawling import traps
from scraper.crawling.crawl_manager import CrawlManager
from scraper.crawling.events import CrawlSummary, FoundFile
from scraper.crawling.limits import Limits, parse_start_urls
from scraper.settings import Settings

Piece = Callable[..., bytes]


async def run_crawl(settings: Settings, *starts: str, **limits: Any) -> tuple[list[FoundFile], CrawlSummary]:
    events = [event async for event in CrawlManager(settings).crawl(parse_start_urls(starts), Limits(**limits))]
    summary = events[-1]
    assert isinstance(summary, CrawlSummary)
    return [event for event in events if isinstance(event, FoundFile)], summary


ODD_LINKS = [
    *("http://xn--/", "https://xn--/", "http://xn--a/", "http://a..b.test/", "http://-/", "http://%00/", "http://[::1"),
    *("http://999.999.999.999/", "http://1.2.3.4.5/", "http://a.test:0/", "http://a.test:99999/", "//", "///", "http:"),
    *("http://user:x@a.test/", "ftp://a.test/x.mid", "mailto:x@a.test", "javascript:;", "data:audio/midi;base64,TVRo"),
    *("http://" + "a" * 300 + ".test/", "http://a.test/" + "%" * 100, "?" * 50, "#", "\x01\x02", "http://☃.invalid/x"),
    *("about:blank", "urn:isbn:1", "http://\ud800.test/".encode("utf-8", "replace").decode(), "../" * 50 + "y", "%zz"),
]


async def test_odd_links_and_redirects_fail_alone(site: Any, settings: Settings, piece: Piece) -> None:
    targets = ["mailto:x@a.test", "", "http://xn--/", "http://[", "javascript:1", "//", "\x00", "data:,x", "ftp://a/"]
    site.put_links("/", *ODD_LINKS, *(f"/r{number}" for number in range(len(targets))), "/good.mid")
    for number, target in enumerate(targets):
        site.put(f"/r{number}", status=302, headers={"Location": target})
    site.put("/good.mid", piece(60), "audio/midi")
    quick = settings.model_copy(update={"attempts": 1, "timeout_s": 2.0})
    files, summary = await run_crawl(quick, site.url)
    assert [file.url for file in files] == [f"{site.url}/good.mid"]
    assert summary.ended_by == "complete"


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359"},
        {"Retry-After": "9" * 500},
        {"Retry-After": "-1"},
        {"Retry-After": "Fri, 99 Foo 99999999999 99:99:99"},
    ],
)
async def test_an_absurd_retry_after_fails_its_address(site: Any, settings: Settings, headers: dict[str, str]) -> None:
    site.put_links("/", "/busy")
    site.put("/busy", status=503, headers=headers)
    quick = settings.model_copy(update={"attempts": 1, "max_delay_s": 0.1})
    _, summary = await run_crawl(quick, site.url)
    assert (summary.n_failed, summary.ended_by) == (1, "complete")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "\x00"},
        {"Content-Type": "text/html; charset=\x00"},
        {"Content-Encoding": "nonsense"},
        {"Content-Usage": "=,;\x7f"},
        {"Link": "<" * 3000},
        {"Set-Cookie": "x" * 9000, "ETag": "\xff" * 900},
        {"X-Robots-Tag": "::::"},
    ],
)
async def test_odd_headers_fail_at_most_their_address(site: Any, settings: Settings, headers: dict[str, str]) -> None:
    site.put_links("/", "/odd", "/even")
    site.put("/odd", "hello", headers=headers)
    site.put("/even", "hello")
    _, summary = await run_crawl(settings, site.url)
    assert summary.n_pages >= 2
    assert summary.ended_by == "complete"


async def test_deeply_nested_and_bombs_of_pages_do_not_hold_a_crawl(
    site: Any, settings: Settings, piece: Piece
) -> None:
    nested = gzip.compress(b"<div>" * 300_000)
    site.put_links("/", "/nested", "/bomb", "/bomb.mid", "/bomb.zip", "/good.mid")
    site.put("/nested", nested, headers={"Content-Encoding": "gzip"})
    site.put("/bomb", gzip.compress(bytes(16 * 1024 * 1024)), headers={"Content-Encoding": "gzip"})
    site.put("/bomb.mid", gzip.compress(b"MThd" + bytes(16 * 1024 * 1024)), "audio/midi")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"{number}.mid", b"MThd" + bytes(2 * 1024 * 1024 - 4))
    site.put("/bomb.zip", packed.getvalue(), "application/zip")
    site.put("/good.mid", piece(60), "audio/midi")
    started_s = time.monotonic()
    files, summary = await run_crawl(settings, site.url)
    assert [file.url for file in files] == [f"{site.url}/good.mid"]
    assert summary.n_pages == 2
    assert time.monotonic() - started_s < 60.0


async def test_pages_without_an_end_are_left(
    site: Any, settings: Settings, piece: Piece, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traps, "FREE_PAGES", 6)
    respond = site.respond

    def calendar(path: str) -> Any:
        if path.startswith("/day/"):
            number = int(path.rpartition("/")[2])
            site.put_links(path, *(f"/day/{number * 3 + step}" for step in (1, 2, 3)))
        return respond(path)

    site.respond = calendar
    site.put_links("/", "/day/1", "/songs")
    site.put_links("/songs", "/a.mid")
    site.put("/a.mid", piece(60), "audio/midi")
    files, summary = await run_crawl(settings, site.url, max_depth=6)
    assert len(files) == 1
    assert summary.n_skipped > 0
    assert 6 <= sum(path.startswith("/day/") for path in site.paths) <= 6 + settings.host_concurrency


async def test_session_ids_and_orders_of_a_list_are_one_page(site: Any, settings: Settings) -> None:
    site.put_links(
        "/", "/x?PHPSESSID=1", "/x?PHPSESSID=2", "/x;jsessionid=3", "/dir/?C=N;O=D", "/dir/?C=M;O=A", "/dir/"
    )
    site.put("/x", "one")
    site.put("/dir/", "list")
    _, summary = await run_crawl(settings, site.url)
    assert summary.n_pages == 3
    assert sorted(path for path in site.paths if path != "/robots.txt") == ["/", "/dir/", "/x"]


async def test_everything_of_an_old_archive_is_found(site: Any, settings: Settings, piece: Piece) -> None:
    pieces = {name: piece(50 + index, 70 - index) for index, name in enumerate("abcdefgh")}
    rmi = (
        b"RIFF"
        + struct.pack("<I", 12 + len(pieces["c"]))
        + b"RMIDdata"
        + struct.pack("<I", len(pieces["c"]))
        + pieces["c"]
    )
    site.put("/", "<FRAMESET><FRAME SRC=menu.htm><FRAME SRC=main.htm></FRAMESET>")
    site.put("/menu.htm", '<META HTTP-EQUIV=refresh CONTENT="0;URL=real.htm">')
    site.put("/real.htm", "<BGSOUND SRC=a.mid><A HREF=/cgi-bin/get?b>b</A><A HREF=c.rmi>c</A><A HREF=dir/>dir</A>")
    site.put("/main.htm", "<EMBED SRC=d.kar><A HREF=all.zip>all</A><A HREF=h.mid.gz>packed</A>")
    site.put("/dir/", '<title>Index of /dir</title><pre><a href="?N=D">Name</a> <a href="e.mid">e.mid</a></pre>')
    site.put("/a.mid", pieces["a"], "application/x-unknown")
    site.put("/cgi-bin/get?b", pieces["b"], "application/octet-stream")
    site.put("/c.rmi", rmi, "audio/mid")
    site.put("/d.kar", pieces["d"], "text/plain")
    site.put("/dir/e.mid", pieces["e"], "audio/x-midi")
    site.put("/h.mid.gz", gzip.compress(pieces["h"]), "application/x-gzip")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.mid", pieces["f"])
        archive.writestr("sub/g.mid.gz", gzip.compress(pieces["g"]))
    site.put("/all.zip", packed.getvalue(), "application/x-zip-compressed")
    files, _ = await run_crawl(settings, site.url)
    assert {file.midi for file in files} == set(pieces.values())


ROBOTS = """
User-agent: *
Disallow: /no/
Disallow: /*.secret$
Allow: /no/yes/
Content-Usage: /mine/ train-ai=n
Content-Usage: /mine/yours/ train-ai=y
"""


async def test_what_a_site_does_not_want_read_is_not_requested(site: Any, settings: Settings, piece: Piece) -> None:
    """A thousand addresses in seven kinds, of which none is requested, among some that may be."""
    site.put("/robots.txt", ROBOTS, "text/plain")
    site.put("/.well-known/tdmrep.json", '[{"location": "/tdm/*", "tdm-reservation": 1}]', "application/json")
    kinds = ("/no/{}.mid", "/{}.secret", "/mine/{}.mid", "/tdm/{}.mid")
    good = ["/no/yes/a.mid", "/mine/yours/b.mid", "/good.mid"]
    site.put_links("/", *(kind.format(n) for kind in kinds for n in range(200)), "/meta", "/header", *good)
    site.pages["/"].body += "".join(f'<a rel="external nofollow" href="/rel{n}">x</a>' for n in range(100)).encode()
    site.put_links("/meta", *(f"/x{n}.mid" for n in range(50)), extra="<meta name=robots content=nofollow>")
    site.put_links("/header", *(f"/y{n}.mid" for n in range(50)))
    site.pages["/header"].headers["X-Robots-Tag"] = "noindex, nofollow"
    for number, path in enumerate(good):
        site.put(path, piece(60 + number), "audio/midi")
    files, summary = await run_crawl(settings, site.url)
    assert sorted(file.url.removeprefix(site.url) for file in files) == sorted(good)
    assert set(site.paths) == {"/", "/meta", "/header", *good, "/robots.txt", "/.well-known/tdmrep.json"}
    assert summary.n_disallowed == 800


async def test_a_request_never_comes_within_the_delay(site: Any, settings: Settings, piece: Piece) -> None:
    site.put_links("/", *(f"/{number}" for number in range(4)), "/a.mid", "/moved", "/busy")
    for number in range(4):
        site.put(f"/{number}", "x")
    site.put("/moved", status=301, headers={"Location": "/0"})
    site.put("/busy", status=503)
    site.put("/a.mid", piece(60), "audio/midi")
    patient = settings.model_copy(update={"delay_s": 0.06, "host_concurrency": 4})
    await run_crawl(patient, site.url)
    times_s = sorted(request.at_s for request in site.requests)
    assert len(times_s) >= 10
    assert min(later - sooner for sooner, later in pairwise(times_s)) >= 0.06


async def test_packed_sitemaps_and_lists_lead_on(site: Any, settings: Settings, piece: Piece) -> None:
    sitemap = b"<?xml version='1.0'?><urlset><url><loc>/a.mid</loc></url></urlset>"
    site.put("/sitemap.xml.gz", gzip.compress(sitemap), "application/x-gzip")
    site.put("/list.txt", f"{site.url}/b.mid\n{site.url}/c.mid\n", "text/plain")
    for number, name in enumerate("abc"):
        site.put(f"/{name}.mid", piece(60 + number), "audio/midi")
    files, summary = await run_crawl(settings, f"{site.url}/sitemap.xml.gz", f"{site.url}/list.txt")
    assert {file.url[-5:] for file in files} == {"a.mid", "b.mid", "c.mid"}
    assert (summary.n_pages, summary.n_invalid) == (2, 0)
