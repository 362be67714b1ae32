"""From the contract's messages to the crawl's limits."""

from __future__ import annotations

from segue.scraper.v1.scraper_pb2 import CrawlLimits

from scraper.crawling.limits import Limits

_DEFAULT = Limits()


def limits(asked: CrawlLimits) -> Limits:
    """Read the limits; 0 stands for the default.

    Raises
    ------
    InvalidInput
        As `Limits`.
    """
    return Limits(
        max_pages=asked.max_pages or _DEFAULT.max_pages,
        max_files=asked.max_files or _DEFAULT.max_files,
        max_depth=asked.max_depth or _DEFAULT.max_depth,
        max_duration_s=asked.max_duration_s or _DEFAULT.max_duration_s,
        max_bytes=asked.max_bytes or _DEFAULT.max_bytes,
        other_hosts=asked.other_hosts,
    )
