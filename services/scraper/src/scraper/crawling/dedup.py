"""From what was read to what is told: each piece of music once, with where it is from."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from enum import Enum

from servicekit.faults import Fault

from scraper.content import midi_files
from scraper.crawling.events import File
from scraper.crawling.frontier import Entry
from scraper.fetching.fetcher import Fetched


class LeftOut(Enum):
    """Why something that was found is not told."""

    DUPLICATE = "the same bytes or notes were told before"
    INVALID = "it is no usable MIDI"


class Harvest:
    """Knows what one crawl has told, by bytes and by notes."""

    def __init__(self) -> None:
        self._bytes_told: set[str] = set()
        self._notes_told: set[str] = set()

    async def files(self, entry: Entry, fetched: Fetched) -> AsyncIterator[File | LeftOut]:
        """Give the MIDI file that was read, or those in the archive that was.

        Yields
        ------
        File or LeftOut
            One for each file found.
        """
        for url, midi in await asyncio.to_thread(lambda: list(_found(fetched))):
            sha256 = hashlib.sha256(midi).hexdigest()
            left_out = await self._check(midi, sha256)
            yield left_out or File(
                midi=midi,
                url=url,
                page_url=entry.page_url,
                title=entry.title,
                license_url=entry.license_url,
                fetched_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                sha256=sha256,
            )

    async def _check(self, midi: bytes, sha256: str) -> LeftOut | None:
        if sha256 in self._bytes_told:
            return LeftOut.DUPLICATE
        try:
            notes = await asyncio.to_thread(midi_files.digest_of_notes, midi)
        except Fault:
            return LeftOut.INVALID
        # Another reader may have told the same meanwhile.
        if sha256 in self._bytes_told or notes in self._notes_told:
            return LeftOut.DUPLICATE
        self._bytes_told.add(sha256)
        self._notes_told.add(notes)
        return None


def _found(fetched: Fetched) -> Iterator[tuple[str, bytes]]:
    if midi_files.is_archive(fetched.body):
        for name, midi in midi_files.unpack(fetched.body):
            yield f"{fetched.url}#{name}", midi
    else:
        yield fetched.url, fetched.body
