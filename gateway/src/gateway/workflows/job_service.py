"""Jobs from the outside: asked for, watched, cancelled, and taken up again after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

from dbos import DBOS, SetWorkflowID
from servicekit import logs
from servicekit.faults import Conflict, Internal, JobFinished, NotFound, Overloaded

from gateway.api import problems
from gateway.context import Desk
from gateway.files import recordings
from gateway.ids import draw_id
from gateway.storage.repository import FileRecord, JobRecord, Json, Promise, State
from gateway.workflows import flow
from gateway.workflows.workflow import FLOWS, JOBS_ENDED, RECORDINGS

# Importing the flows has registered them.
assert set(FLOWS) == {"transcribe", "vae", "gan", "hybrid", "steps"}, flow.__name__

_LOOK_S = 1.0
"""Seconds between two looks at a watched job: another gateway may have changed it."""

_ENDED = {"MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR", "SUCCESS", "CANCELLED"}
"""What DBOS says of workflows that will not run again."""

_WAIT_PER_JOB_S = 5.0
"""What a waiting job takes, roughly; for ``Retry-After``."""


class Jobs:
    """Opens, watches and cancels jobs.

    Parameters
    ----------
    desk : Desk
        What they work with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._door = asyncio.Lock()

    async def transcribe(self, recording: FileRecord) -> JobRecord:
        """Start to write a recording down; `Overloaded` if too many jobs wait."""
        request = {"file_ids": [recording.file_id], RECORDINGS: [recording.file_id]}
        parents = [{"file_id": recording.file_id, "title": recording.stem}]
        return await self.submit(recordings.METHOD, request, parents, None, recordings.job_of(recording))

    async def submit(
        self, method: str, request: Json, parents: list[Json], promise: Promise | None, job_id: str | None = None
    ) -> JobRecord:
        """Open a job and start it.

        Parameters
        ----------
        method : str
            "transcribe", "vae", "gan", "hybrid" or "steps".
        request : dict
            What was asked, with the seed that was drawn for it.
        parents : list of dict
            ``file_id`` and ``title`` of the pieces to blend, where they exist already.
        promise : Promise, optional
            The idempotency key it came with; its answer is filled in.
        job_id : str, optional
            Drawn where it is absent.

        Raises
        ------
        Overloaded
            If too many jobs wait.
        Conflict
            If the key was used at the same time by another call.
        """
        job = JobRecord(job_id=job_id or draw_id(), method=method, request=request, parents=parents)
        if promise is not None:
            promise = Promise(promise.key, promise.fingerprint, {"job_id": job.job_id})
        async with self._door:
            await self._check_room()
            if not await self._desk.records.open_job(job, promise):
                raise Conflict("The same Idempotency-Key is being answered. Ask again in a moment.")
        await self._start(job)
        return job

    async def cancel(self, job_id: str) -> JobRecord:
        """Cancel a job: its state is "cancelled" at once, its work ends within a second.

        Raises
        ------
        JobFinished
            If it was over already.
        """
        job = await self._desk.records.job(job_id)
        if not await self._desk.change_job(job_id, state=State.CANCELLED.value, stage="Cancelled"):
            raise JobFinished("The job is over and cannot be cancelled.", state=str(job.state))
        JOBS_ENDED.labels(job.method, State.CANCELLED.value).inc()
        return await self._desk.records.job(job_id)

    async def watch(
        self, job_id: str, after_version: int, heartbeat_s: float
    ) -> AsyncGenerator[JobRecord | None, None]:
        """Give a job at each change after a version of it, ending with the state it ends in.

        Where nothing changes for `heartbeat_s` seconds, None is given.
        """
        loop = asyncio.get_running_loop()
        silent_since_s = loop.time()
        while True:
            change = self._desk.bell.listen()
            job = await self._desk.records.job(job_id)
            if job.version > after_version:
                after_version, silent_since_s = job.version, loop.time()
                yield job
            elif loop.time() - silent_since_s >= heartbeat_s:
                silent_since_s = loop.time()
                yield None
            if job.is_over:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(change.wait(), min(_LOOK_S, heartbeat_s))

    async def resume(self) -> None:
        """Start the jobs whose workflow was never written, and take over those of a gateway that is no more.

        DBOS itself takes up those that this gateway, by its executor id, had begun.
        """
        for job in await self._desk.records.open_jobs():
            status = await DBOS.get_workflow_status_async(job.job_id)
            if status is None:
                logs.get_logger().info("job.resumed", method=job.method)
                await self._start(job)
            elif status.status in _ENDED:
                # Its end could not be written. A job that ended in the meantime is over, and is not changed.
                fault = Internal(f"a job's workflow ended with {status.status}, and the job did not")
                error = problems.document(fault, job.job_id[:16]).model_dump(mode="json", exclude_none=True)
                await self._desk.change_job(job.job_id, state=State.FAILED.value, stage="Failed", error=error)
            elif status.status == "PENDING" and self._is_orphan(status.executor_id):
                await DBOS.resume_workflow_async(job.job_id)

    async def sweep(self) -> None:
        """Remove what has had its time: files, jobs, keys, and what jobs that are over had put aside."""
        now_s = time.time()
        for record in await self._desk.records.expired_files(now_s):
            # A recording takes its transcription along, which may stand in the list too.
            with contextlib.suppress(NotFound):
                await recordings.remove(self._desk, record)
        before_s = now_s - self._desk.settings.keep_days * 86400
        await self._desk.records.drop_promises(before_s)
        if job_ids := await self._desk.records.expired_jobs(before_s):
            await DBOS.delete_workflows_async(job_ids)
            await self._desk.records.drop_jobs(job_ids)
        aside = await self._desk.store.list("work/")
        still_open = {job.job_id for job in await self._desk.records.open_jobs()}
        for key in aside:
            if key.split("/")[1] not in still_open:
                await self._desk.store.remove(key)

    async def _start(self, job: JobRecord) -> None:
        with SetWorkflowID(job.job_id):
            await DBOS.start_workflow_async(FLOWS[job.method], job.job_id)

    async def _check_room(self) -> None:
        waiting = await self._desk.records.count_open_jobs()
        if waiting >= self._desk.settings.max_queue:
            wait_s = _WAIT_PER_JOB_S * waiting / self._desk.settings.jobs_at_once
            raise Overloaded(
                f"{waiting} jobs wait already, as many as may. Try again in a moment.", retry_after_s=min(wait_s, 60.0)
            )

    def _is_orphan(self, executor_id: str | None) -> bool:
        """Whether a workflow's gateway cannot come back: on SQLite there is no other than this one."""
        only_one = self._desk.settings.engine_url.startswith("sqlite")
        return only_one and executor_id != self._desk.settings.executor_id
