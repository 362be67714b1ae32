"""Bench of the scraper, compared with plain httpx: ``python services/scraper/bench/crawl.py``.

A site on loopback, in a process of its own, holds pages in a tree and a MIDI file under each. It is read three times in
one run: by a bare httpx client that is given every address, by the scraper without a delay, and by the scraper with its
default settings, whose rate is set by the delay between requests.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from multiprocessing.connection import Connection
from typing import Any

import httpx
from score import midi
from score.model import Note, Score, Track
from scraper.crawling.crawl_manager import CrawlManager
from scraper.crawling.events import CrawlSummary
from scraper.crawling.limits import Limits
from scraper.settings import Settings
from servicekit import logs

WIDTH = 10
"""Links to pages on each page."""


def page(number: int, n_pages: int) -> bytes:
    """Return a page: links to its children in the tree, and to its file."""
    children = range(number * WIDTH + 1, min(number * WIDTH + WIDTH + 1, n_pages))
    links = "".join(f'<li><a href="/p{child}">Page {child}</a></li>' for child in children)
    return f'<html><title>{number}</title><ul>{links}</ul><a href="/f{number}.mid">Song</a></html>'.encode()


def song(number: int) -> bytes:
    """Return a MIDI file of 64 notes, different for each number."""
    notes = tuple(Note(step * 240, 240, 36 + (number // 7**step + step) % 60, 80) for step in range(64))
    return midi.write(Score(tracks=(Track(notes=notes),)))


async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bodies: dict[str, bytes]) -> None:
    """Respond to the requests of one connection.

    Parameters
    ----------
    reader, writer : asyncio streams
        Of the connection.
    bodies : dict of str to bytes
        Response bodies by path.
    """
    try:
        while request := await reader.readuntil(b"\r\n\r\n"):
            path = request.split(b" ", 2)[1].decode()
            body, status = bodies.get(path, b""), "200 OK" if path in bodies else "404 Not Found"
            kind = "audio/midi" if path.endswith(".mid") else "text/html"
            head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def serve(n_pages: int, port_sender: Connection) -> None:
    """Serve the site until the process is ended."""

    async def run() -> None:
        bodies = {f"/p{number}": page(number, n_pages) for number in range(n_pages)}
        bodies |= {f"/f{number}.mid": song(number) for number in range(n_pages)}
        async with await asyncio.start_server(lambda r, w: respond(r, w, bodies), "127.0.0.1", 0) as server:
            port_sender.send(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    asyncio.run(run())


async def read_with_httpx(site: str, n_pages: int, concurrency: int) -> tuple[int, int]:
    """Read every address with a bare client; return the numbers of pages and files.

    Parameters
    ----------
    site : str
        Its address.
    n_pages : int
        Number of its pages.
    concurrency : int
        Simultaneous requests.
    """
    paths = iter([f"/p{number}" for number in range(n_pages)] + [f"/f{number}.mid" for number in range(n_pages)])
    counts = {"text/html": 0, "audio/midi": 0}

    async def read(client: httpx.AsyncClient) -> None:
        for path in paths:
            response = await client.get(site + path)
            counts[response.headers["content-type"]] += 1

    async with httpx.AsyncClient(trust_env=False) as client:
        await asyncio.gather(*(read(client) for _ in range(concurrency)))
    return counts["text/html"], counts["audio/midi"]


async def read_with_scraper(site: str, n_pages: int, settings: Settings, max_duration_s: float) -> tuple[int, int]:
    """Crawl the site; return the numbers of pages and files.

    Parameters
    ----------
    site : str
        Its address.
    n_pages : int
        Number of its pages.
    settings : Settings
        Settings of the scraper.
    max_duration_s : float
        Seconds after which the crawl ends.
    """
    limits = Limits(max_pages=n_pages, max_files=n_pages, max_depth=32, max_duration_s=max_duration_s)
    events = [event async for event in CrawlManager(settings).crawl([f"{site}/p0"], limits)]
    summary = events[-1]
    assert isinstance(summary, CrawlSummary)
    return summary.n_pages, summary.n_files


async def print_rates(name: str, read: Callable[[], Awaitable[tuple[int, int]]]) -> None:
    """Time one read of the site and print its rates."""
    started_s = time.perf_counter()
    pages, files = await read()
    took_s = time.perf_counter() - started_s
    rates = f"{pages / took_s:8.1f} pages/s {files / took_s:8.1f} files/s"
    print(f"{name:32} {pages:6} pages {files:6} files {took_s:7.2f} s {rates}")


@asynccontextmanager
async def run_site(n_pages: int) -> AsyncIterator[str]:
    """Run the site."""
    port_receiver, port_sender = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(n_pages, port_sender), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{await asyncio.to_thread(port_receiver.recv)}"
    finally:
        process.terminate()
        process.join()


async def main() -> None:
    """Measure the three, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=8)
    options = parser.parse_args()
    logs.configure("bench", "WARNING")
    common: dict[str, Any] = {"allowed_networks": (ip_network("127.0.0.0/8"),)}
    quick = Settings(delay_s=0.0, max_delay_s=0.0, host_concurrency=options.concurrency, **common)
    n_pages, concurrency = options.pages, options.concurrency
    async with run_site(n_pages) as site:
        await print_rates("httpx, every address given", lambda: read_with_httpx(site, n_pages, concurrency))
        await print_rates("scraper, no delay", lambda: read_with_scraper(site, n_pages, quick, 300.0))
        default = Settings(**common)
        await print_rates("scraper, default delay, 5 s", lambda: read_with_scraper(site, n_pages, default, 5.0))


if __name__ == "__main__":
    asyncio.run(main())
