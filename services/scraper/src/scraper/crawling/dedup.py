"""Deduplication: emits each MIDI file once, by its bytes and by its notes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from enum import Enum

from servicekit.faults import Fault

from scraper.content import midi_files
from scraper.crawling.events import FoundFile
from scraper.crawling.frontier import Entry
from scraper.fetching.fetcher import FetchResult


class SkipReason(Enum):
    """Why a file that was found is not emitted."""

    DUPLICATE = "the same bytes or notes were emitted before"
    INVALID = "it is not a usable MIDI file"


class Deduplicator:
    """Remembers the files that one crawl has emitted."""

    def __init__(self) -> None:
        self._byte_digests: set[str] = set()
        self._note_digests: set[str] = set()

    async def check(self, entry: Entry, result: FetchResult) -> AsyncIterator[FoundFile | SkipReason]:
        """Check the MIDI file that was fetched, or those in the archive that was fetched.

        Yields
        ------
        FoundFile or SkipReason
            One for each file.
        """
        for url, midi in await asyncio.to_thread(lambda: list(_iter_files(result))):
            sha256 = hashlib.sha256(midi).hexdigest()
            reason = await self._skip_reason(midi, sha256)
            yield reason or FoundFile(
                midi=midi,
                url=url,
                page_url=entry.page_url,
                title=entry.title,
                license_url=entry.license_url,
                fetched_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                sha256=sha256,
            )

    async def _skip_reason(self, midi: bytes, sha256: str) -> SkipReason | None:
        if sha256 in self._byte_digests:
            return SkipReason.DUPLICATE
        try:
            notes = await asyncio.to_thread(midi_files.note_digest, midi)
        except Fault:
            return SkipReason.INVALID
        # Another reader may have emitted the same file meanwhile.
        if sha256 in self._byte_digests or notes in self._note_digests:
            return SkipReason.DUPLICATE
        self._byte_digests.add(sha256)
        self._note_digests.add(notes)
        return None


def _iter_files(result: FetchResult) -> Iterator[tuple[str, bytes]]:
    """Yield the address and the bytes of each file."""
    if midi_files.is_archive(result.body):
        for name, midi in midi_files.extract_midi_files(result.body):
            yield f"{result.url}#{name}", midi
    else:
        yield result.url, result.body
