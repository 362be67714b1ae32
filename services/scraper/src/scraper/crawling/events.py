"""Events of a crawl: files, progress, and a summary at the end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A MIDI file and its source.

    Attributes
    ----------
    midi : bytes
        The file.
    url : str
        Where it was read; for a file in an archive, with ``#`` and its path in the archive.
    page_url : str
        The page that linked to it; empty for a start page.
    title : str
        Text of the link; may be empty.
    license_url : str
        The licence that the page links to; may be empty.
    fetched_at : str
        RFC 3339, UTC.
    sha256 : str
        Digest of the file, in hexadecimal.
    """

    midi: bytes
    url: str
    page_url: str
    title: str
    license_url: str
    fetched_at: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CrawlProgress:
    """Counts of a crawl that runs: pages read, files found, addresses in the queue."""

    n_pages: int
    n_files: int
    n_queued: int


@dataclass(slots=True)
class CrawlSummary:
    """Counts of a crawl, as the contract defines them, and the limit that ended it."""

    n_pages: int = 0
    n_files: int = 0
    n_duplicates: int = 0
    n_invalid: int = 0
    n_disallowed: int = 0
    n_failed: int = 0
    ended_by: str = ""


Event = FoundFile | CrawlProgress | CrawlSummary
