"""Throttle of a host: delays, latency, pauses and Retry-After."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scraper.fetching.throttle import MAX_PAUSE_S, MAX_REFUSALS, HostThrottle, retry_after_s


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_delay_is_counted_from_the_response() -> None:
    clock = Clock()
    throttle = HostThrottle(0.5, 10.0, 1, clock)
    assert throttle.wait_s() == 0.0
    throttle.begin()
    clock.now_s += 0.25
    throttle.record_latency(0.25, is_success=True)
    assert throttle.wait_s() == 0.5
    clock.now_s += 2.0
    assert throttle.wait_s() == 0.0


def test_with_a_delay_one_request_is_under_way_and_without_several() -> None:
    patient, hasty = HostThrottle(0.5, 10.0, 4, Clock()), HostThrottle(0.0, 0.0, 2, Clock())
    for throttle in (patient, hasty):
        throttle.begin()
    assert (patient.has_room, hasty.has_room) == (False, True)
    hasty.begin()
    assert not hasty.has_room
    hasty.end()
    assert hasty.has_room


def test_a_slow_host_is_requested_more_slowly_and_a_quick_one_faster_again() -> None:
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
def test_whatever_a_host_responds_requests_are_never_closer_than_the_minimum_delay(
    responses: list[tuple[float, bool, float]],
) -> None:
    clock = Clock()
    throttle = HostThrottle(0.5, 3.0, 2, clock)
    begins_s = []
    for latency_s, is_success, passes_s in responses:
        clock.now_s += throttle.wait_s()
        begins_s.append(clock.now_s)
        throttle.begin()
        clock.now_s += passes_s
        throttle.record_latency(latency_s, is_success)
        throttle.end()
        assert 0.5 <= throttle.delay_s <= 3.0
    assert all(later - sooner >= 0.5 - 1e-9 for sooner, later in pairwise(begins_s))


def test_a_crawl_delay_is_obeyed_whatever_the_bounds() -> None:
    throttle = HostThrottle(0.5, 3.0, 1, Clock())
    throttle.raise_min_delay(7.0)
    throttle.record_latency(0.0, is_success=True)
    assert (throttle.delay_s, throttle.wait_s()) == (7.0, 7.0)


def test_a_pause_comes_before_the_next_request_and_has_an_end() -> None:
    throttle = HostThrottle(0.0, 3.0, 1, Clock())
    throttle.pause(5.0)
    assert throttle.wait_s() == 5.0
    throttle.pause(math.inf)
    assert throttle.wait_s() == MAX_PAUSE_S


def test_a_host_that_only_refuses_is_given_up_and_a_success_forgives() -> None:
    throttle = HostThrottle(0.0, 3.0, 1, Clock())
    for _ in range(MAX_REFUSALS - 1):
        throttle.pause(1.0)
    assert not throttle.is_given_up
    throttle.pause(1.0)
    assert throttle.is_given_up
    throttle.record_latency(0.0, is_success=True)
    assert not throttle.is_given_up


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
        ("9" * 400, math.inf),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Fri, 99 Dec 9999 99:99:99 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", math.inf),
        ("1 Jan 0000 00:00:00", 0.0),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    found = retry_after_s(header, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert found == seconds or (seconds == math.inf and found is not None and found > 1e11)
