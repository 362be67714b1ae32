"""gRPC servicer of `ScraperService`: convert the request, crawl, convert each event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from segue.scraper.v1 import scraper_pb2
from segue.scraper.v1.scraper_pb2 import CrawlRequest, CrawlResponse
from segue.scraper.v1.scraper_pb2_grpc import ScraperServiceServicer, add_ScraperServiceServicer_to_server
from servicekit.server import Context, Server

from scraper import requests, responses
from scraper.crawling.crawl_manager import CrawlManager
from scraper.crawling.limits import parse_start_urls
from scraper.settings import Settings


class ScraperServicer(ScraperServiceServicer):
    """Crawls sites for MIDI files."""

    def __init__(self, settings: Settings) -> None:
        self._crawls = CrawlManager(settings)

    async def Crawl(self, request: CrawlRequest, context: Context) -> AsyncIterator[CrawlResponse]:
        """Crawl from the start pages within limits, and stream the files that are found."""
        start_urls, limits = parse_start_urls(request.start_urls), requests.parse_limits(request.limits)
        async with aclosing(self._crawls.crawl(start_urls, limits)) as events:
            async for event in events:
                yield responses.to_crawl_response(event)


def serve(settings: Settings) -> Server:
    """Build the service's server; it is not started."""
    servicer = ScraperServicer(settings)
    return Server(
        settings, scraper_pb2.DESCRIPTOR, lambda server: add_ScraperServiceServicer_to_server(servicer, server)
    )
