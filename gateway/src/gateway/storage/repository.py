"""What the gateway remembers: files, jobs and idempotency keys, one row each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from servicekit.faults import NotFound
from sqlalchemy.exc import IntegrityError

from gateway.storage.database import files, idempotency, jobs
from gateway.storage.executor import Threads

Json = dict[str, Any]

_THREADS = 4
_ENDINGS = {"mid", "midi", "kar", "smf", "wav", "flac", "ogg", "oga", "opus", "mp3"}


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (State.QUEUED, State.RUNNING)
"""The states that a job leaves again."""


@dataclass(frozen=True)
class FileRecord:
    """A file that a client knows; its bytes lie in the store under `key`.

    A piece is MIDI and has a summary. A recording (`kind` "audio") has none: the piece that is written down from it
    does.
    """

    file_id: str
    name: str
    kind: str
    sha256: str
    byte_count: int
    summary: Json | None
    notices: list[Json]
    roles: dict[str, str] = field(default_factory=dict)
    provenance: Json = field(default_factory=dict)
    created_at_s: float = field(default_factory=time.time)
    expires_at_s: float | None = None

    @property
    def key(self) -> str:
        """Where its bytes are."""
        return f"files/{self.file_id}.{'audio' if self.is_recording else 'mid'}"

    @property
    def is_recording(self) -> bool:
        """Whether it is audio that came from a client."""
        return self.kind == "audio"

    @property
    def stem(self) -> str:
        """Its name without the ending."""
        stem, dot, ending = self.name.rpartition(".")
        return stem if dot and stem and ending.lower() in _ENDINGS else self.name


@dataclass(frozen=True)
class JobRecord:
    """A job as it stands."""

    job_id: str
    method: str
    request: Json
    state: State = State.QUEUED
    progress: float = 0.0
    stage: str = "queued"
    results: list[Json] = field(default_factory=list)
    parents: list[Json] = field(default_factory=list)
    error: Json | None = None
    created_at_s: float = field(default_factory=time.time)
    updated_at_s: float = field(default_factory=time.time)
    version: int = 1

    @property
    def is_over(self) -> bool:
        """Whether it will not change any more."""
        return self.state not in OPEN


@dataclass(frozen=True)
class Promise:
    """What a client's idempotency key was answered with."""

    key: str
    fingerprint: str
    answer: Json


class Records:
    """Reads and writes the rows, off the event loop.

    Parameters
    ----------
    engine : sa.Engine
        From `database.connect`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._threads = Threads("records", _THREADS)

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.close()

    async def check(self) -> None:
        """Raise unless the database answers."""
        await self._rows(sa.select(sa.literal(1)))

    # files

    async def save_file(self, record: FileRecord) -> None:
        """Write a file's row, in place of one with its id."""
        await self._threads.run(self._replace, files, "file_id", asdict(record))

    async def file(self, file_id: str) -> FileRecord:
        """Read a file's row; `NotFound` for an id that is not there or has expired."""
        return (await self.files([file_id]))[0]

    async def files(self, file_ids: Iterable[str]) -> list[FileRecord]:
        """Read files' rows in the order asked; `NotFound` if one is missing."""
        wanted = list(file_ids)
        query = sa.select(files).where(files.c.file_id.in_(wanted)).where(_unexpired())
        found = {row["file_id"]: FileRecord(**row) for row in await self._rows(query)}
        for file_id in wanted:
            if file_id not in found:
                raise NotFound("No file has this id. It may have expired or been deleted.", file_id=file_id[:64])
        return [found[file_id] for file_id in wanted]

    async def set_file(self, file_id: str, **values: object) -> None:
        """Change columns of a file's row."""
        await self._change(sa.update(files).where(files.c.file_id == file_id).values(**values))

    async def keep_until(self, file_ids: Iterable[str], expires_at_s: float) -> None:
        """Put off the expiry of files that are in use."""
        soon = files.c.file_id.in_(list(file_ids)) & (files.c.expires_at_s < expires_at_s)
        await self._change(sa.update(files).where(soon).values(expires_at_s=expires_at_s))

    async def drop_file(self, file_id: str) -> None:
        """Remove a file's row; `NotFound` if there is none."""
        if not await self._change(sa.delete(files).where(files.c.file_id == file_id)):
            raise NotFound("No file has this id. It may have expired or been deleted.", file_id=file_id[:64])

    async def expired_files(self, now_s: float) -> list[FileRecord]:
        """List the files whose time is over."""
        return [FileRecord(**row) for row in await self._rows(sa.select(files).where(files.c.expires_at_s < now_s))]

    # jobs

    async def open_job(self, job: JobRecord, promise: Promise | None) -> bool:
        """Write a new job, and with it the idempotency key that asked for it.

        Returns
        -------
        bool
            False if the key stands for something else already; then nothing is written.
        """
        return await self._threads.run(self._open_job, job, promise)

    async def job(self, job_id: str) -> JobRecord:
        """Read a job; `NotFound` for an unknown id."""
        rows = await self._rows(sa.select(jobs).where(jobs.c.job_id == job_id))
        if not rows:
            raise NotFound("No job has this id.", job_id=job_id[:64])
        return _job(rows[0])

    async def open_jobs(self) -> list[JobRecord]:
        """List the jobs that wait or run, the oldest first."""
        query = sa.select(jobs).where(jobs.c.state.in_(OPEN)).order_by(jobs.c.created_at_s)
        return [_job(row) for row in await self._rows(query)]

    async def count_open_jobs(self) -> int:
        """Count the jobs that wait or run."""
        query = sa.select(sa.func.count().label("count")).select_from(jobs).where(jobs.c.state.in_(OPEN))
        return int((await self._rows(query))[0]["count"])

    async def change_job(self, job_id: str, progress: float | None = None, **values: object) -> bool:
        """Change columns of a job that is not over; its progress never falls.

        Returns
        -------
        bool
            False if the job is over, or unknown; then nothing is written.
        """
        if progress is not None:
            values["progress"] = sa.case((jobs.c.progress < progress, progress), else_=jobs.c.progress)
        values |= {"updated_at_s": time.time(), "version": jobs.c.version + 1}
        still_open = (jobs.c.job_id == job_id) & jobs.c.state.in_(OPEN)
        return await self._change(sa.update(jobs).where(still_open).values(**values))

    async def expired_jobs(self, before_s: float) -> list[str]:
        """List the jobs that ended before a time."""
        query = sa.select(jobs.c.job_id).where(jobs.c.updated_at_s < before_s).where(jobs.c.state.not_in(OPEN))
        return [row["job_id"] for row in await self._rows(query)]

    async def drop_jobs(self, job_ids: list[str]) -> None:
        """Remove jobs."""
        await self._change(sa.delete(jobs).where(jobs.c.job_id.in_(job_ids)))

    # idempotency keys

    async def promise(self, key: str) -> Promise | None:
        """Read what a key was answered with."""
        columns = (idempotency.c.key, idempotency.c.fingerprint, idempotency.c.answer)
        rows = await self._rows(sa.select(*columns).where(idempotency.c.key == key))
        return Promise(**rows[0]) if rows else None

    async def save_promise(self, promise: Promise) -> bool:
        """Remember what a key was answered with; False, and nothing is written, if it was answered meanwhile."""
        return await self._threads.run(self._insert, idempotency, {**asdict(promise), "created_at_s": time.time()})

    async def drop_promises(self, before_s: float) -> None:
        """Forget keys older than a time."""
        await self._change(sa.delete(idempotency).where(idempotency.c.created_at_s < before_s))

    # the database

    async def _rows(self, query: sa.Select[Any]) -> list[Json]:
        return await self._threads.run(self._read, query)

    async def _change(self, statement: sa.Update | sa.Delete) -> bool:
        return await self._threads.run(self._write, statement)

    def _read(self, query: sa.Select[Any]) -> list[Json]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _write(self, statement: sa.Update | sa.Delete) -> bool:
        with self._engine.begin() as connection:
            return bool(connection.execute(statement).rowcount)

    def _replace(self, table: sa.Table, key: str, row: Mapping[str, object]) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c[key] == row[key]))
            connection.execute(sa.insert(table).values(**row))

    def _insert(self, table: sa.Table, row: Mapping[str, object]) -> bool:
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(table).values(**row))
        except IntegrityError:
            return False
        return True

    def _open_job(self, job: JobRecord, promise: Promise | None) -> bool:
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(jobs).values(**asdict(job)))
                if promise is not None:
                    row = {**asdict(promise), "created_at_s": time.time()}
                    connection.execute(sa.insert(idempotency).values(**row))
        except IntegrityError:
            return False
        return True


def _unexpired() -> sa.ColumnElement[bool]:
    return files.c.expires_at_s.is_(None) | (files.c.expires_at_s >= time.time())


def _job(row: Mapping[str, Any]) -> JobRecord:
    return JobRecord(**{**row, "state": State(row["state"])})
