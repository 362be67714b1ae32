"""Rules of the origins that a crawl reads: robots.txt and reservations, read once a day, stored for a later run."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import replace

from scraper.crawling.database import Database
from scraper.fetching.fetcher import ByteCounter, Fetcher
from scraper.fetching.robots import ABSENT, MAX_DELAY_S, REFUSED, UNREACHABLE, RobotsReader, RobotsRules, parse_robots
from scraper.fetching.throttle import HostThrottle
from scraper.fetching.usage_preferences import UsageRule, tdm_rules

MAX_AGE_S = 86_400.0
"""RFC 9309, 2.4: a robots.txt is not used for more than 24 hours."""
_MAX_IN_MEMORY = 500
_UNSTATED = {"absent": ABSENT, "refused": REFUSED, "unreachable": UNREACHABLE}


class OriginRules:
    """The rules of every origin.

    Parameters
    ----------
    database : Database
        Stores them.
    fetcher : Fetcher
        Reads them.
    user_agent : str
        The name that is sent to sites.
    """

    def __init__(self, database: Database, fetcher: Fetcher, user_agent: str) -> None:
        self._database = database
        self._reader = RobotsReader(fetcher, user_agent)
        self._user_agent = user_agent
        self._rules: OrderedDict[str, RobotsRules] = OrderedDict()
        self._reads: dict[str, asyncio.Task[RobotsRules]] = {}
        self._reservations: dict[str, asyncio.Task[None]] = {}

    def known(self, origin: str, throttle: HostThrottle) -> RobotsRules | None:
        """Return the rules of an origin if they were read; the throttle adopts their Crawl-delay."""
        rules = self._rules.get(origin)
        if rules is not None:
            self._rules.move_to_end(origin)
            return rules
        row = self._database.rows("SELECT state, robots, tdm, read_at FROM origin WHERE name = ?", origin)
        if not row or time.time() - row[0][3] > MAX_AGE_S or row[0][0] == "unreachable":
            return None
        state, text, tdm, _ = row[0]
        rules = _UNSTATED.get(state) or parse_robots(text, self._user_agent)
        if tdm:
            rules = replace(rules, usage_rules=(*rules.usage_rules, *tdm_rules(tdm.encode())))
        throttle.raise_min_delay(min(rules.delay_s, MAX_DELAY_S))
        return self._remember(origin, rules)

    def _remember(self, origin: str, rules: RobotsRules) -> RobotsRules:
        self._rules[origin] = rules
        while len(self._rules) > _MAX_IN_MEMORY:
            self._rules.popitem(last=False)
        return rules

    async def read(self, origin: str, throttle: HostThrottle, count_bytes: ByteCounter) -> RobotsRules:
        """Read the rules of an origin, once for all that wait for them.

        Parameters
        ----------
        origin : str
            Scheme, host and port.
        throttle : HostThrottle
            Of the host.
        count_bytes : callable
            Counts the bytes received.
        """
        if origin not in self._reads:
            self._reads[origin] = asyncio.create_task(self._read(origin, throttle, count_bytes))
        return await asyncio.shield(self._reads[origin])

    async def _read(self, origin: str, throttle: HostThrottle, count_bytes: ByteCounter) -> RobotsRules:
        try:
            rules, text = await self._reader.read(origin, throttle, count_bytes)
            self._database.execute(
                "INSERT OR REPLACE INTO origin VALUES (?, ?, ?, NULL, ?)", origin, rules.state, text, time.time()
            )
            return self._remember(origin, rules)
        finally:
            self._reads.pop(origin, None)

    def has_reservations(self, origin: str) -> bool:
        """Return whether an origin's reservations of text and data mining were read."""
        return self._database.value("SELECT tdm FROM origin WHERE name = ?", origin) is not None

    async def read_reservations(self, origin: str, throttle: HostThrottle, count_bytes: ByteCounter) -> None:
        """Read an origin's reservations of text and data mining, once for all that wait for them.

        Parameters
        ----------
        origin : str
            Scheme, host and port.
        throttle : HostThrottle
            Of the host.
        count_bytes : callable
            Counts the bytes received.
        """
        if origin not in self._reservations:
            self._reservations[origin] = asyncio.create_task(self._read_reservations(origin, throttle, count_bytes))
        await asyncio.shield(self._reservations[origin])

    async def _read_reservations(self, origin: str, throttle: HostThrottle, count_bytes: ByteCounter) -> None:
        try:
            text = await self._reader.read_tdm(origin, throttle, count_bytes)
            self._database.execute("UPDATE origin SET tdm = ? WHERE name = ?", text, origin)
            rules: tuple[UsageRule, ...] = tdm_rules(text.encode())
            known = self._rules.get(origin)
            if known is not None:
                self._remember(origin, replace(known, usage_rules=(*known.usage_rules, *rules)))
        finally:
            self._reservations.pop(origin, None)

    async def close(self) -> None:
        """Cancel the reads under way."""
        tasks = [*self._reads.values(), *self._reservations.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
