"""Whole crawls of real sites on loopback."""

from __future__ import annotations

import hashlib
import io
import socket
import time
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from scraper.crawling.crawl_manager import CrawlManager
from scraper.crawling.events import CrawlProgress, CrawlSummary, Event, FoundFile
from scraper.crawling.limits import Limits, parse_start_urls
from scraper.settings import Settings

Piece = Callable[..., bytes]


async def run_crawl(settings: Settings, *starts: str, **limits: Any) -> tuple[list[FoundFile], CrawlSummary]:
    events = [event async for event in CrawlManager(settings).crawl(parse_start_urls(starts), Limits(**limits))]
    summary = events[-1]
    assert isinstance(summary, CrawlSummary)
    return [event for event in events if isinstance(event, FoundFile)], summary


@asynccontextmanager
async def crawling(settings: Settings, *starts: str, **limits: Any) -> AsyncIterator[AsyncIterator[Event]]:
    async with aclosing(CrawlManager(settings).crawl(parse_start_urls(starts), Limits(**limits))) as events:
        yield events


async def test_a_file_comes_with_where_it_is_from(site: Any, settings: Settings, piece: Piece) -> None:
    site.put_links("/", "/list.html")
    site.put(
        "/list.html", '<link rel="license" href="/cc-by"><a href="song.mid">A <i>song</i></a>', "text/html; charset=x"
    )
    site.put("/song.mid", piece(60, 62), "audio/midi")
    files, summary = await run_crawl(settings, site.url)
    (file,) = files
    assert file.midi == piece(60, 62)
    assert (file.url, file.page_url) == (f"{site.url}/song.mid", f"{site.url}/list.html")
    assert (file.title, file.license_url) == ("A song", f"{site.url}/cc-by")
    assert file.sha256 == hashlib.sha256(file.midi).hexdigest()
    assert file.fetched_at.endswith("Z")
    assert (summary.n_pages, summary.n_files, summary.ended_by) == (2, 1, "complete")
    assert site.requests[0].path == "/robots.txt"
    assert {request.headers["user-agent"] for request in site.requests} == {settings.user_agent}


async def test_music_is_known_by_its_bytes_not_its_name(site: Any, settings: Settings, piece: Piece) -> None:
    site.put_links("/", "/download?id=1", "/fake.mid", "/page.mid", "/none")
    site.put("/download?id=1", piece(60), "application/octet-stream")
    site.put("/fake.mid", b"MThd but no more", "audio/midi")
    site.put_links("/page.mid", "/deep.mid")
    site.put("/deep.mid", piece(61), "text/plain")
    files, summary = await run_crawl(settings, site.url)
    assert sorted(file.url.removeprefix(site.url) for file in files) == ["/deep.mid", "/download?id=1"]
    assert (summary.n_invalid, summary.n_failed, summary.n_pages) == (1, 1, 2)


async def test_robots_txt_is_obeyed(site: Any, settings: Settings, piece: Piece) -> None:
    site.put("/robots.txt", "User-agent: SegueScraper\nDisallow: /private\n", "text/plain")
    site.put_links("/", "/private/a.mid", "/b.mid")
    site.put("/private/a.mid", piece(60), "audio/midi")
    site.put("/b.mid", piece(61), "audio/midi")
    files, summary = await run_crawl(settings, site.url)
    assert [file.midi for file in files] == [piece(61)]
    assert summary.n_disallowed == 1
    assert "/private/a.mid" not in site.paths
    assert site.paths.count("/robots.txt") == 1


@pytest.mark.parametrize(("status", "disallowed"), [(404, 0), (403, 0), (500, 1)])
async def test_a_robots_txt_that_fails_forbids_everything_only_if_the_host_fails(
    site: Any, settings: Settings, status: int, disallowed: int
) -> None:
    site.put("/robots.txt", status=status)
    site.put("/", "hello")
    _, summary = await run_crawl(settings, site.url)
    assert (summary.n_disallowed, summary.n_pages) == (disallowed, 1 - disallowed)


async def test_a_redirect_of_robots_txt_is_followed(site: Any, settings: Settings) -> None:
    site.put("/robots.txt", status=301, headers={"Location": "/real-robots.txt"})
    site.put("/real-robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    site.put("/", "hello")
    _, summary = await run_crawl(settings, site.url)
    assert (summary.n_disallowed, summary.n_pages) == (1, 0)


async def test_the_same_bytes_and_the_same_notes_are_emitted_once(site: Any, settings: Settings, piece: Piece) -> None:
    site.put_links("/", "/a.mid", "/same-bytes.mid", "/same-notes.mid", "/other.mid")
    for name, body in {
        "a": piece(60, 64),
        "same-bytes": piece(60, 64),
        "same-notes": piece(60, 64, name="By another name", division=96),
        "other": piece(60, 65),
    }.items():
        site.put(f"/{name}.mid", body, "audio/midi")
    files, summary = await run_crawl(settings.model_copy(update={"host_concurrency": 1}), site.url)
    assert [file.url.removeprefix(site.url) for file in files] == ["/a.mid", "/other.mid"]
    assert summary.n_duplicates == 2


@pytest.mark.parametrize("target", ["http://10.0.0.1/a.mid", "http://169.254.169.254/latest/", "http://[::1]:1/a.mid"])
async def test_a_redirect_to_a_private_address_is_not_followed(
    site: Any, settings: Settings, piece: Piece, target: str
) -> None:
    site.put_links("/", "/trap.mid", "/good.mid")
    site.put("/trap.mid", status=302, headers={"Location": target})
    site.put("/good.mid", piece(60), "audio/midi")
    files, summary = await run_crawl(settings, site.url, other_hosts=True)
    assert [file.url for file in files] == [f"{site.url}/good.mid"]
    assert summary.n_failed == 1


async def test_a_redirect_counts_as_an_address_of_its_own(site: Any, settings: Settings, piece: Piece) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n", "text/plain")
    site.put_links("/", "/old.mid", "/sneaky.mid", "/loop")
    site.put("/old.mid", status=301, headers={"Location": "/new.mid"})
    site.put("/sneaky.mid", status=302, headers={"Location": "/private/a.mid"})
    site.put("/loop", status=302, headers={"Location": "/loop"})
    site.put("/new.mid", piece(60), "audio/midi")
    files, summary = await run_crawl(settings, site.url)
    assert [(file.url, file.page_url) for file in files] == [(f"{site.url}/new.mid", f"{site.url}/")]
    assert summary.n_disallowed == 1
    assert "/private/a.mid" not in site.paths


async def test_a_chain_of_redirects_ends(site: Any, settings: Settings) -> None:
    site.put_links("/", "/r0")
    for number in range(10):
        site.put(f"/r{number}", status=302, headers={"Location": f"/r{number + 1}"})
    _, summary = await run_crawl(settings, site.url)
    assert summary.n_failed == 1
    assert [path for path in site.paths if path.startswith("/r")][1:] == [f"/r{number}" for number in range(6)]


async def test_other_hosts_are_left_alone_unless_asked(
    make_site: Callable[[], Any], settings: Settings, piece: Piece
) -> None:
    here, there = make_site(), make_site()
    here.put_links("/", f"{there.url}/b.mid")
    there.put("/b.mid", piece(60), "audio/midi")
    files, _ = await run_crawl(settings, here.url)
    assert (files, there.requests) == ([], [])
    files, _ = await run_crawl(settings, here.url, other_hosts=True)
    assert [file.url for file in files] == [f"{there.url}/b.mid"]
    assert there.paths == ["/robots.txt", "/.well-known/tdmrep.json", "/b.mid"]


def put_chain(site: Any, piece: Piece, length: int) -> None:
    """Add pages that link each to the next one, each with a file of its own."""
    for number in range(length):
        site.put_links(f"/p{number}", f"/p{number + 1}", f"/f{number}.mid")
        site.put(f"/f{number}.mid", piece(40 + number), "audio/midi")


@pytest.mark.parametrize(
    ("limits", "files", "pages", "ended_by"),
    [
        ({"max_depth": 2}, 2, 3, "complete"),
        ({"max_files": 2, "max_depth": 9}, 2, 3, "max_files"),
        ({"max_pages": 2, "max_depth": 9}, 2, 2, "max_pages"),
        ({"max_bytes": 80}, 0, 1, "max_bytes"),
    ],
)
async def test_a_limit_ends_the_crawl(
    site: Any, settings: Settings, piece: Piece, limits: dict[str, Any], files: int, pages: int, ended_by: str
) -> None:
    put_chain(site, piece, 8)
    one_reader = settings.model_copy(update={"host_concurrency": 1})
    found, summary = await run_crawl(one_reader, f"{site.url}/p0", **limits)
    assert (len(found), summary.n_files, summary.ended_by) == (files, files, ended_by)
    assert summary.n_pages <= pages


async def test_time_ends_the_crawl_and_what_was_found_stays(site: Any, settings: Settings, piece: Piece) -> None:
    site.put_links("/", "/a.mid", "/slow")
    site.put("/a.mid", piece(60), "audio/midi")
    site.put("/slow", status=503, headers={"Retry-After": "5"})
    files, summary = await run_crawl(settings, site.url, max_duration_s=1.5)
    assert [file.url for file in files] == [f"{site.url}/a.mid"]
    assert summary.ended_by == "max_duration_s"


async def test_a_site_that_asks_for_patience_gets_it(site: Any, settings: Settings, piece: Piece) -> None:
    site.put("/", status=503, headers={"Retry-After": "1"})
    refusal = site.pages["/"]
    site.put_links("/", "/a.mid")
    site.pages["/"] = [refusal, site.pages["/"]]
    site.put("/a.mid", piece(60), "audio/midi")
    files, summary = await run_crawl(settings, site.url)
    assert (len(files), summary.n_failed) == (1, 0)
    first, second = (request.at_s for request in site.requests if request.path == "/")
    assert second - first >= 1.0


async def test_longer_patience_than_we_have_is_a_failure(site: Any, settings: Settings) -> None:
    site.put("/", status=429, headers={"Retry-After": "3600"})
    _, summary = await run_crawl(settings, site.url)
    assert (summary.n_failed, site.paths.count("/")) == (1, 1)


async def test_requests_to_a_host_are_a_delay_apart(site: Any, settings: Settings, piece: Piece) -> None:
    put_chain(site, piece, 3)
    started_s = time.monotonic()
    await run_crawl(settings.model_copy(update={"delay_s": 0.05}), f"{site.url}/p0")
    assert len(site.requests) == 9
    assert time.monotonic() - started_s >= 0.05 * 8


async def test_a_crawl_delay_is_obeyed(site: Any, settings: Settings) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.1\n", "text/plain")
    site.put_links("/", "/a", "/b")
    started_s = time.monotonic()
    await run_crawl(settings, site.url)
    assert site.paths == ["/robots.txt", "/", "/a", "/b"]
    assert time.monotonic() - started_s >= 0.1 * 2


async def test_an_archive_is_opened(site: Any, settings: Settings, piece: Piece) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("set/one.mid", piece(60))
        archive.writestr("set/two.mid", piece(61))
        archive.writestr("set/bad.mid", b"MThd")
    site.put_links("/", "/all.zip")
    site.put("/all.zip", buffer.getvalue(), "application/zip")
    files, summary = await run_crawl(settings, site.url)
    assert [file.url for file in files] == [f"{site.url}/all.zip#set/one.mid", f"{site.url}/all.zip#set/two.mid"]
    assert summary.n_invalid == 1


async def test_a_sitemap_leads_on(site: Any, settings: Settings, piece: Piece) -> None:
    site.put("/robots.txt", f"User-agent: *\nSitemap: {site.url}/sitemap.xml\n", "text/plain")
    site.put("/", "nothing here")
    site.put("/sitemap.xml", "<urlset><url><loc>/hidden.mid</loc></url></urlset>", "application/xml")
    site.put("/hidden.mid", piece(60), "audio/midi")
    files, _ = await run_crawl(settings, site.url)
    assert [file.url for file in files] == [f"{site.url}/hidden.mid"]


async def test_what_is_too_long_or_gone_is_counted(site: Any, settings: Settings) -> None:
    site.put_links("/", "/long.mid", "/gone.mid")
    site.put("/long.mid", b"MThd" + bytes(2 * 1024 * 1024), "audio/midi")
    _, summary = await run_crawl(settings, site.url)
    assert (summary.n_failed, summary.n_files) == (2, 0)


async def test_progress_is_emitted_after_each_page(site: Any, settings: Settings) -> None:
    site.put_links("/", "/a")
    site.put("/a", "end")
    async with crawling(settings, site.url) as events:
        progress = [event async for event in events if isinstance(event, CrawlProgress)]
    assert [(one.n_pages, one.n_queued) for one in progress] == [(1, 1), (2, 0)]


async def test_a_site_that_is_not_there_is_a_failure(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        _, summary = await run_crawl(settings.model_copy(update={"attempts": 1}), url)
    assert (summary.n_failed, summary.n_pages, summary.ended_by) == (1, 0, "complete")
