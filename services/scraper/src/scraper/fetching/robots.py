"""What sites ask of robots (RFC 9309): where not to go, and how slowly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego
from servicekit.faults import ForbiddenAddress

from scraper.content.links import authority
from scraper.fetching.body_reader import Unreadable
from scraper.fetching.fetcher import Fetcher, Spend
from scraper.fetching.throttle import Pace

MAX_REDIRECTS = 5
"""RFC 9309, 2.3.1.2: at least five are followed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says to us."""

    allows: Callable[[str], bool]
    delay_s: float = 0.0
    sitemaps: tuple[str, ...] = ()


EVERYTHING = Rules(allows=lambda _: True)
NOTHING = Rules(allows=lambda _: False)
UNREACHABLE = Rules(allows=lambda _: False)
"""Of a host that does not answer at all; it is told apart so that a crawl can say what went wrong."""


def read_rules(text: str, user_agent: str) -> Rules:
    """Read a robots.txt for one robot."""
    parsed = Protego.parse(text)
    delay_s = parsed.crawl_delay(user_agent)
    return Rules(
        allows=lambda url: bool(parsed.can_fetch(url, user_agent)),
        delay_s=float(delay_s or 0.0),
        sitemaps=tuple(str(address) for address in parsed.sitemaps),
    )


class Robots:
    """Every host's rules, read when first needed and kept for as long as the crawl.

    Parameters
    ----------
    fetcher : Fetcher
        Reads them.
    user_agent : str
        Our name, as sites know it.
    """

    def __init__(self, fetcher: Fetcher, user_agent: str) -> None:
        self._fetcher = fetcher
        self._user_agent = user_agent
        self._rules: dict[str, asyncio.Task[Rules]] = {}

    async def rules(self, url: str, pace: Pace, spend: Spend) -> Rules:
        """Give the rules for an address; its host's pace takes on their Crawl-delay."""
        host = authority(url)
        if host not in self._rules:
            self._rules[host] = asyncio.create_task(self._read(host, pace, spend))
        return await asyncio.shield(self._rules[host])

    async def close(self) -> None:
        """Stop reading."""
        for task in self._rules.values():
            task.cancel()
        await asyncio.gather(*self._rules.values(), return_exceptions=True)

    async def _read(self, host: str, pace: Pace, spend: Spend) -> Rules:
        """Read the rules: none where there is no file, everything forbidden where the host cannot answer."""
        address = f"{host}/robots.txt"
        for _ in range(MAX_REDIRECTS + 1):
            try:
                fetched = await self._fetcher.fetch(address, pace, spend)
            except (Unreadable, ForbiddenAddress):
                return UNREACHABLE
            if fetched.location is None:
                break
            address = fetched.location
        if fetched.status >= 500:
            return NOTHING
        if fetched.status >= 300:
            return EVERYTHING
        rules = read_rules(fetched.body.decode("utf-8", "replace"), self._user_agent)
        pace.at_least(rules.delay_s)
        return rules
