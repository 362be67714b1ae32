"""Throttle of a host: delays, latency, pauses and Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scraper.fetching.throttle import HostThrottle, retry_after_s


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_turns_are_a_delay_apart() -> None:
    throttle = HostThrottle(0.5, 10.0, 2, Clock())
    assert [throttle.reserve() for _ in range(3)] == [0.0, 0.5, 1.0]


def test_time_that_passed_is_not_waited_for() -> None:
    clock = Clock()
    throttle = HostThrottle(0.5, 10.0, 2, clock)
    throttle.reserve()
    clock.now_s += 2.0
    assert throttle.reserve() == 0.0


def test_a_slow_host_is_asked_more_slowly_and_a_quick_one_faster_again() -> None:
    throttle = HostThrottle(0.5, 3.0, 2, Clock())
    throttle.record_latency(8.0, is_success=True)
    assert throttle.delay_s == 2.25
    throttle.record_latency(80.0, is_success=True)
    assert throttle.delay_s == 3.0
    throttle.record_latency(0.0, is_success=True)
    assert throttle.delay_s == 1.5
    for _ in range(10):
        throttle.record_latency(0.0, is_success=True)
    assert throttle.delay_s == 0.5


def test_a_quick_error_does_not_speed_up() -> None:
    throttle = HostThrottle(0.5, 3.0, 1, Clock())
    throttle.record_latency(2.0, is_success=True)
    slow_s = throttle.delay_s
    throttle.record_latency(0.0, is_success=False)
    assert throttle.delay_s == slow_s


@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.booleans(), st.floats(0.0, 5.0)), max_size=30))
def test_whatever_a_host_answers_turns_are_never_closer_than_the_least_delay(
    answers: list[tuple[float, bool, float]],
) -> None:
    clock = Clock()
    throttle = HostThrottle(0.5, 3.0, 2, clock)
    turns_s = []
    for latency_s, is_success, passes_s in answers:
        turns_s.append(clock.now_s + throttle.reserve())
        throttle.record_latency(latency_s, is_success)
        clock.now_s += passes_s
        assert 0.5 <= throttle.delay_s <= 3.0
    assert all(later - sooner >= 0.5 - 1e-9 for sooner, later in pairwise(turns_s))


def test_a_crawl_delay_is_kept_whatever_the_bounds() -> None:
    throttle = HostThrottle(0.5, 3.0, 1, Clock())
    throttle.raise_min_delay(7.0)
    throttle.record_latency(0.0, is_success=True)
    assert throttle.delay_s == 7.0


def test_a_pause_comes_before_the_next_turn() -> None:
    throttle = HostThrottle(0.0, 3.0, 1, Clock())
    throttle.pause(5.0)
    assert throttle.reserve() == 5.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after_s(header, datetime(2026, 11, 22, 12, tzinfo=UTC)) == seconds
