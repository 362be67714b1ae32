"""The contract of a service in this process, over real gRPC."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from scraper.servicer import serve
from scraper.settings import Settings
from segue.scraper.v1 import scraper_pb2 as pb
from segue.scraper.v1.scraper_pb2 import CrawlLimits, CrawlRequest, CrawlResponse
from segue.scraper.v1.scraper_pb2_grpc import ScraperServiceStub
from servicekit.client import ServiceClient
from servicekit.faults import Conflict, ForbiddenAddress, InvalidInput, NotFound, Overloaded

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


def crawl_request(url: str) -> pb.CreateCollectionRequest:
    return pb.CreateCollectionRequest(name="Tunes", start_urls=[url], limits=CrawlLimits(max_files=50))


async def test_a_collection_is_crawled_watched_listed_and_read(
    site: Any, settings: Settings, piece: Piece, tmp_path: Path
) -> None:
    site.put_links("/", "/reels/a.mid", "/b.mid", extra='<a rel=license href="http://spdx.org/licenses/CC0-1.0">x</a>')
    site.put("/reels/a.mid", piece(60, 64, 67), "audio/midi", headers={"ETag": '"x"'})
    site.put("/b.mid", piece(60), "audio/midi", headers={"Content-Usage": "train-ai=n"})
    stored = settings.model_copy(update={"folder": tmp_path})
    async with serve(stored) as server, ServiceClient(server.target, "scraper") as service:
        stub = ScraperServiceStub(service.channel)
        created = await service.call(stub.CreateCollection, crawl_request(site.url), timeout_s=20)
        identifier = created.collection.id
        watch = pb.WatchCollectionRequest(id=identifier)
        seen = [each.collection async for each in service.stream(stub.WatchCollection, watch, timeout_s=60)]
        assert seen[0].state == pb.COLLECTION_STATE_RUNNING
        assert (seen[-1].state, seen[-1].name) == (pb.COLLECTION_STATE_COMPLETE, "Tunes")
        assert (seen[-1].file_count, seen[-1].summary.page_count, seen[-1].summary.ended_by) == (2, 1, "complete")
        listed = await service.call(stub.ListFiles, pb.ListFilesRequest(id=identifier), timeout_s=10)
        file = next(each for each in listed.files if each.sources[0].url.endswith("a.mid"))
        assert (file.style, file.key, file.licence.spdx, file.may_train) == ("reels", "C major", "CC0-1.0", True)
        assert (file.sources[0].etag, file.sources[0].robots, listed.next_after) == ('"x"', "no robots.txt", 0)
        other = next(each for each in listed.files if each is not file)
        assert other.usage.training == pb.USAGE_PERMISSION_REFUSED
        assert (other.may_train, other.training_reason) == (False, "USAGE_REFUSED")
        content = await service.call(stub.ReadFile, pb.ReadFileRequest(id=identifier, sha256=file.sha256), timeout_s=10)
        assert content.midi == piece(60, 64, 67)
        stated = pb.StateTrainingRequest(id=identifier, words="They agreed.", stated_by="Ann")
        collection = (await service.call(stub.StateTraining, stated, timeout_s=10)).collection
        assert collection.training_statement.words == "They agreed."
        data_set = service.stream(stub.ReadDataSet, pb.ReadDataSetRequest(id=identifier), timeout_s=10)
        parts = {part.path: part.content async for part in data_set}
        assert parts[f"files/{file.sha256[:2]}/{file.sha256}.mid"] == content.midi
        assert parts["index.csv"].count(b"\n") == 3
        await service.call(stub.DeleteCollection, pb.DeleteCollectionRequest(id=identifier), timeout_s=10)
        assert not (tmp_path / identifier).exists()
        with pytest.raises(NotFound, match="no collection"):
            await service.call(stub.GetCollection, pb.GetCollectionRequest(id=identifier), timeout_s=10)


async def test_a_collection_is_stopped_resumed_and_survives_its_process(
    site: Any, settings: Settings, piece: Piece, tmp_path: Path
) -> None:
    site.put_links("/", *(f"/{number}" for number in range(20)))
    for number in range(20):
        site.put(f"/{number}", "x")
    slow = settings.model_copy(update={"folder": tmp_path, "delay_s": 0.05})
    async with serve(slow) as server, ServiceClient(server.target, "scraper") as service:
        stub = ScraperServiceStub(service.channel)
        request = pb.CreateCollectionRequest(start_urls=[site.url])
        identifier = (await service.call(stub.CreateCollection, request, timeout_s=20)).collection.id
        stop = pb.StopCollectionRequest(id=identifier)
        stopped = (await service.call(stub.StopCollection, stop, timeout_s=10)).collection
        assert (stopped.state, stopped.summary.ended_by) == (pb.COLLECTION_STATE_STOPPED, "stopped")
        resume = pb.ResumeCollectionRequest(id=identifier)
        resumed = (await service.call(stub.ResumeCollection, resume, timeout_s=10)).collection
        assert resumed.state == pb.COLLECTION_STATE_RUNNING
        with pytest.raises(Conflict, match="being crawled"):
            await service.call(stub.ResumeCollection, resume, timeout_s=10)
    async with serve(slow) as server, ServiceClient(server.target, "scraper") as service:
        stub = ScraperServiceStub(service.channel)
        watch = pb.WatchCollectionRequest(id=identifier)
        seen = [pb.Collection()]
        while seen[-1].state != pb.COLLECTION_STATE_COMPLETE:
            await asyncio.sleep(0.05)
            seen = [each.collection async for each in service.stream(stub.WatchCollection, watch, timeout_s=60)]
        assert seen[-1].summary.page_count == 21
    pages = [path for path in site.paths if path != "/robots.txt"]
    assert len(pages) - len(set(pages)) <= 2


async def test_uploads_make_a_collection(settings: Settings, piece: Piece, tmp_path: Path) -> None:
    stored = settings.model_copy(update={"folder": tmp_path})
    async with serve(stored) as server, ServiceClient(server.target, "scraper") as service:
        stub = ScraperServiceStub(service.channel)
        created = await service.call(stub.CreateCollection, pb.CreateCollectionRequest(name="Mine"), timeout_s=10)
        assert created.collection.state == pb.COLLECTION_STATE_IDLE
        identifier = created.collection.id
        files = [pb.UploadedFile(body=piece(60), name="jigs/a.mid", licence="CC0-1.0"), pb.UploadedFile(body=b"x")]
        added = await service.call(stub.AddFiles, pb.AddFilesRequest(id=identifier, files=files), timeout_s=30)
        assert list(added.reasons) == ["", "MIDI_UNREADABLE"]
        assert added.collection.file_count == 1
        with pytest.raises(InvalidInput, match="0 files"):
            await service.call(stub.AddFiles, pb.AddFilesRequest(id=identifier), timeout_s=10)
        with pytest.raises(Conflict, match="no start pages"):
            await service.call(stub.ResumeCollection, pb.ResumeCollectionRequest(id=identifier), timeout_s=10)
        with pytest.raises(InvalidInput, match="needs the name"):
            await service.call(stub.StateTraining, pb.StateTrainingRequest(id=identifier, words="x"), timeout_s=10)
