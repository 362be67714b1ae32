"""Limits and start pages of a crawl: defaults, ranges and normalization."""

from __future__ import annotations

import math

import pytest
from scraper import requests
from scraper.crawling.limits import Limits, parse_start_urls
from segue.scraper.v1.scraper_pb2 import CrawlLimits
from servicekit.faults import InvalidInput


def test_an_empty_message_means_the_defaults() -> None:
    assert requests.parse_limits(CrawlLimits()) == Limits(200, 100, 3, 300.0, 256 * 1024**2, other_hosts=False)


def test_given_limits_replace_the_defaults() -> None:
    limits = CrawlLimits(max_pages=1, max_files=2, max_depth=4, max_duration_s=0.5, max_bytes=6, other_hosts=True)
    assert requests.parse_limits(limits) == Limits(1, 2, 4, 0.5, 6, other_hosts=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_pages", 1_000_001),
        ("max_files", 1_000_001),
        ("max_depth", 33),
        ("max_duration_s", -1.0),
        ("max_duration_s", 86_401.0),
        ("max_duration_s", math.nan),
        ("max_duration_s", math.inf),
    ],
)
def test_a_limit_that_cannot_be_is_named(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=f"{name} is .*; it may be up to"):
        requests.parse_limits(CrawlLimits(**{name: value}))  # type: ignore[arg-type]  # a count or seconds


def test_start_pages_are_normal_and_each_once() -> None:
    assert parse_start_urls(["http://A.test", "http://a.test/#x"]) == ["http://a.test/"]


@pytest.mark.parametrize(
    ("urls", "match"),
    [
        ([], "0 start pages are given; one to 16"),
        (["http://a.test/"] * 17, "17 start pages"),
        (["http://a.test/", "file:///etc/passwd"], "Start page 2 is not an address"),
        (["http://user:pw@a.test/"], "Start page 1 is not an address"),
        (["example.org"], "Start page 1 is not an address"),
    ],
)
def test_start_pages_that_cannot_be_are_refused(urls: list[str], match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        parse_start_urls(urls)
