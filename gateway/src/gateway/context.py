"""Process-wide application context, so that recovered DBOS workflows can reach services, stores and settings."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from servicekit import call_context
from servicekit.faults import Internal

from gateway.clients.service_clients import ServiceClients
from gateway.domain.jobs import TRANSCRIBE, JobMethod
from gateway.files.file_service import FileService
from gateway.settings import Settings
from gateway.storage.accounts import AccountRepository
from gateway.storage.artifacts import ArtifactStore
from gateway.storage.queries import QueryRunner
from gateway.storage.repository import Repository


class ChangeNotifier:
    """Wakes all tasks that wait for any job to change."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        """Wake all subscribers."""
        self._next.set()
        self._next = asyncio.Event()

    def subscribe(self) -> asyncio.Event:
        """Return the event that the next change sets. Subscribe before reading the row, so that no change is missed."""
        return self._next


@dataclass(frozen=True)
class AppContext:
    """Services, stores and settings, and the jobs that run in this process.

    Attributes
    ----------
    job_slots, transcription_slots : asyncio.Semaphore
        Limit how many jobs run at the same time. Transcriptions have slots of their own, so that no number of other
        jobs keeps a recording waiting.
    running : set of asyncio.Task
        The tasks of running and waiting jobs.
    stopping : asyncio.Event
        Set once the gateway stops: no job begins any more.
    """

    settings: Settings
    services: ServiceClients
    store: ArtifactStore
    queries: QueryRunner
    repository: Repository
    accounts: AccountRepository
    files: FileService
    job_slots: asyncio.Semaphore
    transcription_slots: asyncio.Semaphore
    notifier: ChangeNotifier = field(default_factory=ChangeNotifier)
    running: set[asyncio.Task[Any]] = field(default_factory=set)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def update_job(self, job_id: str, **values: Any) -> bool:
        """Change fields of a job and notify those who watch it; return False if the job is finished.

        Parameters
        ----------
        job_id : str
            Id of the job.
        **values
            New values by the names of `gateway.storage.rows.JobRow`.
        """
        is_changed = await self.repository.update_job(job_id, **values)
        self.notifier.notify()
        return is_changed

    @contextlib.asynccontextmanager
    async def job_slot(self, job_id: str, method: JobMethod) -> AsyncIterator[None]:
        """Wait for a free slot, and hold it while the job runs."""
        task = asyncio.current_task()
        assert task is not None
        if self.stopping.is_set():
            # The queue of batches handed over one more job while the gateway stops: it is left for the next start.
            raise asyncio.CancelledError
        self.running.add(task)
        try:
            # The logs of the services have half of the job's id: the whole id grants access.
            call_context.bind_incoming({call_context.REQUEST_ID: job_id[:16]})
            async with self.transcription_slots if method == TRANSCRIBE else self.job_slots:
                yield
        finally:
            self.running.discard(task)

    @contextlib.asynccontextmanager
    async def released_slot(self) -> AsyncIterator[None]:
        """Give this job's slot to another job while this one only waits for a transcription."""
        self.job_slots.release()
        try:
            yield
        finally:
            await self.job_slots.acquire()

    async def stop(self) -> None:
        """Stop the running jobs where they are; they resume at the next start."""
        self.stopping.set()
        running = list(self.running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


_current: list[AppContext] = []


def set_context(context: AppContext) -> None:
    """Set the context of this process."""
    _current[:] = [context]


def clear_context() -> None:
    """Remove the context of this process."""
    _current.clear()


def get_context() -> AppContext:
    """Return the context of this process."""
    if not _current:
        raise Internal("the application context is not set")
    return _current[0]
