"""Crawl manager: runs crawls, each with connections of its own, up to a maximum number at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from servicekit.faults import Overloaded

from scraper.crawling.crawl import Crawl, check_start_addresses
from scraper.crawling.events import Event
from scraper.crawling.limits import Limits
from scraper.fetching.address_policy import AddressPolicy
from scraper.fetching.fetcher import Fetcher, make_client
from scraper.fetching.transport import CheckedTransport
from scraper.settings import Settings

_RETRY_AFTER_S = 30.0


class CrawlManager:
    """Runs crawls.

    Parameters
    ----------
    settings : Settings
        Settings of every crawl, and their maximum number.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._policy = AddressPolicy(settings.allowed_networks)
        self._n_running = 0

    async def crawl(self, start_urls: Sequence[str], limits: Limits) -> AsyncGenerator[Event, None]:
        """Crawl; closing the generator stops the crawl.

        Raises
        ------
        Overloaded
            If the maximum number of crawls is running.
        ForbiddenAddress
            If a start page is not on a public address.
        """
        if self._n_running >= self._settings.max_crawls:
            message = f"{self._n_running} crawls are under way, which is the maximum. Try again later."
            raise Overloaded(message, retry_after_s=_RETRY_AFTER_S)
        self._n_running += 1
        try:
            await check_start_addresses(start_urls, self._policy)
            async with make_client(CheckedTransport(self._policy), self._settings) as client:
                crawl = Crawl(start_urls, limits, self._settings, Fetcher(client, self._settings))
                async with aclosing(crawl.events()) as events:
                    async for event in events:
                        yield event
        finally:
            self._n_running -= 1
