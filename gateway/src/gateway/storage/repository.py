"""The repository of files, jobs and idempotency keys: reads and writes rows off the event loop."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import fields, replace

import sqlalchemy as sa
from servicekit.faults import NotFound, NotSignedIn

from gateway.domain.jobs import ACTIVE_STATES
from gateway.ids import is_id
from gateway.storage.accounts import lock_owner
from gateway.storage.database import files, idempotency, jobs, parents
from gateway.storage.library import with_unique_title
from gateway.storage.queries import QueryRunner
from gateway.storage.rows import FileRow, IdempotencyRecord, JobRow, to_columns, to_file_row, to_job_row
from gateway.storage.shares import is_shared


class Repository:
    """Reads and writes rows, off the event loop.

    Parameters
    ----------
    runner : QueryRunner
        The database.
    """

    def __init__(self, runner: QueryRunner) -> None:
        self._runner = runner

    async def check(self) -> None:
        """Raise an error unless the database answers a query."""
        await self._runner.select(sa.select(sa.literal(1)))

    # files

    async def save_file(self, row: FileRow) -> None:
        """Write a file's row; one with the same id is replaced.

        A result belongs to whom its job belongs. What belongs to a lasting account does not expire.

        Raises
        ------
        NotSignedIn
            If the owner's account was merged or erased meanwhile.
        """
        await self._runner.transaction(_save_file, row, False)

    async def save_result(self, row: FileRow) -> FileRow:
        """Write a result's row as `save_file` does, with a number in its title if another has the same; return it."""
        return await self._runner.transaction(_save_file, row, True)

    async def get_file(self, file_id: str) -> FileRow:
        """Return a file's row; `NotFound` for an id that is unknown or has expired."""
        return (await self.get_files([file_id]))[0]

    async def get_files(self, file_ids: Iterable[str]) -> list[FileRow]:
        """Return the rows of files in the order of their ids; `NotFound` if one is missing."""
        requested = list(file_ids)
        for file_id in requested:
            if not is_id(file_id):
                raise unknown_file(file_id)
        query = sa.select(files).where(files.c.file_id.in_(requested)).where(_exists())
        found = {columns["file_id"]: to_file_row(columns) for columns in await self._runner.select(query)}
        for file_id in requested:
            if file_id not in found:
                raise unknown_file(file_id)
        return [found[file_id] for file_id in requested]

    async def owners_of(self, file_ids: Iterable[str]) -> dict[str, str]:
        """Return the owner of each of these files that has one."""
        query = sa.select(files.c.file_id, files.c.owner_id).where(files.c.file_id.in_(filter(is_id, file_ids)))
        rows = await self._runner.select(query.where(files.c.owner_id.is_not(None)))
        return {row["file_id"]: row["owner_id"] for row in rows}

    async def update_file(self, file_id: str, **values: object) -> None:
        """Change fields of a file's row.

        Parameters
        ----------
        file_id : str
            Id of the file.
        **values
            New values by the names of `FileRow`.
        """
        await self._runner.execute(sa.update(files).where(files.c.file_id == file_id).values(**to_columns(values)))

    async def extend_expiry(self, file_ids: Iterable[str], expires_at_s: float) -> None:
        """Postpone the expiry of files that are in use."""
        expires_earlier = files.c.file_id.in_(list(file_ids)) & (files.c.expires_at_s < expires_at_s)
        await self._runner.execute(sa.update(files).where(expires_earlier).values(expires_at_s=expires_at_s))

    async def delete_file(self, file_id: str) -> None:
        """Delete a file's row; `NotFound` if there is none."""
        if not await self._runner.transaction(_delete_file, file_id):
            raise unknown_file(file_id)

    async def list_expired_files(self, now_s: float) -> list[FileRow]:
        """Return the files that expired before a time, and whose shares have ended."""
        query = sa.select(files).where(files.c.expires_at_s < now_s, ~is_shared())
        return [to_file_row(row) for row in await self._runner.select(query)]

    # jobs

    async def insert_job(self, job: JobRow, idempotency_record: IdempotencyRecord | None) -> bool:
        """Write a new job, and with it the idempotency key of the call.

        Returns
        -------
        bool
            False if the key is in use already; then nothing is written.
        """
        return await self._runner.try_insert(_insert_job, job, idempotency_record)

    async def get_job(self, job_id: str) -> JobRow:
        """Return a job; `NotFound` for an unknown id."""
        if not is_id(job_id):
            raise unknown_job(job_id)
        rows = await self._runner.select(sa.select(jobs).where(jobs.c.job_id == job_id))
        if not rows:
            raise unknown_job(job_id)
        return to_job_row(rows[0])

    async def list_active_jobs(self) -> list[JobRow]:
        """Return the queued and running jobs, the oldest first."""
        query = sa.select(jobs).where(jobs.c.state.in_(ACTIVE_STATES)).order_by(jobs.c.created_at_s)
        return [to_job_row(row) for row in await self._runner.select(query)]

    async def count_active_jobs(self) -> int:
        """Return the number of queued and running jobs, without those of batches, which have a queue of their own."""
        is_single = jobs.c.state.in_(ACTIVE_STATES) & jobs.c.batch_id.is_(None)
        query = sa.select(sa.func.count().label("count")).select_from(jobs).where(is_single)
        return int((await self._runner.select(query))[0]["count"])

    async def update_job(self, job_id: str, progress: float | None = None, **values: object) -> bool:
        """Change fields of a job that is not finished. Its progress never decreases.

        Parameters
        ----------
        job_id : str
            Id of the job.
        progress : float or None
            New progress, 0 to 1.
        **values
            Other new values by the names of `JobRow`.

        Returns
        -------
        bool
            False if the job is finished or unknown; then nothing is written.
        """
        changes = to_columns(values)
        if progress is not None:
            changes["progress"] = sa.case((jobs.c.progress < progress, progress), else_=jobs.c.progress)
        changes |= {"updated_at_s": time.time(), "version": jobs.c.version + 1}
        is_active = (jobs.c.job_id == job_id) & jobs.c.state.in_(ACTIVE_STATES)
        return await self._runner.execute(sa.update(jobs).where(is_active).values(**changes)) > 0

    async def list_expired_jobs(self, before_s: float) -> list[str]:
        """Return the ids of jobs that finished before a time, and of whose results nothing is left."""
        has_result = sa.exists().where(files.c.job_id == jobs.c.job_id)
        is_expired = (jobs.c.updated_at_s < before_s) & jobs.c.state.not_in(ACTIVE_STATES) & ~has_result
        return [row["job_id"] for row in await self._runner.select(sa.select(jobs.c.job_id).where(is_expired))]

    async def delete_jobs(self, job_ids: list[str]) -> None:
        """Delete jobs."""
        await self._runner.execute(sa.delete(jobs).where(jobs.c.job_id.in_(job_ids)))

    # idempotency keys

    async def get_idempotency(self, key: str) -> IdempotencyRecord | None:
        """Return what is stored for an idempotency key; None for a new key."""
        columns = [idempotency.c[each.name] for each in fields(IdempotencyRecord)]
        rows = await self._runner.select(sa.select(*columns).where(idempotency.c.key == key))
        return IdempotencyRecord(**rows[0]) if rows else None

    async def insert_idempotency(self, record: IdempotencyRecord) -> bool:
        """Store the response of an idempotency key; False, and nothing is written, if the key has one already."""
        return await self._runner.insert(idempotency, _idempotency_columns(record))

    async def delete_idempotency(self, before_s: float) -> None:
        """Delete the idempotency keys that were stored before a time."""
        await self._runner.execute(sa.delete(idempotency).where(idempotency.c.created_at_s < before_s))


def _save_file(connection: sa.Connection, row: FileRow, is_numbered: bool) -> FileRow:
    row = _owned(connection, row)
    _delete_file(connection, row.file_id)
    if is_numbered:
        row = with_unique_title(connection, row)
    connection.execute(sa.insert(files).values(**to_columns(_fields(row)), search=row.search_text))
    if columns := _parent_columns(row):
        connection.execute(sa.insert(parents), columns)
    return row


def _owned(connection: sa.Connection, row: FileRow) -> FileRow:
    """Return the row with its owner, and without an expiry if the owner's account is a lasting one."""
    owner_id, is_lasting = row.owner_id, False
    if row.job_id is not None:
        owner_id, is_lasting = _lock_job_owner(connection, row.job_id)
    elif owner_id is not None:
        is_lasting = lock_owner(connection, owner_id)
    return replace(row, owner_id=owner_id, expires_at_s=None if is_lasting else row.expires_at_s)


def _lock_job_owner(connection: sa.Connection, job_id: str) -> tuple[str | None, bool]:
    """Return whom a job belongs to, and whether that account is a lasting one; it stays so until the transaction ends.

    Raises
    ------
    NotFound
        If the job has been deleted, with all that belonged to its owner.
    """
    query, tried = sa.select(jobs.c.owner_id).where(jobs.c.job_id == job_id), ""
    while True:
        found = connection.execute(query).first()
        if found is None:
            raise unknown_job(job_id)
        owner_id: str | None = found[0]
        if owner_id is None:
            return None, False
        try:
            return owner_id, lock_owner(connection, owner_id)
        except NotSignedIn:
            # A log-in has moved the job to another account meanwhile.
            if owner_id == tried:
                raise
            tried = owner_id


def _delete_file(connection: sa.Connection, file_id: str) -> bool:
    """Delete a file's row and the list of its parents; those that were made from it keep its title."""
    connection.execute(sa.delete(parents).where(parents.c.child_id == file_id))
    return bool(connection.execute(sa.delete(files).where(files.c.file_id == file_id)).rowcount)


def _insert_job(connection: sa.Connection, job: JobRow, idempotency_record: IdempotencyRecord | None) -> None:
    if job.owner_id is not None:
        lock_owner(connection, job.owner_id)
    connection.execute(sa.insert(jobs).values(**to_columns(_fields(job))))
    if idempotency_record is not None:
        connection.execute(sa.insert(idempotency).values(**_idempotency_columns(idempotency_record)))


def _fields(row: FileRow | JobRow) -> dict[str, object]:
    """Return a row's fields by name; unlike `asdict`, the values stay dataclasses."""
    return {each.name: getattr(row, each.name) for each in fields(row)}


def _parent_columns(row: FileRow) -> list[dict[str, object]]:
    return [
        {"child_id": row.file_id, "position": position, "parent_id": parent["file_id"], "title": parent["title"]}
        for position, parent in enumerate(row.parent_files)
    ]


def _idempotency_columns(record: IdempotencyRecord) -> dict[str, object]:
    return {
        "key": record.key,
        "fingerprint": record.fingerprint,
        "response": record.response,
        "created_at_s": time.time(),
    }


def _exists() -> sa.ColumnElement[bool]:
    """Return the condition that a file has neither expired nor been deleted. It does not expire before its shares."""
    is_unexpired = files.c.expires_at_s.is_(None) | (files.c.expires_at_s >= time.time()) | is_shared()
    return is_unexpired & files.c.deleted_at_s.is_(None)


def unknown_file(file_id: str) -> NotFound:
    """Return the fault for a file that does not exist, or not for this caller."""
    return NotFound("No file has this id. It may have expired or been deleted.", file_id=file_id[:64])


def unknown_job(job_id: str) -> NotFound:
    """Return the fault for a job that does not exist, or not for this caller."""
    return NotFound("No job has this id.", job_id=job_id[:64])
