"""Conversion of the scraper's request messages into plans, files and statements."""

from __future__ import annotations

from collections.abc import Sequence

from segue.scraper.v1 import scraper_pb2 as pb
from servicekit.faults import InvalidInput

from scraper.collecting.collection import UploadedFile
from scraper.crawling.limits import Limits, Plan, parse_start_urls

_DEFAULT = Limits()
MAX_UPLOADS = 100
MAX_UPLOAD_BYTES = 24 * 1024 * 1024
MAX_PAGE_SIZE = 1000
_DEFAULT_PAGE_SIZE = 100
_MAX_CHARACTERS = {"name": 200, "words": 2000, "stated_by": 200, "licence": 500}


def parse_limits(limits: pb.CrawlLimits) -> Limits:
    """Return the limits of a request; 0 stands for the default.

    Raises
    ------
    InvalidInput
        As `Limits`.
    """
    return Limits(
        max_pages=limits.max_pages or _DEFAULT.max_pages,
        max_files=limits.max_files or _DEFAULT.max_files,
        max_depth=limits.max_depth or _DEFAULT.max_depth,
        max_duration_s=limits.max_duration_s or _DEFAULT.max_duration_s,
        max_bytes=limits.max_bytes or _DEFAULT.max_bytes,
        other_hosts=limits.other_hosts,
    )


def parse_plan(request: pb.CreateCollectionRequest) -> Plan | None:
    """Return the crawl of a new collection; None for one of uploads."""
    _check_length("name", request.name)
    limits = parse_limits(request.limits)
    return Plan(parse_start_urls(request.start_urls), limits) if request.start_urls else None


def parse_uploads(files: Sequence[pb.UploadedFile]) -> list[UploadedFile]:
    """Return uploaded files.

    Raises
    ------
    InvalidInput
        If there are none, or too many.
    """
    if not 1 <= len(files) <= MAX_UPLOADS:
        message = f"{len(files)} files are given; one to {MAX_UPLOADS} are needed."
        raise InvalidInput(message, field="files", limit=MAX_UPLOADS)
    if sum(len(file.body) for file in files) > MAX_UPLOAD_BYTES:
        raise InvalidInput("The files have over 24 MiB together.", field="files", limit_bytes=MAX_UPLOAD_BYTES)
    for file in files:
        _check_length("licence", file.licence)
    return [UploadedFile(file.body, file.name[:500], file.licence) for file in files]


def parse_page_size(size: int) -> int:
    """Return the number of files of one page; 0 stands for the default."""
    return min(size or _DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def parse_statement(request: pb.StateTrainingRequest) -> tuple[str, str]:
    """Return an operator's words and name.

    Raises
    ------
    InvalidInput
        If words have no name, or one of the two is too long.
    """
    words, stated_by = request.words.strip(), request.stated_by.strip()
    _check_length("words", words)
    _check_length("stated_by", stated_by)
    if words and not stated_by:
        raise InvalidInput("A statement about training needs the name of who states it.", field="stated_by")
    return words, stated_by


def _check_length(field: str, text: str) -> None:
    limit = _MAX_CHARACTERS[field]
    if len(text) > limit:
        message = f"{field} has {len(text)} characters; it may have up to {limit}."
        raise InvalidInput(message, field=field, limit=limit)
