"""Conversion of crawls, collections and files into the scraper's response messages."""

from __future__ import annotations

from segue.scraper.v1 import scraper_pb2 as pb

from scraper.collecting.catalog import FileRecord, Source
from scraper.collecting.collection import CollectionState, Status
from scraper.crawling.events import CrawlProgress, CrawlSummary, Event, FoundFile
from scraper.fetching.usage_preferences import UsagePreference

_STATES = {
    CollectionState.IDLE: pb.COLLECTION_STATE_IDLE,
    CollectionState.RUNNING: pb.COLLECTION_STATE_RUNNING,
    CollectionState.STOPPED: pb.COLLECTION_STATE_STOPPED,
    CollectionState.COMPLETE: pb.COLLECTION_STATE_COMPLETE,
}
_PERMISSIONS = {
    None: pb.USAGE_PERMISSION_UNSPECIFIED,
    True: pb.USAGE_PERMISSION_ALLOWED,
    False: pb.USAGE_PERMISSION_REFUSED,
}


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
        unique_count=summary.n_unique,
        skipped_count=summary.n_skipped,
        unchanged_count=summary.n_unchanged,
        received_bytes=summary.n_bytes,
    )


def to_collection(identifier: str, status: Status) -> pb.Collection:
    """Return the message of a collection."""
    statement = status.statement
    return pb.Collection(
        id=identifier,
        name=status.name,
        state=_STATES[status.state],
        start_urls=status.start_urls,
        summary=_to_summary(status.summary),
        queued_count=status.n_queued,
        file_count=status.n_usable,
        pages_per_s=status.pages_per_s,
        failures=[pb.FailureCount(reason=reason, count=count) for reason, count in status.failures.items()],
        training_statement=pb.TrainingStatement(
            words=statement["words"], stated_by=statement["by"], stated_at=statement["at"]
        )
        if statement
        else None,
    )


def to_collected_file(record: FileRecord) -> pb.CollectedFile:
    """Return the message of a file."""
    facts = record.facts
    return pb.CollectedFile(
        number=record.id,
        sha256=record.sha256,
        size_bytes=record.n_bytes,
        music_hash=record.music_hash,
        family=record.family,
        title=record.title,
        style=record.style,
        key=facts["key"],
        meter=facts["meter"],
        tempo_bpm=facts["tempo_bpm"],
        duration_s=facts["seconds"],
        bar_count=facts["n_bars"],
        track_count=facts["n_tracks"],
        note_count=facts["n_notes"],
        roles=facts["roles"].split("+"),
        sources=[_to_source(source) for source in record.sources],
        licence=_to_licence(record),
        usage=_to_usage(record.usage),
        may_train=record.permission.is_granted,
        training_reason=record.permission.reason,
    )


def _to_licence(record: FileRecord) -> pb.FileLicence:
    licence = record.licence
    return pb.FileLicence(
        spdx=licence.spdx,
        is_conflicting=licence.is_conflicting,
        evidence=[
            pb.LicenceEvidence(form=each.form, spdx=each.spdx, statement=each.statement) for each in licence.evidence
        ],
    )


def _to_source(source: Source) -> pb.FileSource:
    return pb.FileSource(
        url=source.url,
        page_url=source.page_url,
        page_title=source.page_title,
        title=source.title,
        fetched_at=source.fetched_at,
        etag=source.etag,
        robots=source.robots,
        usage=_to_usage(source.usage),
    )


def _to_usage(usage: UsagePreference) -> pb.UsagePreference:
    return pb.UsagePreference(training=_PERMISSIONS[usage.training], statement=usage.statement)
