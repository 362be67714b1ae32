"""Events of a crawl: files, progress, and a summary at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


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
    """Counts of a crawl, as the contract defines them, and the limit that ended it.

    ``n_unique`` counts the files that are not near duplicates of others, ``n_skipped`` the addresses that lead into
    traps, ``n_unchanged`` those that had not changed since an earlier crawl.
    """

    n_pages: int = 0
    n_files: int = 0
    n_unique: int = 0
    n_duplicates: int = 0
    n_invalid: int = 0
    n_disallowed: int = 0
    n_failed: int = 0
    n_skipped: int = 0
    n_unchanged: int = 0
    n_bytes: int = 0
    ended_by: str = ""

    def counts(self) -> dict[str, int | str]:
        """Return all fields by name."""
        return asdict(self)

    @classmethod
    def from_counts(cls, counts: Mapping[str, int | str]) -> CrawlSummary:
        """Return the summary with such counts, of a run that goes on."""
        names = {field.name for field in fields(cls)} - {"ended_by"}
        summary = cls()
        for name in names & set(counts):
            setattr(summary, name, int(counts[name]))
        return summary


Event = FoundFile | CrawlProgress | CrawlSummary
