"""Opens, watches and cancels jobs, resumes them after a restart, and deletes what has expired."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace
from typing import get_args

from dbos import DBOS, SetWorkflowID
from servicekit import logs
from servicekit.faults import Conflict, Internal, JobFinished, NotFound, Overloaded

from gateway.context import AppContext
from gateway.domain.jobs import TRANSCRIBE, JobMethod, JobPiece, JobState
from gateway.domain.problem import to_problem
from gateway.files import recordings
from gateway.storage.rows import FileRow, IdempotencyRecord, JobRow
from gateway.workflows import batch_queue, flow
from gateway.workflows.workflow import INTERMEDIATES, JOBS_ENDED, RECORDINGS, WORKFLOWS

# Importing the flows has registered them.
assert set(WORKFLOWS) == set(get_args(JobMethod)), flow.__name__

_FINAL_STATUSES = {"MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR", "SUCCESS", "CANCELLED"}
"""Status that DBOS gives to workflows that will not run again."""

_WAIT_PER_JOB_S = 5.0
"""Rough duration of a queued job, for ``Retry-After``."""


class JobService:
    """Opens and cancels jobs.

    Parameters
    ----------
    context : AppContext
        What jobs work with.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._submission = asyncio.Lock()

    async def transcribe(self, recording: FileRow) -> JobRow:
        """Start the transcription of a recording; `Overloaded` if too many jobs wait."""
        job = JobRow(
            job_id=recordings.transcription_job_id(recording),
            method=TRANSCRIBE,
            request={"file_ids": [recording.file_id], RECORDINGS: [recording.file_id]},
            parents=[JobPiece(recording.file_id, recording.stem)],
            owner_id=recording.owner_id,
        )
        return await self.submit(job, None)

    async def submit(self, job: JobRow, idempotency_record: IdempotencyRecord | None) -> JobRow:
        """Write a new job and start it.

        Parameters
        ----------
        job : JobRow
            The job.
        idempotency_record : IdempotencyRecord or None
            The idempotency key of the call; the job's id is stored as its response.

        Raises
        ------
        Overloaded
            If too many jobs wait.
        Conflict
            If another call with the same key is being answered.
        """
        if idempotency_record is not None:
            idempotency_record = replace(idempotency_record, response={"job_id": job.job_id})
        async with self._submission:
            await self._check_queue()
            if not await self._context.repository.insert_job(job, idempotency_record):
                raise Conflict("A call with the same Idempotency-Key is in progress. Try again in a moment.")
        await self._start(job)
        return job

    async def cancel(self, job_id: str) -> JobRow:
        """Cancel a job: its state is "cancelled" at once, its work ends within a second.

        Raises
        ------
        JobFinished
            If it was finished already.
        """
        job = await self._context.repository.get_job(job_id)
        if not await self._context.update_job(job_id, state=JobState.CANCELLED.value, stage="Cancelled"):
            raise JobFinished("The job is finished and cannot be cancelled.", state=str(job.state))
        JOBS_ENDED.labels(job.method, JobState.CANCELLED.value).inc()
        return await self._context.repository.get_job(job_id)

    async def resume(self) -> None:
        """Start the jobs that have no workflow yet, and take over those of a gateway that no longer exists.

        DBOS itself resumes the workflows that this gateway had started, which it finds by its executor id.
        """
        for job in await self._context.repository.list_active_jobs():
            status = await DBOS.get_workflow_status_async(job.job_id)
            if status is None:
                logs.get_logger().info("job.resumed", method=job.method)
                await self._start(job)
            elif status.status in _FINAL_STATUSES:
                # Its final state could not be written. A job that was finished meanwhile is not changed.
                fault = Internal(f"a job's workflow ended with {status.status}, and the job did not")
                error = to_problem(fault, job.job_id[:16])
                await self._context.update_job(job.job_id, state=JobState.FAILED.value, stage="Failed", error=error)
            elif status.status == "PENDING" and self._is_orphan(status.executor_id):
                await DBOS.resume_workflow_async(job.job_id)

    async def sweep(self) -> None:
        """Delete expired files, jobs and idempotency keys, and the intermediates of finished jobs."""
        now_s = time.time()
        repository, store = self._context.repository, self._context.store
        for row in await repository.list_expired_files(now_s):
            # Deleting a recording deletes its transcription, which may be in the list too.
            with contextlib.suppress(NotFound):
                await recordings.delete(self._context, row)
        before_s = now_s - self._context.settings.keep_days * 86400
        await repository.delete_idempotency(before_s)
        if job_ids := await repository.list_expired_jobs(before_s):
            await DBOS.delete_workflows_async(job_ids)
            await repository.delete_jobs(job_ids)
        intermediates = await store.list(f"{INTERMEDIATES}/")
        active = {job.job_id for job in await repository.list_active_jobs()}
        for key in intermediates:
            if key.split("/")[1] not in active:
                await store.delete(key)

    async def _start(self, job: JobRow) -> None:
        if job.batch_id is not None:
            # It was written, and the gateway stopped before it was in the queue.
            await batch_queue.enqueue(WORKFLOWS[job.method], job.job_id, 0)
            return
        with SetWorkflowID(job.job_id):
            await DBOS.start_workflow_async(WORKFLOWS[job.method], job.job_id)

    async def _check_queue(self) -> None:
        n_active = await self._context.repository.count_active_jobs()
        if n_active >= self._context.settings.max_queue:
            wait_s = _WAIT_PER_JOB_S * n_active / self._context.settings.jobs_at_once
            raise Overloaded(
                f"{n_active} jobs are queued or running, which is the limit. Try again in a moment.",
                retry_after_s=min(wait_s, 60.0),
            )

    def _is_orphan(self, executor_id: str | None) -> bool:
        """Return whether the gateway of a workflow cannot come back: on SQLite there is only this one."""
        is_only_gateway = self._context.settings.engine_url.startswith("sqlite")
        return is_only_gateway and executor_id != self._context.settings.executor_id
