"""Intake of files: what was fetched is stored at once, analyzed by a worker, compared with all others, and emitted."""

from __future__ import annotations

import asyncio
import hashlib
import json
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scraper.analysis.bodies import file_path
from scraper.analysis.worker_pool import WorkerPool, WorkFailed
from scraper.crawling.database import Database
from scraper.crawling.events import CrawlSummary
from scraper.music.near_duplicates import MIN_SHARED, MIN_SIMILARITY, N_INDEXED, similarity

MAX_BACKLOG = 4096
"""Bodies that may wait for analysis, on the disk, before fetching pauses."""
_BATCH = 16

OnFile = Callable[[int], Awaitable[None]]
"""Called with the id of each file whose notes are new."""


class FileIntake:
    """Stores and analyzes files.

    Parameters
    ----------
    database : Database
        Of the collection.
    workers : WorkerPool
        Analyze them.
    summary : CrawlSummary
        Counts them.
    on_file : callable
        Called with each new file.
    """

    def __init__(self, database: Database, workers: WorkerPool, summary: CrawlSummary, on_file: OnFile) -> None:
        self._database = database
        self._workers = workers
        self._summary = summary
        self._on_file = on_file
        self._folder = database.folder
        self._work = database.folder / "work"
        self._work.mkdir(exist_ok=True)
        self._taken: set[int] = set()
        self._arrived = asyncio.Event()
        self.changed = asyncio.Event()
        """Set when bodies were analyzed."""
        self.n_waiting: int = database.value("SELECT count(*) FROM body WHERE state = 0")
        self._clean()

    def _clean(self) -> None:
        """Remove what an interrupted run left behind."""
        waiting = {row[0] for row in self._database.rows("SELECT path FROM body WHERE state = 0")}
        for path in self._work.iterdir():
            if path.name not in waiting:
                path.unlink(missing_ok=True)

    def write(self, body: bytes) -> tuple[str, str]:
        """Write a body to the folder; return its digest and its name there."""
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._work / f"{sha256}.body"
        if not path.exists():
            partial = path.with_suffix(".part")
            partial.write_bytes(body)
            partial.rename(path)
        return sha256, path.name

    def store(self, address: int, written: tuple[str, str], facts: Mapping[str, Any]) -> None:
        """Store that an address has a body, within the transaction of the address.

        Parameters
        ----------
        address : int
            Id of the address.
        written : tuple of str
            From `write`.
        facts : mapping
            What the response states: headers, usage preference, result of robots.txt.
        """
        sha256, name = written
        body = self._database.value("SELECT id FROM body WHERE sha256 = ?", sha256)
        if body is None:
            cursor = self._database.execute("INSERT INTO body (sha256, path, state) VALUES (?, ?, 0)", sha256, name)
            body = cursor.lastrowid
            self.n_waiting += 1
            self._arrived.set()
        else:
            self._summary.n_duplicates += 1
        fetched_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._database.execute(
            "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)", body, address, fetched_at, json.dumps(dict(facts))
        )

    async def run(self) -> None:
        """Analyze what arrives, until cancelled."""
        if self.n_waiting:
            self._arrived.set()
        while True:
            await self._arrived.wait()
            rows = self._next()
            if not rows:
                self._arrived.clear()
                continue
            self._taken.update(body for body, _ in rows)
            try:
                await self._analyze(rows)
            finally:
                self._taken.difference_update(body for body, _ in rows)

    def _next(self) -> list[tuple[int, Path]]:
        rows = self._database.rows(
            "SELECT id, path FROM body WHERE state = 0 ORDER BY id LIMIT ?", _BATCH + len(self._taken)
        )
        return [(body, self._work / name) for body, name in rows if body not in self._taken][:_BATCH]

    async def _analyze(self, rows: Sequence[tuple[int, Path]]) -> None:
        """Analyze bodies together; if that fails, one by one, so that one fails alone."""
        try:
            found = await self._workers.files([path for _, path in rows], self._folder)
        except WorkFailed:
            found = [await self._analyze_alone(path) for _, path in rows]
        new: list[int] = []
        with self._database.transaction():
            for (body, _), files in zip(rows, found, strict=True):
                new += self._store_files(body, files)
            self._database.set("counts", self._summary.counts())
        for _, path in rows:
            path.unlink(missing_ok=True)
        self.n_waiting -= len(rows)
        self.changed.set()
        for file in new:
            await self._on_file(file)

    async def _analyze_alone(self, path: Path) -> list[dict[str, Any]]:
        try:
            return (await self._workers.files([path], self._folder))[0]
        except WorkFailed:
            # The name of the body is its digest.
            failure = {"member": "", "sha256": path.stem, "n_bytes": 0, "error": "TOO_SLOW"}
            return [{**failure, "facts": {}, "evidence": []}]

    def _store_files(self, body: int, files: Sequence[Mapping[str, Any]]) -> list[int]:
        """Store the files of a body; return those whose notes are new."""
        new = []
        for file in files:
            known = self._database.value("SELECT id FROM file WHERE sha256 = ?", file["sha256"])
            if known is None:
                known, is_new = self._store_file(file)
                new += [known] if is_new else []
            else:
                self._summary.n_duplicates += 1
            evidence = json.dumps(file["evidence"])
            self._database.execute(
                "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?)", known, body, file["member"], evidence
            )
        if not files:
            self._summary.n_invalid += 1
        self._database.execute("UPDATE body SET state = 1 WHERE id = ?", body)
        return new

    def _store_file(self, file: Mapping[str, Any]) -> tuple[int, bool]:
        facts = dict(file["facts"])
        minima, digest = facts.pop("minima", []), facts.pop("note_digest", "")
        is_new = bool(digest) and self._database.value("SELECT 1 FROM file WHERE note_digest = ?", digest) is None
        family = self._family(facts.get("music_hash", ""), minima) if digest else 0
        cursor = self._database.execute(
            "INSERT INTO file (sha256, error, n_bytes, note_digest, music_hash, family, facts) VALUES (?,?,?,?,?,?,?)",
            file["sha256"],
            file["error"],
            file["n_bytes"],
            digest,
            facts.pop("music_hash", ""),
            family,
            json.dumps(facts),
        )
        identifier = int(cursor.lastrowid or 0)
        if digest and not family:
            self._database.execute("UPDATE file SET family = ? WHERE id = ?", identifier, identifier)
        self._store_minima(identifier, minima)
        self._count(file, is_new, bool(family))
        return identifier, is_new

    def _count(self, file: Mapping[str, Any], is_new: bool, is_copy: bool) -> None:
        if file["error"]:
            self._summary.n_invalid += 1
        elif is_new:
            self._summary.n_files += 1
            self._summary.n_unique += not is_copy
        else:
            self._summary.n_duplicates += 1

    def _store_minima(self, identifier: int, minima: Sequence[int]) -> None:
        for value in minima[:N_INDEXED]:
            self._database.execute("INSERT OR IGNORE INTO minimum VALUES (?, ?)", value, identifier)
        if minima:
            packed = struct.pack(f"<{len(minima)}Q", *minima)
            self._database.execute("INSERT OR REPLACE INTO minima VALUES (?, ?)", identifier, packed)

    def _family(self, music_hash: str, minima: Sequence[int]) -> int:
        """Return the family of the piece that this one is a copy of; 0 if there is none."""
        same = self._database.value("SELECT family FROM file WHERE music_hash = ? LIMIT 1", music_hash)
        if same is not None:
            return int(same)
        if not minima:
            return 0
        marks = ",".join("?" * len(minima[:N_INDEXED]))
        candidates = self._database.rows(
            f"SELECT file, count(*) AS shared FROM minimum WHERE hash IN ({marks}) GROUP BY file HAVING shared >= ?"
            " ORDER BY shared DESC LIMIT 20",
            *minima[:N_INDEXED],
            min(MIN_SHARED, len(minima)),
        )
        similarities = [(self._similarity(minima, file), file) for file, _ in candidates]
        best, file = max(similarities, default=(0.0, 0))
        return int(self._database.value("SELECT family FROM file WHERE id = ?", file)) if best >= MIN_SIMILARITY else 0

    def _similarity(self, minima: Sequence[int], file: int) -> float:
        packed = self._database.value("SELECT hashes FROM minima WHERE file = ?", file)
        return similarity(minima, struct.unpack(f"<{len(packed) // 8}Q", packed))

    def path_of(self, sha256: str) -> Path:
        """Return where a file is stored."""
        return file_path(self._folder, sha256)
