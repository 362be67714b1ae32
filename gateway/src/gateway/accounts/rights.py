"""Rights: what exists for a caller.

Something without an owner belongs to whoever knows its id. Something with an owner exists for that account alone: all
others get the same answer as for an id that nothing has.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.accounts.caller import Caller
from gateway.storage.repository import Repository, unknown_file, unknown_job
from gateway.storage.rows import FileRow, JobRow


class Rights:
    """Reads what exists for one caller.

    Parameters
    ----------
    caller : Caller
        Who makes the call.
    repository : Repository
        All files and jobs.
    """

    def __init__(self, caller: Caller, repository: Repository) -> None:
        self.caller = caller
        self._repository = repository

    async def get_file(self, file_id: str) -> FileRow:
        """Return a file; `NotFound` for an id that is unknown, has expired, or is another's."""
        return (await self.get_files([file_id]))[0]

    async def get_files(self, file_ids: Iterable[str]) -> list[FileRow]:
        """Return files in the order of their ids; `NotFound` if one does not exist for this caller."""
        rows = await self._repository.get_files(file_ids)
        for row in rows:
            if not self.caller.may_use(row.owner_id):
                raise unknown_file(row.file_id)
        return rows

    async def get_job(self, job_id: str) -> JobRow:
        """Return a job; `NotFound` for an id that is unknown or another's."""
        row = await self._repository.get_job(job_id)
        if not self.caller.may_use(row.owner_id):
            raise unknown_job(job_id)
        return row

    async def foreign_ids(self, file_ids: Iterable[str]) -> frozenset[str]:
        """Return which of these files are another's, so that their ids must not be shown."""
        owners = await self._repository.owners_of(set(file_ids))
        return frozenset(file_id for file_id, owner_id in owners.items() if not self.caller.may_use(owner_id))


def without_ids(value: Any, hidden: frozenset[str]) -> Any:
    """Return JSON with an empty text in place of each hidden id, wherever it stands.

    Parameters
    ----------
    value : JSON
        Objects, lists, texts, numbers, booleans and null.
    hidden : frozenset of str
        The ids.
    """
    if not hidden:
        return value
    if isinstance(value, dict):
        return {key: without_ids(each, hidden) for key, each in value.items()}
    if isinstance(value, list):
        return [without_ids(each, hidden) for each in value]
    return "" if isinstance(value, str) and value in hidden else value
