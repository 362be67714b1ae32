"""Rules for robots of one origin: robots.txt (RFC 9309), its crawl delay, sitemaps and usage preferences."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from protego import Protego
from servicekit.faults import ForbiddenAddress

from scraper.fetching.body_reader import FetchFailed
from scraper.fetching.fetcher import ByteCounter, Fetcher, FetchResult
from scraper.fetching.throttle import HostThrottle
from scraper.fetching.usage_preferences import UsagePreference, UsageRule, robots_rules, rule_usage

MAX_REDIRECTS = 5
"""RFC 9309, 2.3.1.2: at least five are followed."""
MAX_CHARACTERS = 500 * 1024
"""RFC 9309, 2.5: at least this much is read."""
MAX_FILE_BYTES = 2 * 1024 * 1024
"""Largest file that is read at all; a host with a larger one is not read."""
MAX_DELAY_S = 3600.0
"""Longest Crawl-delay that is waited for; an origin that asks for more is not read."""
_UNREACHABLE_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of one origin for one robot.

    Attributes
    ----------
    state : str
        "stated", "absent" (everything is allowed), "refused" (nothing is), or "unreachable" (nothing is, and nothing
        can be).
    parsed : Protego or None
        The rules, if stated.
    product : str
        The name by which a robots.txt addresses the robot.
    usage_rules : tuple of UsageRule
        Usage preferences by path.
    """

    state: str
    parsed: Protego | None = None
    product: str = ""
    usage_rules: tuple[UsageRule, ...] = ()

    def is_allowed(self, url: str) -> bool:
        """Return whether an address may be read."""
        if self.parsed is None:
            return self.state == "absent"
        return self.delay_s <= MAX_DELAY_S and bool(self.parsed.can_fetch(url, self.product))

    def usage(self, url: str) -> UsagePreference:
        """Return the usage preference for an address."""
        return rule_usage(self.usage_rules, url)

    @property
    def delay_s(self) -> float:
        """Minimum delay between requests: Crawl-delay, or the interval that Request-rate leads to."""
        if self.parsed is None:
            return 0.0
        rate = self.parsed.request_rate(self.product)
        interval_s = rate.seconds / rate.requests if rate is not None else 0.0
        return max(float(self.parsed.crawl_delay(self.product) or 0.0), float(interval_s))

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Addresses as written in the file, at most a hundred."""
        return tuple(str(address) for address in self.parsed.sitemaps)[:100] if self.parsed is not None else ()


ABSENT = RobotsRules("absent")
REFUSED = RobotsRules("refused")
UNREACHABLE = RobotsRules("unreachable")


def parse_robots(text: str, user_agent: str) -> RobotsRules:
    """Parse a robots.txt for one robot, whose name is the first word of its user agent."""
    product = user_agent.partition("/")[0].partition(" ")[0]
    text = text[:MAX_CHARACTERS].replace("\0", "")
    return RobotsRules("stated", Protego.parse(text), product, robots_rules(text, product))


class RobotsReader:
    """Reads the rules of origins.

    Parameters
    ----------
    fetcher : Fetcher
        Reads them.
    user_agent : str
        The name that is sent to sites.
    """

    def __init__(self, fetcher: Fetcher, user_agent: str) -> None:
        self._fetcher = fetcher
        self._user_agent = user_agent

    async def read(self, origin: str, throttle: HostThrottle, count_bytes: ByteCounter) -> tuple[RobotsRules, str]:
        """Read the rules of an origin; the host's throttle adopts their Crawl-delay.

        Parameters
        ----------
        origin : str
            Scheme, host and port.
        throttle : HostThrottle
            Of the host.
        count_bytes : callable
            Counts the bytes received.

        Returns
        -------
        tuple of RobotsRules and str
            The rules: everything is allowed without a file, nothing if the host fails to serve it; and the text.
        """
        result = await self._read_file(f"{origin}/robots.txt", throttle, count_bytes)
        if result is None:
            return UNREACHABLE, ""
        if result.status >= 500:
            return REFUSED, ""
        if result.status >= 300:
            return ABSENT, ""
        text = result.body.decode("utf-8", "replace")
        rules = parse_robots(text, self._user_agent)
        throttle.raise_min_delay(min(rules.delay_s, MAX_DELAY_S))
        return rules, text

    async def read_tdm(self, origin: str, throttle: HostThrottle, count_bytes: ByteCounter) -> str:
        """Read the text of an origin's reservations of text and data mining; empty if it has none.

        Parameters
        ----------
        origin : str
            Scheme, host and port.
        throttle : HostThrottle
            Of the host.
        count_bytes : callable
            Counts the bytes received.
        """
        result = await self._read_file(f"{origin}/.well-known/tdmrep.json", throttle, count_bytes)
        return result.body.decode("utf-8", "replace") if result is not None and result.status == 200 else ""

    async def _read_file(self, url: str, throttle: HostThrottle, count_bytes: ByteCounter) -> FetchResult | None:
        """Return a file after redirects; None if its host does not respond."""
        result = None
        for _ in range(MAX_REDIRECTS + 1):
            result = await self._attempt(url, throttle, count_bytes)
            if result is None or not result.is_redirect or result.location is None:
                break
            url = result.location
            await asyncio.sleep(throttle.wait_s())
        return result

    async def _attempt(self, url: str, throttle: HostThrottle, count_bytes: ByteCounter) -> FetchResult | None:
        for _ in range(_UNREACHABLE_ATTEMPTS):
            try:
                return await self._fetcher.fetch(url, throttle, count_bytes, max_bytes=MAX_FILE_BYTES)
            except ForbiddenAddress:
                return None
            except FetchFailed:
                await asyncio.sleep(min(throttle.wait_s(), 30.0))
        return None
