"""Opens, watches and stops batches."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from servicekit.faults import Conflict, NotFound, Overloaded

from gateway.context import AppContext
from gateway.domain.jobs import JobState
from gateway.ids import new_id
from gateway.storage.batches import BatchCounts, BatchRepository, BatchRow
from gateway.storage.rows import IdempotencyRecord, JobRow
from gateway.workflows import batch_queue
from gateway.workflows.workflow import JOBS_ENDED, WORKFLOWS

BatchState = Literal["running", "finished", "stopped"]

_WAITING_PER_PLACE = 4
"""Jobs of all batches that may wait, for each place of the queue of single jobs."""
_WAIT_PER_JOB_S = 5.0
_POLL_INTERVAL_S = 1.0
"""Seconds between two reads of a watched batch: another gateway may have changed it."""


@dataclass(frozen=True)
class Batch:
    """A batch and its jobs, in order."""

    row: BatchRow
    jobs: list[JobRow]

    @property
    def state(self) -> BatchState:
        """Whether it runs, has finished, or was stopped before."""
        if self.row.stopped_at_s is not None:
            return "stopped"
        return "finished" if all(job.is_finished for job in self.jobs) else "running"

    @property
    def is_finished(self) -> bool:
        """Whether none of its jobs will change any more."""
        return all(job.is_finished for job in self.jobs)

    @property
    def version(self) -> int:
        """Number of changes: the id of the event that reports the latest."""
        return sum(job.version for job in self.jobs) + (self.row.stopped_at_s is not None)


class BatchService:
    """Opens, watches and stops batches.

    Parameters
    ----------
    context : AppContext
        What jobs work with.
    repository : BatchRepository
        The repository of batches.
    """

    def __init__(self, context: AppContext, repository: BatchRepository) -> None:
        self._context = context
        self._repository = repository
        self._submission = asyncio.Lock()

    async def create(
        self, title: str, rows: Sequence[JobRow], owner_id: str | None, record: IdempotencyRecord | None
    ) -> Batch:
        """Write a batch and put its jobs into the queue.

        Parameters
        ----------
        title : str
            What people call it.
        rows : sequence of JobRow
            Its jobs.
        owner_id : str or None
            Account of the caller.
        record : IdempotencyRecord or None
            The idempotency key of the call; the batch's id is stored as its response.

        Raises
        ------
        Overloaded
            If too many jobs of batches wait; then none starts.
        Conflict
            If another call with the same key is being answered.
        """
        batch_id = new_id()
        jobs = [replace(row, batch_id=batch_id) for row in rows]
        request = {"job_ids": [job.job_id for job in jobs]}
        batch = BatchRow(batch_id=batch_id, owner_id=owner_id, title=title, request=request)
        if record is not None:
            record = replace(record, response={"batch_id": batch_id})
        async with self._submission:
            await self._check_queue(len(jobs))
            if not await self._repository.insert(batch, jobs, record):
                raise Conflict("A call with the same Idempotency-Key is in progress. Try again in a moment.")
        for position, job in enumerate(jobs):
            await batch_queue.enqueue(WORKFLOWS[job.method], job.job_id, position)
        return Batch(batch, jobs)

    async def get(self, batch_id: str, account_id: str | None) -> Batch:
        """Return a batch with its jobs.

        Parameters
        ----------
        batch_id : str
            Id of the batch.
        account_id : str or None
            The caller's account.

        Raises
        ------
        NotFound
            If no batch has this id, or it is another account's.
        """
        row = await self._repository.find(batch_id)
        if row is None or row.owner_id not in {None, account_id}:
            raise NotFound("No batch has this id. It may have expired.", batch_id=batch_id[:64])
        return await self._load(row)

    async def list_newest(self, owner_id: str | None, limit: int) -> list[tuple[BatchRow, BatchCounts]]:
        """Return the newest batches of an account and how far they are; none for a caller without an account.

        Parameters
        ----------
        owner_id : str or None
            The account.
        limit : int
            Largest number to return.
        """
        if owner_id is None:
            return []
        rows = await self._repository.list_newest(owner_id, limit)
        counts = await self._repository.counts([row.batch_id for row in rows])
        return [(row, counts[row.batch_id]) for row in rows if row.batch_id in counts]

    async def stop(self, batch: Batch) -> Batch:
        """Cancel the jobs of a batch that are not finished; the results of the others stay."""
        await self._repository.stop(batch.row.batch_id)
        open_jobs = [job for job in batch.jobs if not job.is_finished]
        for job in open_jobs:
            if await self._context.update_job(job.job_id, state=JobState.CANCELLED.value, stage="Cancelled"):
                JOBS_ENDED.labels(job.method, JobState.CANCELLED.value).inc()
        await batch_queue.remove([job.job_id for job in open_jobs])
        return await self._load(batch.row)

    async def watch(self, row: BatchRow, heartbeat_s: float) -> AsyncGenerator[tuple[Batch, list[int]] | None, None]:
        """Yield a batch and the positions of the jobs that have changed: first all of them, last its final state.

        Parameters
        ----------
        row : BatchRow
            The batch.
        heartbeat_s : float
            None is yielded after so many seconds without a change.
        """
        seen: dict[str, int] | None = None
        last_s = time.monotonic()
        while True:
            change = self._context.notifier.subscribe()
            versions = await self._repository.versions(row.batch_id)
            if versions != seen:
                batch, last_s = await self._load(row), time.monotonic()
                before = seen or {}
                changed = [place for place, job in enumerate(batch.jobs) if before.get(job.job_id, 0) < job.version]
                seen = {job.job_id: job.version for job in batch.jobs}
                yield batch, changed
                if batch.is_finished:
                    return
            elif time.monotonic() - last_s >= heartbeat_s:
                last_s = time.monotonic()
                yield None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(change.wait(), min(_POLL_INTERVAL_S, heartbeat_s))

    async def sweep(self) -> None:
        """Delete the batches whose jobs have expired."""
        await self._repository.delete_empty(time.time() - self._context.settings.keep_days * 86400)

    async def _load(self, row: BatchRow) -> Batch:
        """Return a batch in its current state."""
        current = await self._repository.find(row.batch_id) or row
        return Batch(current, await self._repository.list_jobs(current))

    async def _check_queue(self, n_new: int) -> None:
        limit = _WAITING_PER_PLACE * self._context.settings.max_queue
        n_waiting = await self._repository.count_waiting()
        if n_waiting + n_new > limit:
            raise Overloaded(
                f"{n_waiting} pieces of batches are waiting, and {limit} may. Try again in a moment, or ask for fewer.",
                retry_after_s=min(_WAIT_PER_JOB_S * n_waiting, 60.0),
            )
