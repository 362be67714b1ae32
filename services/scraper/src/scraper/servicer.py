"""The contract's service: parse, call, reply."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from segue.scraper.v1 import scraper_pb2
from segue.scraper.v1.scraper_pb2 import CrawlRequest, CrawlResponse
from segue.scraper.v1.scraper_pb2_grpc import ScraperServiceServicer, add_ScraperServiceServicer_to_server
from servicekit.server import Context, Server

from scraper import requests, responses
from scraper.crawling.crawl_manager import Crawls
from scraper.crawling.limits import start_urls
from scraper.settings import Settings


class ScraperServicer(ScraperServiceServicer):
    """Crawls sites for MIDI files."""

    def __init__(self, settings: Settings) -> None:
        self._crawls = Crawls(settings)

    async def Crawl(self, request: CrawlRequest, context: Context) -> AsyncIterator[CrawlResponse]:
        """Crawl from start pages within limits, and stream what is found."""
        events = self._crawls.begin(start_urls(request.start_urls), requests.limits(request.limits))
        async with aclosing(events):
            async for event in events:
                yield responses.event(event)


def serve(settings: Settings) -> Server:
    """Make the server; nothing is opened yet."""
    servicer = ScraperServicer(settings)
    return Server(
        settings, scraper_pb2.DESCRIPTOR, lambda server: add_ScraperServiceServicer_to_server(servicer, server)
    )
