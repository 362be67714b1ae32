"""Conversion of a crawl's events into the scraper's response messages."""

from __future__ import annotations

from segue.scraper.v1 import scraper_pb2 as pb

from scraper.crawling.events import CrawlProgress, CrawlSummary, Event, FoundFile


def to_crawl_response(event: Event) -> pb.CrawlResponse:
    """Return the message of an event."""
    if isinstance(event, FoundFile):
        return pb.CrawlResponse(file=_to_file(event))
    if isinstance(event, CrawlProgress):
        return pb.CrawlResponse(progress=_to_progress(event))
    return pb.CrawlResponse(summary=_to_summary(event))


def _to_file(file: FoundFile) -> pb.FoundFile:
    return pb.FoundFile(
        midi=file.midi,
        url=file.url,
        page_url=file.page_url,
        title=file.title,
        license_url=file.license_url,
        fetched_at=file.fetched_at,
        sha256=file.sha256,
    )


def _to_progress(progress: CrawlProgress) -> pb.CrawlProgress:
    return pb.CrawlProgress(page_count=progress.n_pages, file_count=progress.n_files, queued_count=progress.n_queued)


def _to_summary(summary: CrawlSummary) -> pb.CrawlSummary:
    return pb.CrawlSummary(
        page_count=summary.n_pages,
        file_count=summary.n_files,
        duplicate_count=summary.n_duplicates,
        invalid_count=summary.n_invalid,
        disallowed_count=summary.n_disallowed,
        failed_count=summary.n_failed,
        ended_by=summary.ended_by,
    )
