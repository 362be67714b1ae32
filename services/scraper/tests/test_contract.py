"""The contract of a service in this process, over real gRPC."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from scraper.servicer import serve
from scraper.settings import Settings
from segue.scraper.v1.scraper_pb2 import CrawlLimits, CrawlRequest, CrawlResponse
from segue.scraper.v1.scraper_pb2_grpc import ScraperServiceStub
from servicekit.client import ServiceClient
from servicekit.faults import ForbiddenAddress, InvalidInput, Overloaded

Piece = Callable[..., bytes]


async def test_files_progress_and_a_summary_are_streamed(site: Any, settings: Settings, piece: Piece) -> None:
    site.put_links("/", "/a.mid")
    site.put("/a.mid", piece(60), "audio/midi")
    async with serve(settings) as server, ServiceClient(server.target, "scraper") as service:
        request = CrawlRequest(start_urls=[site.url])
        responses = [
            response
            async for response in service.stream(ScraperServiceStub(service.channel).Crawl, request, timeout_s=20)
        ]
    assert [response.WhichOneof("event") for response in responses] == ["progress", "file", "summary"]
    assert responses[1].file.midi == piece(60)
    assert responses[1].file.page_url == f"{site.url}/"
    assert responses[2].summary.file_count == 1
    assert responses[2].summary.ended_by == "complete"


@pytest.mark.parametrize(
    ("request_", "fault", "match"),
    [
        (CrawlRequest(), InvalidInput, "0 start pages"),
        (CrawlRequest(start_urls=["ftp://a.test/"]), InvalidInput, "Start page 1"),
        (
            CrawlRequest(start_urls=["http://a.test/"], limits=CrawlLimits(max_depth=99)),
            InvalidInput,
            "max_depth is 99",
        ),
        (CrawlRequest(start_urls=["http://127.0.0.1:1/"]), ForbiddenAddress, "not on the public internet"),
        (CrawlRequest(start_urls=["http://localhost/"]), ForbiddenAddress, "localhost is not on the public internet"),
    ],
)
async def test_each_documented_error(request_: CrawlRequest, fault: type[Exception], match: str) -> None:
    async with serve(Settings(port=0)) as server, ServiceClient(server.target, "scraper") as service:
        responses = service.stream(ScraperServiceStub(service.channel).Crawl, request_, timeout_s=10)
        with pytest.raises(fault, match=match):
            await anext(responses)


async def first_accepted(service: ServiceClient, request: CrawlRequest) -> CrawlResponse:
    """Start crawls until one is accepted; return its first message."""
    while True:
        async with aclosing(
            service.stream(ScraperServiceStub(service.channel).Crawl, request, timeout_s=10)
        ) as responses:
            try:
                return await anext(responses)
            except Overloaded:
                continue


async def test_cancelling_stops_a_crawl_that_a_site_keeps_waiting(
    make_site: Callable[[], Any], settings: Settings
) -> None:
    slow, quick = make_site(), make_site()
    slow.put_links("/", *(f"/{number}" for number in range(50)))
    quick.put("/", "nothing")
    async with (
        serve(settings.model_copy(update={"max_crawls": 1, "timeout_s": 20.0})) as server,
        ServiceClient(server.target, "scraper") as service,
    ):
        crawl = ScraperServiceStub(service.channel).Crawl
        async with aclosing(service.stream(crawl, CrawlRequest(start_urls=[slow.url]), timeout_s=20)) as responses:
            assert (await anext(responses)).progress.page_count == 1
            slow.hold = threading.Event()
            with pytest.raises(Overloaded, match="1 crawls are under way") as raised:
                await anext(service.stream(crawl, CrawlRequest(start_urls=[quick.url]), timeout_s=10))
            assert raised.value.retry_after_s == 30.0
        async with asyncio.timeout(3.0):
            response = await first_accepted(service, CrawlRequest(start_urls=[quick.url]))
    assert response.progress.page_count == 1
    assert len(slow.requests) < 50
