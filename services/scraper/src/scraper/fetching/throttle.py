"""How fast one host is asked: never faster than told, slower when it answers slowly or asks for a pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class Pace:
    """The delay between two requests to one host.

    It follows the host's answers: half of the way, each time, to the latency divided by the requests under way at
    once, within bounds; an error never shortens it. (The rule of Scrapy's AutoThrottle extension.)

    Parameters
    ----------
    delay_s : float
        Least delay.
    max_delay_s : float
        Most that latency leads to.
    concurrency : int
        Requests under way at once.
    clock_s : callable
        Monotonic seconds.
    """

    def __init__(
        self, delay_s: float, max_delay_s: float, concurrency: int, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.delay_s = delay_s
        self._least_s = delay_s
        self._most_s = max(delay_s, max_delay_s)
        self._concurrency = concurrency
        self._clock_s = clock_s
        self._next_s = clock_s()

    def at_least(self, delay_s: float) -> None:
        """Lengthen the least delay, as a robots.txt's Crawl-delay does."""
        self._least_s = max(self._least_s, delay_s)
        self._most_s = max(self._most_s, delay_s)
        self.delay_s = max(self.delay_s, delay_s)

    def reserve(self) -> float:
        """Take the next turn; gives the seconds to wait for it."""
        now_s = self._clock_s()
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + self.delay_s
        return turn_s - now_s

    def observe(self, latency_s: float, succeeded: bool) -> None:
        """Take a request's latency into account."""
        towards_s = (self.delay_s + latency_s / self._concurrency) / 2
        if succeeded or towards_s > self.delay_s:
            self.delay_s = min(max(towards_s, self._least_s), self._most_s)

    def pause(self, seconds: float) -> None:
        """Let no turn begin for some time."""
        self._next_s = max(self._next_s, self._clock_s() + seconds)


def retry_after_s(value: str, now: datetime | None = None) -> float | None:
    """Read a Retry-After header, seconds or a date (RFC 9110, 10.2.3).

    Returns
    -------
    float or None
        Seconds from now, not negative; None if it says neither.
    """
    if value.strip().isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
