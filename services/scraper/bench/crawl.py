"""Benches of the scraper on a web of loopback hosts: ``python services/scraper/bench/crawl.py [speed|kill|memory]``.

The web, in a process of its own, holds pages in a tree, MIDI files, copies of them in other keys, and links that must
not be followed.

``speed``: it is crawled without a delay by Scrapy and by the scraper, alternately, with the same number of simultaneous
requests, both obeying robots.txt. Scrapy stores each file by its digest; the scraper also parses and describes each
file, compares it with all others, and stores on disk what it needs to go on after it was killed.

``kill``: the command line is ended by SIGKILL ten times and started again. Counted are the requests that were made
twice, and the pieces that are missing at the end.

``memory``: the resident memory of a crawl, its worker included, whose frontier knows so many addresses.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from multiprocessing.connection import Connection
from pathlib import Path

from score import midi
from score.model import Note, Score, Tempo, Track
from scraper.crawling.crawl_manager import open_crawl
from scraper.crawling.database import Database
from scraper.crawling.frontier import Entry, Frontier
from scraper.crawling.limits import Limits, Plan
from scraper.settings import Settings
from servicekit import logs

REQUESTS: Counter[str] = Counter()
"""Requests to the web by path, in its process."""
WIDTH = 10
"""Links to pages on each page."""
COPY_SHARE = 5
"""One in so many files is a copy of another in another key and tempo."""
FILLER = "<p>" + "A list of pieces that were sequenced by hand, with their composers and dates. " * 8 + "</p>"


def host_of(number: int, n_hosts: int) -> str:
    """Return the address of the host that has a page."""
    return f"127.0.0.{number % n_hosts + 1}"


def page(number: int, n_pages: int, n_files: int, base: tuple[int, int]) -> bytes:
    """Return a page: links to its children in the tree, on all hosts, and to its file.

    Parameters
    ----------
    number : int
        Of the page.
    n_pages, n_files : int
        Of the whole web.
    base : tuple of int
        Number of hosts, and port.
    """
    n_hosts, port = base
    children = range(number * WIDTH + 1, min(number * WIDTH + WIDTH + 1, n_pages))
    links = "".join(
        f'<li><a href="http://{host_of(child, n_hosts)}:{port}/p{child}">Page {child}</a></li>' for child in children
    )
    file = f'<a href="/f{number}.mid">Song {number}</a>' if number < n_files else ""
    traps = f'<a href="/private/x{number}">no</a><a rel="nofollow" href="/n{number}">no</a>'
    head = f"<html><head><title>Page {number}</title></head><body><h2>Pieces</h2>"
    return f"{head}{FILLER}<ul>{links}</ul>{file}{traps}</body></html>".encode()


def song(number: int) -> bytes:
    """Return a MIDI file of two voices, different for each number, except that some are copies."""
    is_copy = number % COPY_SHARE == COPY_SHARE - 1
    source = random.Random(number - 1 if is_copy else number)
    shift, tempo = (source.randint(1, 5), 400_000) if is_copy else (0, 500_000)
    source = random.Random(number - 1 if is_copy else number)
    melody = [60 + source.choice((0, 2, 4, 5, 7, 9, 11, 12, 14)) + shift for _ in range(96)]
    bass = [36 + source.choice((0, 5, 7, 9)) + shift for _ in range(24)]
    tracks = (
        Track("Melody", 73, 0, tuple(Note(step * 240, 220, pitch, 80) for step, pitch in enumerate(melody))),
        Track("Bass", 32, 1, tuple(Note(step * 960, 900, pitch, 80) for step, pitch in enumerate(bass))),
    )
    return midi.write(Score(tempos=(Tempo(0, tempo),), tracks=tracks[::-1] if is_copy else tracks))


async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bodies: dict[str, bytes]) -> None:
    """Respond to the requests of one connection, and count them by path.

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
            if path == "/requests":
                bodies[path] = json.dumps(REQUESTS).encode()
            REQUESTS[path] += 1
            body, status = bodies.get(path, b""), "200 OK" if path in bodies else "404 Not Found"
            kind = "audio/midi" if path.endswith(".mid") else "text/plain" if path == "/robots.txt" else "text/html"
            head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def serve(counts: tuple[int, int, int], port_sender: Connection) -> None:
    """Serve the web until the process is ended; counts are of hosts, pages and files."""
    n_hosts, n_pages, n_files = counts

    async def run() -> None:
        bodies = {f"/f{number}.mid": song(number) for number in range(n_files)}
        bodies["/robots.txt"] = b"User-agent: *\nDisallow: /private/\n"
        async with await asyncio.start_server(lambda r, w: respond(r, w, bodies), "0.0.0.0", 0) as server:
            port = server.sockets[0].getsockname()[1]
            bodies.update({f"/p{each}": page(each, n_pages, n_files, (n_hosts, port)) for each in range(n_pages)})
            port_sender.send(port)
            await server.serve_forever()

    asyncio.run(run())


@contextmanager
def run_site(n_hosts: int, n_pages: int, n_files: int) -> Iterator[str]:
    """Run the web in a process of its own; yield the address of its first page.

    Parameters
    ----------
    n_hosts, n_pages, n_files : int
        Its size.
    """
    port_receiver, port_sender = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=((n_hosts, n_pages, n_files), port_sender), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{port_receiver.recv()}/p0"
    finally:
        process.terminate()
        process.join()


async def crawl(url: str, concurrency: int) -> tuple[int, int, float]:
    """Crawl with the scraper; return the numbers of pages and unique pieces, and the seconds."""
    settings = Settings(
        delay_s=0.0,
        max_delay_s=0.0,
        host_concurrency=concurrency,
        allowed_networks=(ip_network("127.0.0.0/8"),),
        workers=1,
    )
    limits = Limits(max_pages=100_000, max_files=100_000, max_depth=32, max_duration_s=3600.0, other_hosts=True)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder))
        started_s = time.perf_counter()
        async with open_crawl(Plan([url], limits), database, settings) as running:
            summary = await running.run()
        took_s = time.perf_counter() - started_s
        database.close()
    return summary.n_pages, summary.n_unique, took_s


def crawl_with_scrapy(url: str, concurrency: int) -> tuple[int, int, float]:
    """Crawl with Scrapy in a process of its own; return the numbers of pages and files, and the seconds."""
    script = Path(__file__).parent / "peers" / "scrapy_spider.py"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(script), url, folder, str(concurrency), "-"]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    pages, files, took_s = lines[-1].split()
    return int(pages), int(files), float(took_s)


def print_rates(name: str, pages: int, files: int, took_s: float) -> None:
    """Print one crawl.

    Parameters
    ----------
    name : str
        Of the crawler.
    pages, files : int
        What it read.
    took_s : float
        Seconds.
    """
    print(f"{name:10} {pages:6} pages {files:6} files {took_s:7.2f} s {pages / took_s:8.1f} pages/s", flush=True)


def compare_speed(options: argparse.Namespace) -> None:
    """Crawl with both, in turn."""
    for _ in range(options.rounds):
        with run_site(options.hosts, options.pages, options.files) as url:
            print_rates("scrapy", *crawl_with_scrapy(url, options.concurrency))
            print_rates("scraper", *asyncio.run(crawl(url, options.concurrency)))


def kill_often(options: argparse.Namespace) -> None:
    """Kill the command line ten times in one crawl."""
    with run_site(options.hosts, options.pages, options.files) as url, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scraper.collect", folder, url, "--contact", "bench@localhost", "--delay", "0"]
        command += ["--other-hosts", "--depth", "32", "--allow-network", "127.0.0.0/8"]
        for _ in range(options.kills):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            time.sleep(random.uniform(2.0, 2.0 + options.kill_after))
            process.kill()
            process.wait()
        subprocess.run(command, check=True)
        requests = requests_of(url)
        with sqlite3.connect(f"{folder}/crawl.sqlite3") as database:
            n_found = database.execute("SELECT count(*) FROM file WHERE error = ''").fetchone()[0]
            n_families = database.execute("SELECT count(DISTINCT family) FROM file").fetchone()[0]
    paths = [path for path in requests if path.startswith(("/p", "/f"))]
    n_again = sum(requests[path] - 1 for path in paths)
    n_forbidden = sum(requests[path] for path in requests if path.startswith(("/private", "/n")))
    print(f"{options.kills} kills: {len(paths)} addresses, {n_again} fetched again ({n_again / len(paths):.2%})")
    print(f"{n_found} of {options.files} files, {n_families} families, {n_forbidden} forbidden requests")


def measure_memory(options: argparse.Namespace) -> None:
    """Fill a frontier, crawl for some seconds, and print the peak of the resident memory."""
    with run_site(options.hosts, options.pages, options.files) as url, tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder))
        frontier = Frontier(database)
        frontier.add([Entry(url)])
        for start in range(0, options.known, 10_000):
            with database.transaction():
                frontier.add(
                    Entry(f"http://{number % 997}.test/midi/folder-{number % 89}/page-{number}.html", 1, 1)
                    for number in range(start, min(start + 10_000, options.known))
                )
        database.execute("UPDATE address SET state = 1 WHERE id % 2 = 0")
        database.close()
        command = [sys.executable, "-m", "scraper.collect", folder, url, "--contact", "bench@localhost", "--delay", "0"]
        command += ["--other-hosts", "--depth", "32", "--allow-network", "127.0.0.0/8"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peak = {"crawl": 0, "worker": 0}
        for _ in range(options.seconds * 4):
            time.sleep(0.25)
            for name, pid in (("crawl", process.pid), *(("worker", child) for child in children_of(process.pid))):
                peak[name] = max(peak[name], resident_bytes(pid))
        process.terminate()
        process.wait()
    megabytes = {name: value / 1e6 for name, value in peak.items()}
    print(f"{options.known} known: crawl {megabytes['crawl']:.0f} MB, worker {megabytes['worker']:.0f} MB")


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return [child for child, parent in parents.items() if parent == pid]


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def requests_of(url: str) -> dict[str, int]:
    """Return the number of requests by path that the web has counted."""
    with urllib.request.urlopen(f"{url.removesuffix('/p0')}/requests") as response:
        counts: dict[str, int] = json.load(response)
    return counts


def main() -> None:
    """Run one bench."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bench", nargs="?", default="speed", choices=["speed", "kill", "memory"])
    parser.add_argument("--hosts", type=int, default=5)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--concurrency", type=int, default=8, help="simultaneous requests to one host")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--kill-after", type=float, default=5.0, help="most seconds of a run")
    parser.add_argument("--known", type=int, default=100_000, help="addresses of the frontier")
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    logs.configure("bench", "WARNING")
    {"speed": compare_speed, "kill": kill_often, "memory": measure_memory}[options.bench](options)


if __name__ == "__main__":
    main()
