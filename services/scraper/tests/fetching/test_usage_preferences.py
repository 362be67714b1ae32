"""Usage preferences: Content-Usage in headers and robots.txt, and TDM reservations."""

from __future__ import annotations

import json

import pytest
from scraper.fetching.robots import parse_robots
from scraper.fetching.usage_preferences import (
    UNSTATED,
    UsagePreference,
    header_usage,
    parse_usage,
    rule_usage,
    tdm_rules,
)


@pytest.mark.parametrize(
    ("value", "training"),
    [
        ("train-ai=n", False),
        ("train-ai=y", True),
        ("bots=n", False),
        ("bots=n, train-ai=y", True),
        ("train-ai=y, train-genai=n", False),
        ("search=n", None),
        ("train-ai=?0", False),
        ("train-ai=n;exceptions=x", False),
        ("train-ai", None),
        ("train-ai=maybe", None),
        ("", None),
        (",,=,n", None),
    ],
)
def test_the_narrowest_category_that_is_stated_decides(value: str, training: bool | None) -> None:
    assert parse_usage(value) is training


@pytest.mark.parametrize(
    ("headers", "training"),
    [
        ({"content-usage": "train-ai=n"}, False),
        ({"content-usage": "train-ai=y", "tdm-reservation": "1"}, False),
        ({"tdm-reservation": "0"}, None),
        ({"x-robots-tag": "noai, noindex"}, False),
        ({"x-robots-tag": "noindex"}, None),
        ({}, None),
    ],
)
def test_the_most_restrictive_header_decides(headers: dict[str, str], training: bool | None) -> None:
    assert header_usage(headers).training is training


def test_a_refusal_wins_over_a_permission() -> None:
    yes, no = UsagePreference(True, "a"), UsagePreference(False, "b")
    assert yes.combine(no) == no.combine(yes) == no
    assert UNSTATED.combine(yes) == yes.combine(UNSTATED) == yes


ROBOTS = """
User-agent: *
Content-Usage: train-ai=n
User-agent: segueScraper
Allow: /
Content-Usage: /free/ train-ai=y
Content-Usage: /free/*.kar$ bots=n
Content-Usage: nonsense
"""


def test_rules_of_robots_txt_apply_by_group_and_by_path() -> None:
    rules = parse_robots(ROBOTS, "SegueScraper/0.2 (robots)")
    assert rules.usage("http://a.test/x.mid") == UNSTATED
    assert rules.usage("http://a.test/free/x.mid").training is True
    assert rules.usage("http://a.test/free/x.kar").training is False
    assert "bots=n" in rules.usage("http://a.test/free/x.kar").statement
    other = parse_robots(ROBOTS, "OtherRobot/1.0")
    assert other.usage("http://a.test/free/x.mid").training is False


def test_reservations_of_text_and_data_mining() -> None:
    body = [{"location": "/closed/*", "tdm-reservation": 1}, {"location": "/closed/open*", "tdm-reservation": 0}, 5]
    rules = tdm_rules(json.dumps(body).encode())
    assert rule_usage(rules, "http://a.test/closed/x.mid").training is False
    assert rule_usage(rules, "http://a.test/closed/open.mid").training is None
    assert rule_usage(rules, "http://a.test/x.mid").training is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[" * 10_000, b'[{"location": 1}]'])
def test_what_is_no_reservation_reserves_nothing(body: bytes) -> None:
    assert tdm_rules(body) == ()
