"""Catalog of a collection: each file with its sources, its licence, its near duplicates, and what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from scraper.analysis.bodies import file_path
from scraper.collecting.permission import Permission, decide
from scraper.collecting.styles import style_of
from scraper.content.licences import Evidence, Licence, resolve
from scraper.crawling.database import Database
from scraper.crawling.events import FoundFile
from scraper.fetching.usage_preferences import UNSTATED, UsagePreference

STATEMENT = "training_statement"
"""Property of a collection: what its operator states about training, with who and when."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place where a file was found.

    Attributes
    ----------
    url : str
        Where it was read; with ``#`` and its path for a file in an archive.
    page_url : str
        The page that linked to it; empty for a start page.
    page_title : str
        May be empty.
    title : str
        Text of the link; may be empty.
    section : str
        The heading above the link; may be empty.
    fetched_at : str
        RFC 3339, UTC.
    etag : str
        May be empty.
    robots : str
        Result of robots.txt: "allowed", or "no robots.txt"; empty for a file that was not crawled.
    usage : UsagePreference
        Of the site for it.
    """

    url: str
    page_url: str
    page_title: str
    title: str
    section: str
    fetched_at: str
    etag: str
    robots: str
    usage: UsagePreference


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a collection knows of one file.

    Attributes
    ----------
    id : int
        Within the collection.
    sha256 : str
        Of its bytes, in hexadecimal.
    n_bytes : int
        Its size.
    error : str
        Reason of the fault that reading it led to; empty if it is usable.
    music_hash : str
        The same for copies in another key, tempo or track order.
    family : int
        The same for near duplicates: the id of the first one.
    facts : dict
        Fields of `scraper.music.description.Description`.
    sources : tuple of Source
        Where it was found, the first place first.
    licence : Licence
        With all evidence.
    usage : UsagePreference
        The most restrictive one of its sources.
    permission : Permission
        Whether it may train models.
    style : str
        From the sections or folders of its site; may be empty.
    """

    id: int
    sha256: str
    n_bytes: int
    error: str
    music_hash: str
    family: int
    facts: dict[str, Any]
    sources: tuple[Source, ...]
    licence: Licence
    usage: UsagePreference
    permission: Permission
    style: str

    @property
    def title(self) -> str:
        """The piece's title: of the file, else of the link, else the file's name."""
        first = self.sources[0] if self.sources else None
        name = unquote((first.url if first else "").rpartition("/")[2].partition("?")[0])
        return str(
            self.facts.get("title") or (first.title if first else "") or name.rpartition(".")[0] or self.sha256[:12]
        )


_SOURCES = """
SELECT member.name, member.evidence, source.fetched_at, source.facts, address.url, address.title, address.section,
       parent.url, page.title, page.facts
FROM member JOIN source ON source.body = member.body
LEFT JOIN address ON address.id = source.address
LEFT JOIN address AS parent ON parent.id = address.parent
LEFT JOIN page ON page.address = parent.id
WHERE member.file = ? ORDER BY source.fetched_at, address.id LIMIT 100
"""


class Catalog:
    """The files of a collection.

    Parameters
    ----------
    database : Database
        Of the collection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def statement(self) -> dict[str, str]:
        """What the operator states about training: "words", "by" and "at"; empty if nothing."""
        return dict(self._database.get(STATEMENT) or {})

    def state_training(self, words: str, by: str, at: str) -> None:
        """Store an operator's statement that the collection may train models; empty words take it back.

        Parameters
        ----------
        words : str
            The reason, which is stored with every data set.
        by : str
            Who states it.
        at : str
            RFC 3339, UTC.
        """
        self._database.set(STATEMENT, {"words": words, "by": by, "at": at} if words else {})

    def n_files(self) -> int:
        """Return the number of usable files."""
        return int(self._database.value("SELECT count(*) FROM file WHERE error = ''"))

    def files(self) -> Iterator[FileRecord]:
        """Yield all usable files in the order in which they were found."""
        for (identifier,) in self._database.rows("SELECT id FROM file WHERE error = '' ORDER BY id"):
            yield self.file(identifier)

    def page(self, after: int, limit: int, unique_only: bool) -> list[FileRecord]:
        """Return some usable files in the order in which they were found.

        Parameters
        ----------
        after : int
            Only files with larger ids.
        limit : int
            Number of files.
        unique_only : bool
            Whether near duplicates of earlier files are left out.
        """
        condition = "AND family = id" if unique_only else ""
        rows = self._database.rows(
            f"SELECT id FROM file WHERE error = '' AND id > ? {condition} ORDER BY id LIMIT ?", after, limit
        )
        return [self.file(identifier) for (identifier,) in rows]

    def file_with(self, sha256: str) -> FileRecord | None:
        """Return the file with a digest; None if there is none."""
        identifier = self._database.value("SELECT id FROM file WHERE sha256 = ?", sha256)
        return self.file(identifier) if identifier is not None else None

    def file(self, identifier: int) -> FileRecord:
        """Return one file."""
        (row,) = self._database.rows(
            "SELECT id, sha256, n_bytes, error, music_hash, family, facts FROM file WHERE id = ?", identifier
        )
        sources: list[Source] = []
        evidence: list[Evidence] = []
        for each in self._database.rows(_SOURCES, identifier):
            source, statements = _read_source(each)
            sources.append(source)
            evidence += statements
        licence = resolve(evidence)
        usage = UNSTATED
        for source in sources:
            usage = usage.combine(source.usage)
        return FileRecord(
            id=row[0],
            sha256=row[1],
            n_bytes=row[2],
            error=row[3],
            music_hash=row[4],
            family=row[5],
            facts=json.loads(row[6]),
            sources=tuple(sources),
            licence=licence,
            usage=usage,
            permission=decide(licence, usage, self.statement.get("words", "")),
            style=style_of(sources[0].url, sources[0].section, sources[0].page_title) if sources else "",
        )

    def midi(self, record: FileRecord) -> bytes:
        """Return the bytes of a file."""
        return file_path(self._database.folder, record.sha256).read_bytes()

    def found_file(self, identifier: int) -> FoundFile:
        """Return one file as an event of a crawl."""
        record = self.file(identifier)
        source = record.sources[0]
        addresses = [each.statement for each in record.licence.evidence if "://" in each.statement[:8]]
        return FoundFile(
            midi=self.midi(record),
            url=source.url,
            page_url=source.page_url,
            title=source.title,
            license_url=addresses[0] if addresses else "",
            fetched_at=source.fetched_at,
            sha256=record.sha256,
        )


def _read_source(row: tuple[Any, ...]) -> tuple[Source, list[Evidence]]:
    """Return a source, and all that it states about licences: the file, its archive, its headers, and its page."""
    name, of_file, fetched_at, facts_text, url, title, section, page_url, page_title, page_text = row
    facts = json.loads(facts_text)
    page = json.loads(page_text) if page_text else {}
    usage = UsagePreference(**facts.get("usage", {})).combine(UsagePreference(**page.get("usage", {})))
    address = url or str(facts.get("name", ""))
    source = Source(
        url=f"{address}#{name}" if name else address,
        page_url=page_url or "",
        page_title=page_title or "",
        title=title or "",
        section=section or "",
        fetched_at=fetched_at,
        etag=str(facts.get("headers", {}).get("etag", "")),
        robots=str(facts.get("robots", "")),
        usage=usage,
    )
    evidence = [Evidence(**each) for each in (*json.loads(of_file), *facts.get("evidence", []))]
    on_page = [Evidence(**each) for each in page.get("evidence", [])]
    return source, [*evidence, *(each for each in on_page if each.target in {"", url})]
