"""Limits and start pages of a crawl, each checked against its range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from servicekit.faults import InvalidInput

from scraper.content.urls import normalize_url

MAX_START_URLS = 16
MAX_PAGES = 1_000_000

_MAXIMUMS = {
    "max_pages": MAX_PAGES,
    "max_files": MAX_PAGES,
    "max_depth": 32,
    "max_duration_s": 86_400.0,
    "max_bytes": 64 * 1024**3,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a crawl stops, as the contract defines it.

    Raises
    ------
    InvalidInput
        If a limit is not above 0, or above its maximum.
    """

    max_pages: int = 200
    max_files: int = 100
    max_depth: int = 3
    max_duration_s: float = 300.0
    max_bytes: int = 256 * 1024**2
    other_hosts: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            maximum = _MAXIMUMS.get(field.name)
            value = getattr(self, field.name)
            if maximum is not None and not (math.isfinite(value) and 0 < value <= maximum):
                message = f"{field.name} is {value}; it may be up to {maximum}."
                raise InvalidInput(message, field=field.name, limit=maximum)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a crawl is to do.

    Attributes
    ----------
    start_urls : sequence of str
        From `limits.parse_start_urls`.
    limits : Limits
        Where it stops.
    ignores_usage : bool
        Whether files are collected although a robots.txt prefers that they train no model: the operator says so.
    """

    start_urls: Sequence[str]
    limits: Limits
    ignores_usage: bool = False


def parse_start_urls(urls: Sequence[str]) -> list[str]:
    """Check the start pages of a crawl and return them normalized, without duplicates.

    Raises
    ------
    InvalidInput
        If there are none or more than `MAX_START_URLS`, or one is not an http or https address without a user name.
    """
    if not 1 <= len(urls) <= MAX_START_URLS:
        message = f"{len(urls)} start pages are given; one to {MAX_START_URLS} are needed."
        raise InvalidInput(message, field="start_urls", limit=MAX_START_URLS)
    normalized = [normalize_url(url) for url in urls]
    for index, url in enumerate(normalized):
        if url is None:
            message = (
                f"Start page {index + 1} is not an address that can be read; one looks like https://example.org/midi/."
            )
            raise InvalidInput(message, field="start_urls", index=index)
    return list(dict.fromkeys(url for url in normalized if url is not None))
