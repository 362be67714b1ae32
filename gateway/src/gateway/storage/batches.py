"""The repository of batches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import sqlalchemy as sa

from gateway.domain.jobs import ACTIVE_STATES, JobState
from gateway.domain.json_codec import JsonObject
from gateway.storage.database import batches, idempotency, jobs
from gateway.storage.queries import QueryRunner
from gateway.storage.rows import IdempotencyRecord, JobRow, to_columns, to_job_row


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """Several jobs that were requested at once.

    Attributes
    ----------
    owner_id : str or None
        The account that it belongs to; None for a batch that belongs to whoever knows its id.
    request : dict
        ``job_ids``: the ids of its jobs, in order.
    stopped_at_s : float or None
        When somebody stopped it.
    """

    batch_id: str
    owner_id: str | None
    title: str
    request: JsonObject
    created_at_s: float = field(default_factory=time.time)
    stopped_at_s: float | None = None

    @property
    def job_ids(self) -> list[str]:
        """The ids of its jobs, in order."""
        return list(self.request["job_ids"])


@dataclass(frozen=True)
class BatchCounts:
    """How many jobs of a batch there are, how many have a result, and how many are not finished."""

    n_items: int
    n_succeeded: int
    n_active: int


class BatchRepository:
    """Reads and writes batches and their jobs.

    Parameters
    ----------
    runner : QueryRunner
        Runs the statements.
    """

    def __init__(self, runner: QueryRunner) -> None:
        self._runner = runner

    async def insert(self, batch: BatchRow, rows: Sequence[JobRow], record: IdempotencyRecord | None) -> bool:
        """Write a batch, its jobs and the idempotency key of the call: all or nothing.

        Parameters
        ----------
        batch : BatchRow
            The batch.
        rows : sequence of JobRow
            Its jobs.
        record : IdempotencyRecord or None
            The idempotency key.

        Returns
        -------
        bool
            False if the key is in use already; then nothing is written.
        """
        return await self._runner.try_insert(_insert, batch, rows, record)

    async def find(self, batch_id: str) -> BatchRow | None:
        """Return a batch; None for an unknown id."""
        rows = await self._runner.select(sa.select(batches).where(batches.c.batch_id == batch_id))
        return BatchRow(**rows[0]) if rows else None

    async def list_newest(self, owner_id: str, limit: int) -> list[BatchRow]:
        """Return the newest batches of an account."""
        query = sa.select(batches).where(batches.c.owner_id == owner_id)
        found = await self._runner.select(
            query.order_by(batches.c.created_at_s.desc(), batches.c.batch_id).limit(limit)
        )
        return [BatchRow(**row) for row in found]

    async def stop(self, batch_id: str) -> None:
        """Note that a batch was stopped, unless it was before."""
        is_running = (batches.c.batch_id == batch_id) & batches.c.stopped_at_s.is_(None)
        await self._runner.execute(sa.update(batches).where(is_running).values(stopped_at_s=time.time()))

    async def list_jobs(self, batch: BatchRow) -> list[JobRow]:
        """Return the jobs of a batch in order."""
        found = await self._runner.select(sa.select(jobs).where(jobs.c.batch_id == batch.batch_id))
        order = {job_id: position for position, job_id in enumerate(batch.job_ids)}
        return sorted((to_job_row(row) for row in found), key=lambda row: order[row.job_id])

    async def versions(self, batch_id: str) -> dict[str, int]:
        """Return the number of changes of each job of a batch."""
        rows = await self._runner.select(sa.select(jobs.c.job_id, jobs.c.version).where(jobs.c.batch_id == batch_id))
        return {row["job_id"]: row["version"] for row in rows}

    async def counts(self, batch_ids: Sequence[str]) -> dict[str, BatchCounts]:
        """Return how far batches are, by their ids; those whose jobs have expired are left out."""
        has = {"n_succeeded": jobs.c.state == JobState.SUCCEEDED.value, "n_active": jobs.c.state.in_(ACTIVE_STATES)}
        sums = [sa.func.sum(sa.case((condition, 1), else_=0)).label(name) for name, condition in has.items()]
        query = sa.select(jobs.c.batch_id, sa.func.count().label("n_items"), *sums)
        query = query.where(jobs.c.batch_id.in_(list(batch_ids))).group_by(jobs.c.batch_id)
        rows = await self._runner.select(query)
        return {row.pop("batch_id"): BatchCounts(**{name: int(value) for name, value in row.items()}) for row in rows}

    async def count_waiting(self) -> int:
        """Return the number of jobs of all batches that are not finished."""
        is_waiting = jobs.c.batch_id.is_not(None) & jobs.c.state.in_(ACTIVE_STATES)
        return int((await self._runner.select(sa.select(sa.func.count().label("n")).where(is_waiting)))[0]["n"])

    async def delete_empty(self, before_s: float) -> None:
        """Delete the batches from before a time whose jobs have all expired."""
        has_jobs = sa.exists().where(jobs.c.batch_id == batches.c.batch_id)
        await self._runner.execute(sa.delete(batches).where(batches.c.created_at_s < before_s, ~has_jobs))


def _values(row: BatchRow | JobRow) -> dict[str, object]:
    return {each.name: getattr(row, each.name) for each in fields(row)}


def _insert(
    connection: sa.Connection, batch: BatchRow, rows: Sequence[JobRow], record: IdempotencyRecord | None
) -> None:
    connection.execute(sa.insert(batches).values(**_values(batch)))
    connection.execute(sa.insert(jobs), [to_columns(_values(row)) for row in rows])
    if record is not None:
        values = {"key": record.key, "fingerprint": record.fingerprint, "response": record.response}
        connection.execute(sa.insert(idempotency).values(**values, created_at_s=time.time()))
