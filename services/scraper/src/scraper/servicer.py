"""gRPC servicer of `ScraperService`: convert the request, call, convert the result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import grpc.aio
from segue.scraper.v1 import scraper_pb2
from segue.scraper.v1 import scraper_pb2 as pb
from segue.scraper.v1.scraper_pb2_grpc import ScraperServiceServicer, add_ScraperServiceServicer_to_server
from servicekit.faults import NotFound
from servicekit.server import Context, Server

from scraper import requests, responses
from scraper.collecting import data_set
from scraper.collecting.collection_manager import CollectionManager
from scraper.crawling.crawl_manager import CrawlManager, CrawlSlots
from scraper.crawling.limits import parse_start_urls
from scraper.settings import Settings

_WATCH_INTERVAL_S = 1.0
_MAX_PART_BYTES = 16 * 1024 * 1024


class ScraperServicer(ScraperServiceServicer):
    """Crawls sites for MIDI files."""

    def __init__(self, settings: Settings) -> None:
        slots = CrawlSlots(settings.max_crawls)
        self._crawls = CrawlManager(settings, slots)
        self._collections = CollectionManager(settings, slots)
        self._recovery: asyncio.Task[None] | None = None

    def register(self, server: grpc.aio.Server) -> None:
        """Register with a server that starts, and resume the crawls that an ended process has left."""
        add_ScraperServiceServicer_to_server(self, server)
        self._recovery = asyncio.get_running_loop().create_task(self._collections.recover())

    def close(self) -> None:
        """Drop the crawls, to be resumed by the next process."""
        if self._recovery is not None:
            self._recovery.cancel()
        self._collections.close()

    async def Crawl(self, request: pb.CrawlRequest, context: Context) -> AsyncIterator[pb.CrawlResponse]:
        """Crawl from the start pages within limits, and stream the files that are found."""
        start_urls, limits = parse_start_urls(request.start_urls), requests.parse_limits(request.limits)
        async with aclosing(self._crawls.crawl(start_urls, limits)) as events:
            async for event in events:
                yield responses.to_crawl_response(event)

    async def CreateCollection(
        self, request: pb.CreateCollectionRequest, context: Context
    ) -> pb.CreateCollectionResponse:
        """Create a collection, and start its crawl if it has one."""
        plan = requests.parse_plan(request)
        identifier = await self._collections.create(request.name, plan, request.has_warc)
        return pb.CreateCollectionResponse(collection=self._collection(identifier))

    async def ListCollections(self, request: pb.ListCollectionsRequest, context: Context) -> pb.ListCollectionsResponse:
        """List all collections."""
        return pb.ListCollectionsResponse(collections=map(self._collection, self._collections.ids()))

    async def GetCollection(self, request: pb.GetCollectionRequest, context: Context) -> pb.GetCollectionResponse:
        """Return what a collection has come to."""
        return pb.GetCollectionResponse(collection=self._collection(request.id))

    async def WatchCollection(
        self, request: pb.WatchCollectionRequest, context: Context
    ) -> AsyncIterator[pb.WatchCollectionResponse]:
        """Stream what a collection has come to until its crawl has ended."""
        while True:
            collection = self._collection(request.id)
            yield pb.WatchCollectionResponse(collection=collection)
            if collection.state != pb.COLLECTION_STATE_RUNNING:
                return
            await asyncio.sleep(_WATCH_INTERVAL_S)

    async def StopCollection(self, request: pb.StopCollectionRequest, context: Context) -> pb.StopCollectionResponse:
        """End a collection's crawl."""
        await self._collections.stop(request.id)
        return pb.StopCollectionResponse(collection=self._collection(request.id))

    async def ResumeCollection(
        self, request: pb.ResumeCollectionRequest, context: Context
    ) -> pb.ResumeCollectionResponse:
        """Let a collection's crawl go on."""
        await self._collections.resume(request.id, request.again)
        return pb.ResumeCollectionResponse(collection=self._collection(request.id))

    async def DeleteCollection(
        self, request: pb.DeleteCollectionRequest, context: Context
    ) -> pb.DeleteCollectionResponse:
        """Delete a collection with its files."""
        await self._collections.delete(request.id)
        return pb.DeleteCollectionResponse()

    async def AddFiles(self, request: pb.AddFilesRequest, context: Context) -> pb.AddFilesResponse:
        """Add files from elsewhere."""
        files = requests.parse_uploads(request.files)
        with self._collections.open(request.id) as collection:
            reasons = await collection.add_files(files)
        return pb.AddFilesResponse(reasons=reasons, collection=self._collection(request.id))

    async def ListFiles(self, request: pb.ListFilesRequest, context: Context) -> pb.ListFilesResponse:
        """List files."""
        size = requests.parse_page_size(request.page_size)
        with self._collections.open(request.id) as collection:
            records = await asyncio.to_thread(collection.catalog.page, request.after, size, request.unique_only)
        files = [each for each in records if each.permission.is_granted or not request.permitted_only]
        return pb.ListFilesResponse(
            files=map(responses.to_collected_file, files), next_after=records[-1].id if len(records) == size else 0
        )

    async def ReadFile(self, request: pb.ReadFileRequest, context: Context) -> pb.ReadFileResponse:
        """Return the bytes of a file."""
        with self._collections.open(request.id) as collection:
            record = collection.catalog.file_with(request.sha256)
            if record is None or record.error:
                raise NotFound("The collection has no such file.")
            return pb.ReadFileResponse(midi=collection.catalog.midi(record))

    async def StateTraining(self, request: pb.StateTrainingRequest, context: Context) -> pb.StateTrainingResponse:
        """Store an operator's statement about training."""
        words, stated_by = requests.parse_statement(request)
        with self._collections.open(request.id) as collection:
            collection.state_training(words, stated_by)
        return pb.StateTrainingResponse(collection=self._collection(request.id))

    async def ReadDataSet(
        self, request: pb.ReadDataSetRequest, context: Context
    ) -> AsyncIterator[pb.ReadDataSetResponse]:
        """Stream a collection as a data set."""
        with self._collections.open(request.id) as collection:
            files = data_set.iter_files(collection.catalog, not request.with_withheld)
            while (file := await asyncio.to_thread(next, files, None)) is not None:
                path, content = file
                for start in range(0, max(len(content), 1), _MAX_PART_BYTES):
                    yield pb.ReadDataSetResponse(path=path, content=content[start : start + _MAX_PART_BYTES])

    def _collection(self, identifier: str) -> pb.Collection:
        with self._collections.open(identifier) as collection:
            return responses.to_collection(identifier, collection.status())


def serve(settings: Settings) -> Server:
    """Build the service's server; it is not started."""
    servicer = ScraperServicer(settings)
    return Server(settings, scraper_pb2.DESCRIPTOR, servicer.register, close=servicer.close)
