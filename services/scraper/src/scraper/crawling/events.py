"""What a crawl tells: files, how far it has come, and what it did in all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A MIDI file with where it is from."""

    midi: bytes
    url: str
    """Where it was read; for a file in an archive, with ``#`` and its path in there."""
    page_url: str
    """The page that linked to it; empty for a start page."""
    title: str
    license_url: str
    fetched_at: str
    """RFC 3339, UTC."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a crawl has come."""

    page_count: int
    file_count: int
    queued_count: int


@dataclass(slots=True)
class Summary:
    """What a crawl did; see the contract for each count."""

    page_count: int = 0
    file_count: int = 0
    duplicate_count: int = 0
    invalid_count: int = 0
    disallowed_count: int = 0
    failed_count: int = 0
    ended_by: str = ""


Event = File | Progress | Summary
