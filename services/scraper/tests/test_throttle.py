from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scraper.fetching.throttle import Pace, retry_after_s


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_turns_are_a_delay_apart() -> None:
    pace = Pace(0.5, 10.0, 2, Clock())
    assert [pace.reserve() for _ in range(3)] == [0.0, 0.5, 1.0]


def test_time_that_passed_is_not_waited_for() -> None:
    clock = Clock()
    pace = Pace(0.5, 10.0, 2, clock)
    pace.reserve()
    clock.now_s += 2.0
    assert pace.reserve() == 0.0


def test_a_slow_host_is_asked_more_slowly_and_a_quick_one_faster_again() -> None:
    pace = Pace(0.5, 3.0, 2, Clock())
    pace.observe(8.0, succeeded=True)
    assert pace.delay_s == 2.25
    pace.observe(80.0, succeeded=True)
    assert pace.delay_s == 3.0
    pace.observe(0.0, succeeded=True)
    assert pace.delay_s == 1.5
    for _ in range(10):
        pace.observe(0.0, succeeded=True)
    assert pace.delay_s == 0.5


def test_a_quick_error_does_not_speed_up() -> None:
    pace = Pace(0.5, 3.0, 1, Clock())
    pace.observe(2.0, succeeded=True)
    slow_s = pace.delay_s
    pace.observe(0.0, succeeded=False)
    assert pace.delay_s == slow_s


@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.booleans(), st.floats(0.0, 5.0)), max_size=30))
def test_whatever_a_host_answers_turns_are_never_closer_than_the_least_delay(
    answers: list[tuple[float, bool, float]],
) -> None:
    clock = Clock()
    pace = Pace(0.5, 3.0, 2, clock)
    turns_s = []
    for latency_s, succeeded, passes_s in answers:
        turns_s.append(clock.now_s + pace.reserve())
        pace.observe(latency_s, succeeded)
        clock.now_s += passes_s
        assert 0.5 <= pace.delay_s <= 3.0
    assert all(later - sooner >= 0.5 - 1e-9 for sooner, later in pairwise(turns_s))


def test_a_crawl_delay_is_kept_whatever_the_bounds() -> None:
    pace = Pace(0.5, 3.0, 1, Clock())
    pace.at_least(7.0)
    pace.observe(0.0, succeeded=True)
    assert pace.delay_s == 7.0


def test_a_pause_comes_before_the_next_turn() -> None:
    pace = Pace(0.0, 3.0, 1, Clock())
    pace.pause(5.0)
    assert pace.reserve() == 5.0


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
