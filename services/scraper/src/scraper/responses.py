"""From the crawl's events to the contract's messages."""

from __future__ import annotations

from dataclasses import asdict

from segue.scraper.v1.scraper_pb2 import CrawlProgress, CrawlResponse, CrawlSummary, FoundFile

from scraper.crawling.events import Event, File, Progress


def event(told: Event) -> CrawlResponse:
    """Write an event as a message of the stream; the names of their fields are the same."""
    if isinstance(told, File):
        return CrawlResponse(file=FoundFile(**asdict(told)))
    if isinstance(told, Progress):
        return CrawlResponse(progress=CrawlProgress(**asdict(told)))
    return CrawlResponse(summary=CrawlSummary(**asdict(told)))
