"""Database of one crawl: an SQLite file with the addresses it knows, the rules of hosts, and the files it found.

Every page is one transaction: its links, its own state and what it states are stored together or not at all. The
journal is written ahead, so that a process that is killed at any point loses no more than the requests under way.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FORMAT = 1
FILE_NAME = "crawl.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS property (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS host (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS origin (
    name TEXT PRIMARY KEY, state TEXT NOT NULL, robots TEXT NOT NULL, tdm TEXT, read_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS address (
    id INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL UNIQUE,
    url TEXT NOT NULL,
    host INTEGER NOT NULL,
    state INTEGER NOT NULL,
    is_page INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    redirects INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL,
    section TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    validators TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS waiting ON address (host, is_page, id) WHERE state = 0;
CREATE INDEX IF NOT EXISTS unread ON address (reason) WHERE state IN (2, 3, 4);
CREATE TABLE IF NOT EXISTS page (address INTEGER PRIMARY KEY, title TEXT NOT NULL, facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS body (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, path TEXT NOT NULL, state INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS source (
    body INTEGER NOT NULL, address INTEGER NOT NULL, fetched_at TEXT NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (body, address)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    error TEXT NOT NULL,
    n_bytes INTEGER NOT NULL,
    note_digest TEXT NOT NULL,
    music_hash TEXT NOT NULL,
    family INTEGER NOT NULL,
    facts TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS file_notes ON file (note_digest);
CREATE INDEX IF NOT EXISTS file_music ON file (music_hash);
CREATE INDEX IF NOT EXISTS file_family ON file (family);
CREATE TABLE IF NOT EXISTS member (
    file INTEGER NOT NULL, body INTEGER NOT NULL, name TEXT NOT NULL, evidence TEXT NOT NULL,
    PRIMARY KEY (file, body, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS minimum (
    hash INTEGER NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (hash, file)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS minima (file INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
"""


class Database:
    """An open database; one process at a time writes to it.

    Parameters
    ----------
    folder : Path
        Folder of the collection; it is created if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA cache_size = -8000")
        self._connection.execute("PRAGMA busy_timeout = 5000")
        self._connection.executescript(_SCHEMA)
        self._depth = 0
        if self.get("format") is None:
            self.set("format", FORMAT)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._connection.execute(statement, values)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return all rows of a query."""
        return self._connection.execute(statement, values).fetchall()

    def value(self, statement: str, *values: Any) -> Any:
        """Return the first value of the first row; None if there is none."""
        row = self._connection.execute(statement, values).fetchone()
        return row[0] if row is not None else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store what happens within together, or not at all; transactions nest."""
        if self._depth:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        else:
            self._connection.execute("COMMIT")
        finally:
            self._depth = 0

    def get(self, name: str) -> Any:
        """Return a property; None if it was never set."""
        found = self.value("SELECT value FROM property WHERE name = ?", name)
        return json.loads(found) if found is not None else None

    def set(self, name: str, value: Any) -> None:
        """Set a property to a JSON value."""
        self.execute("INSERT OR REPLACE INTO property VALUES (?, ?)", name, json.dumps(value))

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
