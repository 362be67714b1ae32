"""What every job works with. One process has one desk: a workflow that DBOS takes up again finds it here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from servicekit import call_context
from servicekit.faults import Internal

from gateway.clients.service_clients import Services
from gateway.files.file_service import Pieces
from gateway.settings import Settings
from gateway.storage.artifacts import Store
from gateway.storage.repository import Records


class Bell:
    """Wakes those who wait for any job to change."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wake everybody who waits."""
        self._next.set()
        self._next = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """Give what the next ring sets. Taken before a look at the records, it misses no change after the look."""
        return self._next


@dataclass(frozen=True)
class Desk:
    """The services, the store and the records, and the jobs that run here."""

    settings: Settings
    services: Services
    store: Store
    records: Records
    pieces: Pieces
    slots: asyncio.Semaphore
    hearing_slots: asyncio.Semaphore
    bell: Bell = field(default_factory=Bell)
    running: set[asyncio.Task[Any]] = field(default_factory=set)

    async def change_job(self, job_id: str, **values: Any) -> bool:
        """Change a job that is not over, and tell those who watch it; False if it is over."""
        changed = await self.records.change_job(job_id, **values)
        self.bell.ring()
        return changed

    @contextlib.asynccontextmanager
    async def turn(self, job_id: str, method: str) -> AsyncIterator[None]:
        """Wait until this job may run, and count it among the running.

        Transcriptions have slots of their own, so that no number of other jobs keeps a recording waiting.
        """
        task = asyncio.current_task()
        assert task is not None
        self.running.add(task)
        try:
            # The services' logs tell of a job by half of its id: the whole is the right to it.
            call_context.bind_incoming({call_context.REQUEST_ID: job_id[:16]})
            async with self.hearing_slots if method == "transcribe" else self.slots:
                yield
        finally:
            self.running.discard(task)

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Let another job run while this one only waits for a transcription."""
        self.slots.release()
        try:
            yield
        finally:
            await self.slots.acquire()

    async def stop(self) -> None:
        """Leave the running jobs where they are: they are taken up again at the next start."""
        running = list(self.running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


_desks: list[Desk] = []


def lay(desk: Desk) -> None:
    """Make this the process's desk."""
    _desks[:] = [desk]


def clear() -> None:
    """Take the desk away."""
    _desks.clear()


def current() -> Desk:
    """Give the process's desk."""
    if not _desks:
        raise Internal("no desk has been laid")
    return _desks[0]
