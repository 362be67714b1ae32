"""Scrapy on the same web, for `crawl.py`: follows every link, obeys robots.txt, stores each file once by its digest."""

# mypy: allow-subclassing-any

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess


class Spider(scrapy.Spider):
    """Collects MIDI files."""

    name = "midi"
    n_pages = 0
    digests: set[str] = set()  # noqa: RUF012
    folder = Path()

    def parse(self, response: Any, **_: Any) -> Iterator[Any]:
        """Follow the links of a page, or store a file."""
        if response.body[:4] == b"MThd":
            digest = hashlib.md5(response.body).hexdigest()
            if digest not in self.digests:
                self.digests.add(digest)
                (self.folder / f"{digest}.mid").write_bytes(response.body)
            return
        Spider.n_pages += 1
        for link in response.css("a"):
            if "nofollow" not in (link.attrib.get("rel") or ""):
                yield response.follow(link, self.parse)


def main() -> None:
    """Crawl from an address into a folder: ``scrapy_spider.py URL FOLDER CONCURRENCY JOBDIR``."""
    url, folder, concurrency, jobs = sys.argv[1:5]
    Spider.start_urls = [url]
    Spider.folder = Path(folder)
    settings: dict[str, Any] = {
        "LOG_LEVEL": "WARNING",
        "ROBOTSTXT_OBEY": True,
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS": 64,
        "CONCURRENT_REQUESTS_PER_DOMAIN": int(concurrency),
        "TELNETCONSOLE_ENABLED": False,
        "DEPTH_LIMIT": 0,
    }
    if jobs != "-":
        settings["JOBDIR"] = jobs
    process = CrawlerProcess(settings)
    process.crawl(Spider)
    started_s = time.perf_counter()
    process.start()
    took_s = time.perf_counter() - started_s
    print(f"{Spider.n_pages} {len(Spider.digests)} {took_s:.2f}")


if __name__ == "__main__":
    main()
