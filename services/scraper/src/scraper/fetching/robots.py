"""Rules for robots (robots.txt, RFC 9309): disallowed paths, crawl delay and sitemaps of each host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego
from servicekit.faults import ForbiddenAddress

from scraper.content.urls import origin
from scraper.fetching.body_reader import FetchFailed
from scraper.fetching.fetcher import ByteCounter, Fetcher
from scraper.fetching.throttle import HostThrottle

MAX_REDIRECTS = 5
"""RFC 9309, 2.3.1.2: at least five are followed."""


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of one robots.txt for one robot.

    Attributes
    ----------
    is_allowed : callable
        Returns whether an address may be read.
    delay_s : float
        Minimum delay between requests.
    sitemaps : tuple of str
        Addresses as written in the file.
    """

    is_allowed: Callable[[str], bool]
    delay_s: float = 0.0
    sitemaps: tuple[str, ...] = ()


ALLOW_ALL = RobotsRules(is_allowed=lambda _: True)
DISALLOW_ALL = RobotsRules(is_allowed=lambda _: False)
UNREACHABLE = RobotsRules(is_allowed=lambda _: False)
"""Rules of a host that does not respond; a separate object, so that a crawl can report what went wrong."""


def parse_robots(text: str, user_agent: str) -> RobotsRules:
    """Parse a robots.txt for one robot."""
    parsed = Protego.parse(text)
    delay_s = parsed.crawl_delay(user_agent)
    return RobotsRules(
        is_allowed=lambda url: bool(parsed.can_fetch(url, user_agent)),
        delay_s=float(delay_s or 0.0),
        sitemaps=tuple(str(address) for address in parsed.sitemaps),
    )


class RobotsCache:
    """The rules of every host, read when first needed and kept until the crawl ends.

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
        self._rules: dict[str, asyncio.Task[RobotsRules]] = {}

    async def get(self, url: str, throttle: HostThrottle, count_bytes: ByteCounter) -> RobotsRules:
        """Return the rules for an address; the host's throttle adopts their Crawl-delay.

        Parameters
        ----------
        url : str
            Normalized address.
        throttle : HostThrottle
            Of the address's host.
        count_bytes : callable
            Counts the bytes received.
        """
        host = origin(url)
        if host not in self._rules:
            self._rules[host] = asyncio.create_task(self._read(host, throttle, count_bytes))
        return await asyncio.shield(self._rules[host])

    async def close(self) -> None:
        """Cancel the reads under way."""
        for task in self._rules.values():
            task.cancel()
        await asyncio.gather(*self._rules.values(), return_exceptions=True)

    async def _read(self, host: str, throttle: HostThrottle, count_bytes: ByteCounter) -> RobotsRules:
        """Read the rules of a host: everything is allowed without a file, nothing if the host fails to serve it."""
        address = f"{host}/robots.txt"
        for _ in range(MAX_REDIRECTS + 1):
            try:
                result = await self._fetcher.fetch(address, throttle, count_bytes)
            except (FetchFailed, ForbiddenAddress):
                return UNREACHABLE
            if result.location is None:
                break
            address = result.location
        if result.status >= 500:
            return DISALLOW_ALL
        if result.status >= 300:
            return ALLOW_ALL
        rules = parse_robots(result.body.decode("utf-8", "replace"), self._user_agent)
        throttle.raise_min_delay(rules.delay_s)
        return rules
