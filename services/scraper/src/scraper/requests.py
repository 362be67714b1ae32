"""Conversion of the scraper's request messages into the limits of a crawl."""

from __future__ import annotations

from segue.scraper.v1.scraper_pb2 import CrawlLimits

from scraper.crawling.limits import Limits

_DEFAULT = Limits()


def parse_limits(limits: CrawlLimits) -> Limits:
    """Return the limits of a request; 0 stands for the default.

    Raises
    ------
    InvalidInput
        As `Limits`.
    """
    return Limits(
        max_pages=limits.max_pages or _DEFAULT.max_pages,
        max_files=limits.max_files or _DEFAULT.max_files,
        max_depth=limits.max_depth or _DEFAULT.max_depth,
        max_duration_s=limits.max_duration_s or _DEFAULT.max_duration_s,
        max_bytes=limits.max_bytes or _DEFAULT.max_bytes,
        other_hosts=limits.other_hosts,
    )
