"""Rights: what exists for a caller.

Something without an owner belongs to whoever knows its id. Something with an owner exists for that account alone: all
others get the same answer as for an id that nothing has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from gateway.accounts.caller import Caller
from gateway.domain.jobs import JobPiece
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
        return await self.visible_files(rows)

    async def get_job(self, job_id: str) -> JobRow:
        """Return a job; `NotFound` for an id that is unknown or another's."""
        row = await self._repository.get_job(job_id)
        if not self.caller.may_use(row.owner_id):
            raise unknown_job(job_id)
        return (await self.visible_jobs([row]))[0]

    async def visible_files(self, rows: Sequence[FileRow]) -> list[FileRow]:
        """Return the caller's files without the ids of parents that are another's by now; their titles stay."""
        hidden = await self._foreign_ids(parent["file_id"] for row in rows for parent in row.parent_files)
        return [_hide_in_file(row, hidden) for row in rows] if hidden else list(rows)

    async def visible_jobs(self, rows: Sequence[JobRow]) -> list[JobRow]:
        """Return the caller's jobs without the ids of pieces that are another's by now; their titles stay."""
        hidden = await self._foreign_ids(piece.file_id for row in rows for piece in (*row.parents, *row.results))
        return [_hide_in_job(row, hidden) for row in rows] if hidden else list(rows)

    async def _foreign_ids(self, file_ids: Iterable[str]) -> frozenset[str]:
        named = set(file_ids)
        owners = await self._repository.owners_of(named) if named else {}
        return frozenset(file_id for file_id, owner_id in owners.items() if not self.caller.may_use(owner_id))


def _hide_in_file(row: FileRow, hidden: frozenset[str]) -> FileRow:
    notices = [replace(each, file_id=None) if each.file_id in hidden else each for each in row.notices]
    return replace(row, provenance=_without_ids(row.provenance, hidden), notices=notices)


def _hide_in_job(row: JobRow, hidden: frozenset[str]) -> JobRow:
    def hide(pieces: Iterable[JobPiece]) -> list[JobPiece]:
        return [replace(piece, file_id="") if piece.file_id in hidden else piece for piece in pieces]

    request = _without_ids(row.request, hidden)
    return replace(row, request=request, parents=hide(row.parents), results=hide(row.results))


def _without_ids(value: Any, hidden: frozenset[str]) -> Any:
    """Return JSON with an empty text in place of each hidden id, wherever it stands."""
    if isinstance(value, dict):
        return {key: _without_ids(each, hidden) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_ids(each, hidden) for each in value]
    return "" if isinstance(value, str) and value in hidden else value
