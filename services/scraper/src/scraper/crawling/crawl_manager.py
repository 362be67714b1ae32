"""The crawls under way: each with connections of its own, and no more than may be."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from servicekit.faults import Overloaded

from scraper.crawling.crawl import Crawl, refuse_private
from scraper.crawling.events import Event
from scraper.crawling.limits import Limits
from scraper.fetching.address_policy import Guard
from scraper.fetching.fetcher import Fetcher, make_client
from scraper.fetching.transport import GuardedTransport
from scraper.settings import Settings

_RETRY_AFTER_S = 30.0


class Crawls:
    """Begins crawls.

    Parameters
    ----------
    settings : Settings
        How they behave, and how many there may be.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._guard = Guard(settings.allowed_networks)
        self._under_way = 0

    async def begin(self, starts: Sequence[str], limits: Limits) -> AsyncGenerator[Event, None]:
        """Crawl; closing the generator stops it.

        Raises
        ------
        Overloaded
            If too many crawls are under way.
        AddressRefused
            If a start page is not on a public address.
        """
        if self._under_way >= self._settings.max_crawls:
            message = f"{self._under_way} crawls are under way, which is as many as may be. Try again later."
            raise Overloaded(message, retry_after_s=_RETRY_AFTER_S)
        self._under_way += 1
        try:
            await refuse_private(starts, self._guard)
            async with make_client(GuardedTransport(self._guard), self._settings) as client:
                crawl = Crawl(starts, limits, self._settings, Fetcher(client, self._settings))
                async with aclosing(crawl.events()) as events:
                    async for event in events:
                        yield event
        finally:
            self._under_way -= 1
