"""Erases an account with everything that belongs to it: credentials, jobs, batches, shares, files and their bytes."""

from __future__ import annotations

import asyncio
import contextlib
import time

import sqlalchemy as sa
from dbos import DBOS
from servicekit.faults import JobFinished, NotFound

from gateway.context import AppContext
from gateway.storage.database import (
    accounts,
    batches,
    challenges,
    files,
    identities,
    jobs,
    passkeys,
    sessions,
    shares,
    tokens,
)
from gateway.storage.rows import to_file_row
from gateway.workflows.job_service import JobService
from gateway.workflows.workflow import INTERMEDIATES

_PATIENCE_S = 5.0
"""Seconds for which a cancelled job may take to end. What it leaves later is swept like that of every job."""
_POLL_S = 0.05
_ROWS_AT_ONCE = 500


async def erase(context: AppContext, job_service: JobService, account_id: str) -> set[str]:
    """Erase an account. From the first step on it cannot be entered, and nothing of it can be read.

    If the gateway ends in between, the sweep deletes the rest: the files expire in the first step.

    Parameters
    ----------
    context : AppContext
        The application context.
    job_service : JobService
        Cancels the account's jobs.
    account_id : str
        Id of the account.

    Returns
    -------
    set of str
        Hashes of the files, by which audio of them may be cached.
    """
    await context.queries.transaction(_close, account_id)
    job_ids = [row["job_id"] for row in await context.queries.select(_owned(jobs, account_id))]
    for job_id in job_ids:
        with contextlib.suppress(JobFinished, NotFound):
            await job_service.cancel(job_id)
    hashes = await _delete_files(context, account_id)
    await _wait_for_end(job_ids)
    await _delete_intermediates(context, set(job_ids))
    for start in range(0, len(job_ids), _ROWS_AT_ONCE):
        await DBOS.delete_workflows_async(job_ids[start : start + _ROWS_AT_ONCE])
    await context.queries.transaction(_delete_rows, account_id)
    # A result that a job had all but saved when it was cancelled.
    return hashes | await _delete_files(context, account_id)


def _close(connection: sa.Connection, account_id: str) -> None:
    """Delete the account and its credentials, so that nothing more is saved for it, and let its files expire."""
    for table in (accounts, sessions, tokens, passkeys, identities, challenges):
        connection.execute(sa.delete(table).where(table.c.account_id == account_id))
    owned = sa.select(files.c.file_id).where(files.c.owner_id == account_id)
    connection.execute(sa.delete(shares).where((shares.c.owner_id == account_id) | shares.c.file_id.in_(owned)))
    now_s = time.time()
    expired = sa.update(files).where(files.c.owner_id == account_id)
    connection.execute(expired.values(expires_at_s=0.0, deleted_at_s=now_s, starred=False))


def _delete_rows(connection: sa.Connection, account_id: str) -> None:
    for table in (jobs, batches, shares):
        connection.execute(sa.delete(table).where(table.c.owner_id == account_id))


async def _delete_files(context: AppContext, account_id: str) -> set[str]:
    """Delete the files of an account, and return their hashes."""
    hashes: set[str] = set()
    while rows := await context.queries.select(_owned(files, account_id).limit(_ROWS_AT_ONCE)):
        for row in rows:
            hashes.add(row["sha256"])
            with contextlib.suppress(NotFound):
                await context.files.delete(to_file_row(row))
    return hashes


async def _wait_for_end(job_ids: list[str]) -> None:
    """Wait until the workflows of cancelled jobs have ended, so that they write nothing more."""
    ends_at_s = time.monotonic() + _PATIENCE_S
    for job_id in job_ids:
        while time.monotonic() < ends_at_s:
            status = await DBOS.get_workflow_status_async(job_id)
            if status is None or status.status not in {"PENDING", "ENQUEUED"}:
                break
            await asyncio.sleep(_POLL_S)


async def _delete_intermediates(context: AppContext, job_ids: set[str]) -> None:
    for key in await context.store.list(f"{INTERMEDIATES}/"):
        if key.split("/")[1] in job_ids:
            await context.store.delete(key)


def _owned(table: sa.Table, account_id: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(table).where(table.c.owner_id == account_id)
