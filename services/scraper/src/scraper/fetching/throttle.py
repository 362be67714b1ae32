"""Throttle of one host: the delay between requests, longer if the host responds slowly or requests a pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class HostThrottle:
    """The delay between two requests to one host.

    After each response the delay moves half of the way towards the latency divided by the number of simultaneous
    requests, within bounds; an error never shortens it. This is the rule of Scrapy's AutoThrottle extension.

    Parameters
    ----------
    delay_s : float
        Minimum delay.
    max_delay_s : float
        Maximum delay that latency leads to.
    concurrency : int
        Simultaneous requests.
    clock_s : callable
        Monotonic seconds.
    """

    def __init__(
        self, delay_s: float, max_delay_s: float, concurrency: int, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.delay_s = delay_s
        self._min_delay_s = delay_s
        self._max_delay_s = max(delay_s, max_delay_s)
        self._concurrency = concurrency
        self._clock_s = clock_s
        self._next_s = clock_s()

    def raise_min_delay(self, delay_s: float) -> None:
        """Raise the minimum delay, as a robots.txt's Crawl-delay does."""
        self._min_delay_s = max(self._min_delay_s, delay_s)
        self._max_delay_s = max(self._max_delay_s, delay_s)
        self.delay_s = max(self.delay_s, delay_s)

    def reserve(self) -> float:
        """Reserve the next time slot and return the seconds to wait for it."""
        now_s = self._clock_s()
        slot_s = max(now_s, self._next_s)
        self._next_s = slot_s + self.delay_s
        return slot_s - now_s

    def record_latency(self, latency_s: float, is_success: bool) -> None:
        """Adapt the delay to the latency of a request."""
        target_s = (self.delay_s + latency_s / self._concurrency) / 2
        if is_success or target_s > self.delay_s:
            self.delay_s = min(max(target_s, self._min_delay_s), self._max_delay_s)

    def pause(self, seconds: float) -> None:
        """Reserve no time slot for some seconds."""
        self._next_s = max(self._next_s, self._clock_s() + seconds)


def retry_after_s(value: str, now: datetime | None = None) -> float | None:
    """Parse a Retry-After header, seconds or a date (RFC 9110, 10.2.3).

    Returns
    -------
    float or None
        Seconds from now, not negative; None if it is neither.
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
