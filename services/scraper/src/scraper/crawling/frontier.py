"""Frontier: the addresses that wait to be read, each once, on disk; files before pages, then in order of arrival."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from scraper.content.links import Link
from scraper.content.urls import host_name, is_midi_or_archive_url
from scraper.crawling.database import Database

MAX_KNOWN = 5_000_000
"""Maximum number of addresses that a crawl knows; more are dropped."""
MAX_REDIRECTS = 5


class State(IntEnum):
    """What became of an address."""

    WAITING = 0
    READ = 1
    FAILED = 2
    DISALLOWED = 3
    SKIPPED = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """An address in the frontier, and how the crawl found it.

    Attributes
    ----------
    url : str
        Normalized, see `scraper.content.urls.normalize_url`.
    depth : int
        Links from a start page; redirects do not count.
    parent : int
        The page that linked to it, by its id; 0 for a start page.
    title : str
        Text of the link.
    section : str
        The heading above the link.
    n_redirects : int
        Redirects followed so far.
    id : int
        0 for an address that was not stored yet.
    attempts : int
        Attempts that failed temporarily.
    validators : str
        ``ETag`` and ``Last-Modified`` of an earlier crawl, as JSON; may be empty.
    """

    url: str
    depth: int = 0
    parent: int = 0
    title: str = ""
    section: str = ""
    n_redirects: int = 0
    id: int = 0
    attempts: int = 0
    validators: str = ""

    @property
    def is_start(self) -> bool:
        """Whether the address was given, and not found."""
        return self.parent == 0

    @property
    def conditions(self) -> dict[str, str]:
        """Headers of a conditional request."""
        return {str(name): str(value) for name, value in json.loads(self.validators or "{}").items()}

    def follow(self, link: Link) -> Entry:
        """Return the entry for a link on the page at this address; a frame or a refresh goes no deeper, a few times."""
        if link.is_part and self.n_redirects < MAX_REDIRECTS:
            return Entry(link.url, self.depth, self.id, link.text, link.section, self.n_redirects + 1)
        return Entry(link.url, self.depth + 1, self.id, link.text, link.section)

    def redirect(self, url: str) -> Entry | None:
        """Return the entry for a redirect's target; None after `MAX_REDIRECTS`."""
        if self.n_redirects >= MAX_REDIRECTS:
            return None
        return Entry(url, self.depth, self.parent, self.title, self.section, self.n_redirects + 1)


_COLUMNS = "url, depth, parent, title, section, redirects, id, attempts, validators"


class Frontier:
    """All addresses of a crawl.

    Parameters
    ----------
    database : Database
        Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.n_known: int = database.value("SELECT count(*) FROM address")
        self.n_waiting: int = database.value("SELECT count(*) FROM address WHERE state = 0")
        """Addresses that wait or are being read."""
        self.has_files_only = False
        """Whether only files are given out, because enough pages were read."""
        self._host_id = lru_cache(maxsize=10_000)(self._find_host)

    def _find_host(self, name: str) -> int:
        self._database.execute("INSERT OR IGNORE INTO host (name) VALUES (?)", name)
        return int(self._database.value("SELECT id FROM host WHERE name = ?", name))

    def waiting_hosts(self) -> list[tuple[int, str]]:
        """Return the hosts with waiting addresses, by id and name."""
        return self._database.rows(
            "SELECT id, name FROM host WHERE EXISTS (SELECT 1 FROM address WHERE state = 0 AND host = host.id)"
        )

    def add(self, entries: Iterable[Entry]) -> set[tuple[int, str]]:
        """Store addresses, except those that are known; return the hosts of the new ones."""
        hosts: set[tuple[int, str]] = set()
        for entry in entries:
            if self.n_known >= MAX_KNOWN:
                break
            name = host_name(entry.url)
            host = self._host_id(name)
            cursor = self._database.execute(
                "INSERT OR IGNORE INTO address"
                " (digest, url, host, state, is_page, depth, parent, redirects, title, section)"
                " VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?)",
                url_digest(entry.url),
                entry.url,
                host,
                not is_midi_or_archive_url(entry.url),
                entry.depth,
                entry.parent,
                entry.n_redirects,
                entry.title,
                entry.section,
            )
            if cursor.rowcount:
                hosts.add((host, name))
                self.n_known += 1
                self.n_waiting += 1
        return hosts

    def knows(self, url: str) -> bool:
        """Return whether an address is known."""
        return self._database.value("SELECT 1 FROM address WHERE digest = ?", url_digest(url)) is not None

    def has_waiting(self, host: int, n_under_way: int) -> bool:
        """Return whether a host has more waiting addresses than are under way."""
        rows = self._database.rows(
            "SELECT 1 FROM address WHERE state = 0 AND host = ? AND is_page <= ? LIMIT ?",
            host,
            not self.has_files_only,
            n_under_way + 1,
        )
        return len(rows) > n_under_way

    def waiting(self, host: int, without: Collection[int], limit: int) -> list[Entry]:
        """Return the next addresses of a host.

        Parameters
        ----------
        host : int
            Of the host.
        without : collection of int
            Addresses that are under way.
        limit : int
            Maximum number.
        """
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM address WHERE state = 0 AND host = ? AND is_page <= ?"
            " ORDER BY is_page, id LIMIT ?",
            host,
            not self.has_files_only,
            limit + len(without),
        )
        return [entry for entry in (Entry(*row) for row in rows) if entry.id not in without][:limit]

    def finish(self, entry: Entry, state: State, reason: str = "", validators: Mapping[str, str] | None = None) -> None:
        """Store what became of an address.

        Parameters
        ----------
        entry : Entry
            The address.
        state : State
            Its new state.
        reason : str
            Why it was not read.
        validators : mapping, optional
            Headers of a conditional request of a later crawl.
        """
        self._database.execute(
            "UPDATE address SET state = ?, reason = ?, validators = ? WHERE id = ?",
            state,
            reason[:200],
            json.dumps(dict(validators)) if validators else "",
            entry.id,
        )
        self.n_waiting -= 1

    def postpone(self, entry: Entry) -> None:
        """Count a failed attempt at an address, which waits on."""
        self._database.execute("UPDATE address SET attempts = attempts + 1 WHERE id = ?", entry.id)

    def begin_again(self) -> None:
        """Let every address that was read or failed wait again, to be read under the condition that it has changed."""
        self._database.execute("UPDATE address SET state = 0, attempts = 0 WHERE state IN (1, 2, 3)")
        self.n_waiting = self._database.value("SELECT count(*) FROM address WHERE state = 0")

    def url_of(self, address: int) -> str:
        """Return the URL of an address by its id; empty if there is none."""
        return str(self._database.value("SELECT url FROM address WHERE id = ?", address) or "")


def url_digest(url: str) -> int:
    """Return the digest by which an address is looked up: 64 bits, signed."""
    return int.from_bytes(hashlib.blake2b(url.encode(), digest_size=8).digest(), "big", signed=True)
