"""Command line for long crawls: ``python -m scraper.collect FOLDER START... --contact mail@example.org``.

The folder becomes the collection and the data set: ``index.csv`` with the files under ``files``. The same command on
the same folder goes on from where it ended, however it ended. SIGINT and SIGTERM end it in good order.

    python -m scraper.collect reels https://example.org/midi/ --contact me@example.org --depth 6 --max-pages 50000
    python -m scraper.collect reels --from-file addresses.txt --contact me@example.org --other-hosts
    python -m scraper.collect mine --import ~/midi --licence CC0-1.0
    python -m scraper.collect reels --state-training "The archive's owner agreed by mail, 2026-11-30." --by "J. Doe"
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from itertools import islice
from pathlib import Path

from servicekit import logs
from servicekit.faults import Fault
from servicekit.settings import read_settings

from scraper.collecting import data_set
from scraper.collecting.collection import Collection, Status, UploadedFile
from scraper.content.urls import ARCHIVE_SUFFIXES, MIDI_SUFFIXES, normalize_url
from scraper.crawling.limits import MAX_PAGES, Limits, Plan
from scraper.settings import Settings

MAX_START_URLS = 100_000
_BATCH = 200
_DAY_S = 86_400.0


def main() -> None:
    """Crawl, import, or state what may train, and write the data set."""
    options = _parser().parse_args()
    logs.configure("collect", "WARNING")
    try:
        sys.exit(asyncio.run(_run(options)))
    except Fault as fault:
        sys.exit(f"collect: {fault.message}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scraper.collect",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="of the collection")
    parser.add_argument("start", nargs="*", help="start pages, sitemaps or lists of addresses")
    parser.add_argument("--from-file", type=Path, help="a text with one start address on each line")
    parser.add_argument("--contact", help="mail address or page, sent to every site; required to crawl")
    parser.add_argument("--depth", type=int, default=8, help="links from a start page")
    parser.add_argument("--max-pages", type=int, default=MAX_PAGES)
    parser.add_argument("--max-files", type=int, default=MAX_PAGES)
    parser.add_argument("--max-hours", type=float, default=24.0, help="of this run")
    parser.add_argument("--max-gigabytes", type=float, default=16.0, help="received, of all runs")
    parser.add_argument("--other-hosts", action="store_true", help="follow links to other hosts")
    parser.add_argument("--delay", type=float, help="minimum seconds between two requests to one host")
    parser.add_argument("--again", action="store_true", help="read what has changed since the last run")
    parser.add_argument("--warc", action="store_true", help="store all responses as WARC records too")
    parser.add_argument("--allow-network", action="append", default=[], help="read this network though it is private")
    parser.add_argument("--import", dest="imported", type=Path, help="add the files of a folder")
    parser.add_argument("--licence", default="", help="of the imported files")
    parser.add_argument("--state-training", help="why the collection may train models, in your words")
    parser.add_argument("--by", help="who states it")
    return parser


async def _run(options: argparse.Namespace) -> int:
    collection = Collection(options.folder, _settings(options))
    try:
        if options.state_training is not None:
            if not options.by:
                sys.exit("collect: --state-training needs --by, the name of who states it")
            collection.state_training(options.state_training, options.by)
        if options.imported is not None:
            await _import(collection, options.imported, options.licence)
        starts = _start_urls(options)
        if starts or (collection.plan is not None and not options.imported and options.state_training is None):
            await _crawl(collection, starts, options)
        n_permitted = data_set.write(collection.catalog, collection.folder)
        print(f"{collection.catalog.n_files()} files, {n_permitted} of them may train: {options.folder}/index.csv")
    finally:
        collection.close()
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    settings = read_settings(Settings)
    changes: dict[str, object] = {"contact": options.contact or settings.contact}
    if options.delay is not None:
        changes["delay_s"] = options.delay
    if options.allow_network:
        networks = tuple(ip_network(each) for each in options.allow_network)
        changes["allowed_networks"] = (*settings.allowed_networks, *networks)
    return settings.model_copy(update=changes)


def _start_urls(options: argparse.Namespace) -> list[str]:
    """Return the start addresses of the command line and of the file; one that cannot be read is named and left out."""
    given = list(options.start)
    if options.from_file is not None:
        given += options.from_file.read_text(encoding="utf-8").split()
    found = {each: normalize_url(each) for each in given[:MAX_START_URLS]}
    for each, url in found.items():
        if url is None:
            print(f"{each[:200]} is not an address that can be read", file=sys.stderr)
    return list(dict.fromkeys(url for url in found.values() if url is not None))


async def _crawl(collection: Collection, starts: list[str], options: argparse.Namespace) -> None:
    if not options.contact and not _settings(options).contact:
        sys.exit("collect: --contact is missing: sites must be able to reach who crawls them")
    if starts:
        limits = Limits(
            max_pages=options.max_pages,
            max_files=options.max_files,
            max_depth=options.depth,
            max_duration_s=min(options.max_hours / 24 * _DAY_S, _DAY_S),
            max_bytes=int(options.max_gigabytes * 1024**3),
            other_hosts=options.other_hosts,
        )
        collection.set_plan(Plan(starts, limits), options.folder.name, options.warc)
    if options.again:
        collection.begin_again()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, collection.stop)
    reporting = asyncio.create_task(_report(collection))
    try:
        await collection.run()
    finally:
        reporting.cancel()
        with suppress(asyncio.CancelledError):
            await reporting
    _print(collection.status())


async def _report(collection: Collection, interval_s: float = 10.0) -> None:
    while True:
        await asyncio.sleep(interval_s)
        _print(collection.status())


def _print(status: Status) -> None:
    counts = status.summary
    print(
        f"{status.state}: {counts.n_pages} pages ({status.pages_per_s:.1f}/s), {status.n_usable} files,"
        f" {counts.n_unique} unique, {status.n_queued} waiting, {counts.n_failed} failed,"
        f" {counts.n_disallowed} disallowed, {counts.n_skipped} skipped {counts.ended_by}",
        flush=True,
    )


async def _import(collection: Collection, folder: Path, licence: str) -> None:
    """Add the files of a folder, in batches."""
    files = _iter_files(folder, licence)
    n_files = n_broken = 0
    while batch := list(islice(files, _BATCH)):
        reasons = await collection.add_files(batch)
        n_files += len(reasons)
        n_broken += sum(bool(reason) for reason in reasons)
    print(f"{n_files} files imported, {n_broken} of them not usable")


def _iter_files(folder: Path, licence: str) -> Iterator[UploadedFile]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name.lower().endswith((*MIDI_SUFFIXES, *ARCHIVE_SUFFIXES)):
            yield UploadedFile(path.read_bytes(), str(path.relative_to(folder)), licence)


if __name__ == "__main__":
    main()
