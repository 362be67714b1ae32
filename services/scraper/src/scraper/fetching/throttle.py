"""Throttle of one host: the delay between requests, longer if the host responds slowly or requests a pause."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_PAUSE_S = 86_400.0
"""Longest pause that a Retry-After leads to; a later one is as good as never for a crawl."""
MAX_REFUSALS = 8
"""Refusals in a row after which a host is left alone for the rest of the crawl."""


class HostThrottle:
    """The delay between two requests to one host.

    The delay is counted from the moment at which the host began to respond, so that the host never sees two requests
    within it, however long connections take. After each response the delay moves half of the way towards the latency
    divided by the number of simultaneous requests, within bounds; an error never shortens it. This is the rule of
    Scrapy's AutoThrottle extension. With a delay, one request is under way at a time.

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
        self.next_s = clock_s()
        """When the next request may begin."""
        self.n_active = 0
        self.n_refusals = 0

    @property
    def has_room(self) -> bool:
        """Whether another request may be under way at the same time."""
        return self.n_active < (1 if self.delay_s > 0 else self._concurrency)

    @property
    def is_given_up(self) -> bool:
        """Whether the host has refused so often that it is left alone."""
        return self.n_refusals >= MAX_REFUSALS

    def raise_min_delay(self, delay_s: float) -> None:
        """Raise the minimum delay, as a robots.txt's Crawl-delay does."""
        self._min_delay_s = max(self._min_delay_s, delay_s)
        self._max_delay_s = max(self._max_delay_s, delay_s)
        self.delay_s = max(self.delay_s, delay_s)
        self.next_s = max(self.next_s, self._clock_s() + delay_s)

    def wait_s(self) -> float:
        """Return the seconds until the next request may begin."""
        return max(0.0, self.next_s - self._clock_s())

    def begin(self) -> None:
        """Count a request that begins now."""
        self.n_active += 1
        self.next_s = max(self.next_s, self._clock_s() + self.delay_s)

    def end(self) -> None:
        """Count a request that has ended."""
        self.n_active -= 1

    def record_latency(self, latency_s: float, is_success: bool) -> None:
        """Adapt the delay to the latency of a response that begins now, or of a failure."""
        target_s = (self.delay_s + latency_s / self._concurrency) / 2
        if is_success or target_s > self.delay_s:
            self.delay_s = min(max(target_s, self._min_delay_s), self._max_delay_s)
        self.next_s = max(self.next_s, self._clock_s() + self.delay_s)
        if is_success:
            self.n_refusals = 0

    def pause(self, seconds: float) -> None:
        """Begin no request for some seconds, because the host refused one."""
        self.n_refusals += 1
        self.next_s = max(self.next_s, self._clock_s() + min(max(seconds, 0.0), MAX_PAUSE_S))


def retry_after_s(value: str, now: datetime | None = None) -> float | None:
    """Parse a Retry-After header, seconds or a date (RFC 9110, 10.2.3).

    Returns
    -------
    float or None
        Seconds from now, not negative, infinite for a date beyond the calendar; None if it is neither.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= 12 else math.inf
    if not any(character.isdigit() for character in text):
        return None
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
    except OverflowError:
        return math.inf
    except (ValueError, TypeError, IndexError, AttributeError):
        return None
