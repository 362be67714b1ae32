"""The library's queries: the files of an account page by page, their parents and children, and titles that differ."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from gateway.domain.jobs import TRANSCRIBE, JobMethod
from gateway.domain.json_codec import JsonObject
from gateway.storage.database import files, jobs, parents
from gateway.storage.queries import QueryRunner
from gateway.storage.rows import FileKind, FileRow, JobRow, title_of, to_file_row, to_job_row

_PREVIEW: JobMethod = "steps"
_LOCK_SPACE = 0x5E60
"""First key of PostgreSQL's advisory locks on titles."""


@dataclass(frozen=True, kw_only=True)
class LibraryFilter:
    """Which files of a library are listed.

    Attributes
    ----------
    words : tuple of str
        Case-folded words; name, styles and parents' titles must contain all of them.
    method : JobMethod or None
        How Segue wrote them. If None, pieces of an interpolation are left out unless they are starred, and so are
        transcriptions, in whose place the recording is listed.
    parent_id : str or None
        A file that they were made from.
    """

    words: tuple[str, ...] = ()
    kind: FileKind | None = None
    is_starred: bool | None = None
    method: JobMethod | None = None
    parent_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last entry of a page; the next page begins behind it."""

    created_at_s: float
    entry_id: str


@dataclass(frozen=True, kw_only=True)
class LibraryRow:
    """Of a file's row, what a list shows.

    Attributes
    ----------
    summary : dict or None
        JSON of a `PieceSummary`; None for a recording.
    settings : dict or None
        Of a result: the settings of its job.
    weight : float or None
        Of a piece of an interpolation: the share of the second parent.
    transcription_job_id : str or None
        Of a recording: the job that transcribes it.
    batch_id : str or None
        The batch that its job is part of.
    has_job : bool
        Whether its job can still be read.
    """

    file_id: str
    name: str
    title: str | None
    kind: FileKind
    method: JobMethod | None
    starred: bool
    created_at_s: float
    expires_at_s: float | None
    job_id: str | None
    summary: JsonObject | None
    settings: JsonObject | None
    weight: float | None
    transcription_job_id: str | None
    batch_id: str | None
    has_job: bool


@dataclass(frozen=True, kw_only=True)
class Relative:
    """A parent or a child of a file.

    Attributes
    ----------
    child_id : str
        The file that was made.
    file_id : str
        The related file.
    title : str
        Its present title; of one that does not exist any more, the title that it had.
    owner_id : str or None
        Whom it belongs to.
    exists : bool
        Whether it has neither expired nor been deleted.
    """

    child_id: str
    file_id: str
    title: str
    owner_id: str | None
    exists: bool
    kind: FileKind | None
    method: JobMethod | None


class LibraryRepository:
    """Reads what belongs to an account, and deletes and restores it.

    Parameters
    ----------
    runner : QueryRunner
        The database.
    """

    def __init__(self, runner: QueryRunner) -> None:
        self._runner = runner

    async def list_files(
        self, owner_id: str, filters: LibraryFilter, after: Cursor | None, n_rows: int
    ) -> list[LibraryRow]:
        """Return a page of an account's files, the newest first.

        Parameters
        ----------
        owner_id : str
            The account.
        filters : LibraryFilter
            Which files.
        after : Cursor or None
            The end of the page before; None for the first page.
        n_rows : int
            Largest number of rows.
        """
        ids = sa.select(files.c.file_id).where(_is_listed(owner_id, filters))
        if after is not None:
            same_time = (files.c.created_at_s == after.created_at_s) & (files.c.file_id > after.entry_id)
            ids = ids.where((files.c.created_at_s < after.created_at_s) | same_time)
        found = await self._runner.select(ids.order_by(*_NEWEST_FIRST).limit(n_rows))
        return await self.read(row["file_id"] for row in found)

    async def count_files(self, owner_id: str, filters: LibraryFilter) -> int:
        """Return the number of an account's files that `list_files` lists."""
        query = sa.select(sa.func.count().label("count")).select_from(files).where(_is_listed(owner_id, filters))
        return int((await self._runner.select(query))[0]["count"])

    async def parents_of(self, child_ids: Iterable[str]) -> list[Relative]:
        """Return the parents of files, in order; those of several files are told apart by `child_id`."""
        joined = parents.outerjoin(files, files.c.file_id == parents.c.parent_id)
        query = sa.select(parents.c.child_id, parents.c.parent_id.label("file_id"), *_RELATIVE_COLUMNS)
        query = query.select_from(joined).where(parents.c.child_id.in_(list(child_ids)))
        return await self._relatives(query.order_by(parents.c.child_id, parents.c.position))

    async def children_of(self, parent_id: str, owner_id: str, n_rows: int) -> list[Relative]:
        """Return the files of an account that were made from a file, the newest first.

        Parameters
        ----------
        parent_id : str
            The file.
        owner_id : str
            The account.
        n_rows : int
            Largest number of rows.
        """
        joined = parents.join(files, files.c.file_id == parents.c.child_id)
        query = sa.select(parents.c.child_id, parents.c.child_id.label("file_id"), *_RELATIVE_COLUMNS)
        is_its = (parents.c.parent_id == parent_id) & (files.c.owner_id == owner_id) & _exists()
        query = query.select_from(joined).where(is_its).distinct()
        return await self._relatives(query.order_by(files.c.created_at_s.desc()).limit(n_rows))

    async def count_children(self, parent_ids: Iterable[str]) -> dict[str, int]:
        """Return the number of files that were made from each of these, where there are any."""
        n_children = sa.func.count(parents.c.child_id.distinct()).label("n_children")
        query = sa.select(parents.c.parent_id, n_children).where(parents.c.parent_id.in_(list(parent_ids)))
        rows = await self._runner.select(query.group_by(parents.c.parent_id))
        return {row["parent_id"]: int(row["n_children"]) for row in rows}

    async def list_jobs(
        self, owner_id: str, states: Collection[str], after: Cursor | None, n_rows: int
    ) -> list[JobRow]:
        """Return a page of an account's jobs, the newest first.

        Parameters
        ----------
        owner_id : str
            The account.
        states : collection of str
            The states that are listed.
        after : Cursor or None
            The end of the page before; None for the first page.
        n_rows : int
            Largest number of rows.
        """
        query = sa.select(jobs).where((jobs.c.owner_id == owner_id) & jobs.c.state.in_(states))
        if after is not None:
            same_time = (jobs.c.created_at_s == after.created_at_s) & (jobs.c.job_id > after.entry_id)
            query = query.where((jobs.c.created_at_s < after.created_at_s) | same_time)
        query = query.order_by(jobs.c.created_at_s.desc(), jobs.c.job_id).limit(n_rows)
        return [to_job_row(row) for row in await self._runner.select(query)]

    async def claim(self, owner_id: str, file_ids: Collection[str], expires_at_s: float | None) -> None:
        """Give files that belong to nobody, and the jobs that wrote them, to an account.

        Parameters
        ----------
        owner_id : str
            The account.
        file_ids : collection of str
            The files; those that belong to somebody stay as they are.
        expires_at_s : float or None
            When they expire; None for an account whose files do not.
        """
        await self._runner.transaction(_claim, owner_id, file_ids, expires_at_s)

    async def delete(self, file_ids: Collection[str], now_s: float) -> None:
        """Mark files as deleted: nothing finds them any more, and they can be restored until they are purged."""
        is_chosen = files.c.file_id.in_(file_ids) & files.c.deleted_at_s.is_(None)
        await self._runner.execute(sa.update(files).where(is_chosen).values(deleted_at_s=now_s))

    async def clear(self, owner_id: str, with_starred: bool, now_s: float) -> None:
        """Mark all files of an account as deleted, or all that are not starred."""
        is_chosen = (files.c.owner_id == owner_id) & _exists()
        if not with_starred:
            is_chosen &= files.c.starred.is_(False)
        await self._runner.execute(sa.update(files).where(is_chosen).values(deleted_at_s=now_s))

    async def find_deleted(self, file_ids: Collection[str], since_s: float) -> list[FileRow]:
        """Return those of these files that were deleted after a time."""
        is_chosen = files.c.file_id.in_(file_ids) & (files.c.deleted_at_s >= since_s)
        return [to_file_row(row) for row in await self._runner.select(sa.select(files).where(is_chosen))]

    async def restore(self, file_ids: Collection[str], since_s: float) -> None:
        """Restore those of these files that were deleted after a time."""
        is_chosen = files.c.file_id.in_(file_ids) & (files.c.deleted_at_s >= since_s)
        await self._runner.execute(sa.update(files).where(is_chosen).values(deleted_at_s=None))

    async def restore_all(self, owner_id: str, since_s: float) -> int:
        """Restore all files of an account that were deleted after a time; return their number."""
        is_chosen = (files.c.owner_id == owner_id) & (files.c.deleted_at_s >= since_s)
        return await self._runner.execute(sa.update(files).where(is_chosen).values(deleted_at_s=None))

    async def list_deleted(self, before_s: float) -> list[FileRow]:
        """Return the files that were deleted before a time and are not purged yet."""
        query = sa.select(files).where(files.c.deleted_at_s < before_s)
        return [to_file_row(row) for row in await self._runner.select(query)]

    async def first_deletion_s(self) -> float | None:
        """Return the earliest time at which a file was deleted that is not purged yet; None if there is none."""
        rows = await self._runner.select(sa.select(sa.func.min(files.c.deleted_at_s).label("first_s")))
        first_s: float | None = rows[0]["first_s"]
        return first_s

    async def read(self, file_ids: Iterable[str]) -> list[LibraryRow]:
        """Return what a list shows of files, in the order of their ids."""
        requested = list(file_ids)
        query = sa.select(*_LIST_COLUMNS).select_from(files.outerjoin(jobs, jobs.c.job_id == files.c.job_id))
        rows = await self._runner.select(query.where(files.c.file_id.in_(requested)))
        found = {row["file_id"]: LibraryRow(**row) for row in rows}
        return [found[file_id] for file_id in requested if file_id in found]

    async def _relatives(self, query: sa.Select[Any]) -> list[Relative]:
        now_s = time.time()
        return [_to_relative(row, now_s) for row in await self._runner.select(query)]


_NEWEST_FIRST = (files.c.created_at_s.desc(), files.c.file_id)
"""As the index of the library has it."""

_LIST_COLUMNS = (
    *(files.c[name] for name in ("file_id", "name", "title", "kind", "method", "starred")),
    *(files.c[name] for name in ("created_at_s", "expires_at_s", "job_id", "summary")),
    # A provenance is long: it tells of every bar.
    files.c.provenance["settings"].label("settings"),
    files.c.provenance["weight"].label("weight"),
    files.c.provenance["job"].label("transcription_job_id"),
    jobs.c.batch_id,
    jobs.c.job_id.is_not(None).label("has_job"),
)
_RELATIVE_COLUMNS = (
    parents.c.title.label("former_title"),
    *(files.c[name] for name in ("name", "title", "owner_id", "kind", "method", "expires_at_s", "deleted_at_s")),
    files.c.created_at_s,
)


def _is_listed(owner_id: str, filters: LibraryFilter) -> sa.ColumnElement[bool]:
    conditions = [files.c.owner_id == owner_id, _exists()]
    conditions += [files.c.search.contains(word, autoescape=True) for word in filters.words]
    if filters.kind is not None:
        conditions.append(files.c.kind == filters.kind)
    if filters.is_starred is not None:
        conditions.append(files.c.starred.is_(filters.is_starred))
    if filters.method is not None:
        conditions.append(files.c.method == filters.method)
    else:
        is_shown = files.c.method.is_(None) | files.c.method.not_in([TRANSCRIBE, _PREVIEW])
        conditions.append(is_shown | ((files.c.method == _PREVIEW) & files.c.starred.is_(True)))
    if filters.parent_id is not None:
        children = sa.select(parents.c.child_id).where(parents.c.parent_id == filters.parent_id)
        conditions.append(files.c.file_id.in_(children))
    return sa.and_(*conditions)


def _exists() -> sa.ColumnElement[bool]:
    is_unexpired = files.c.expires_at_s.is_(None) | (files.c.expires_at_s >= time.time())
    return is_unexpired & files.c.deleted_at_s.is_(None)


def _to_relative(row: dict[str, Any], now_s: float) -> Relative:
    is_unexpired = row["expires_at_s"] is None or row["expires_at_s"] >= now_s
    return Relative(
        child_id=row["child_id"],
        file_id=row["file_id"],
        title=row["former_title"] if row["name"] is None else title_of(row["name"], row["title"]),
        owner_id=row["owner_id"],
        exists=row["name"] is not None and row["deleted_at_s"] is None and is_unexpired,
        kind=row["kind"],
        method=row["method"],
    )


def _claim(connection: sa.Connection, owner_id: str, file_ids: Collection[str], expires_at_s: float | None) -> None:
    is_chosen = files.c.file_id.in_(file_ids) & files.c.owner_id.is_(None)
    changed = sa.update(files).where(is_chosen).values(owner_id=owner_id, expires_at_s=expires_at_s)
    connection.execute(changed)
    job_ids = sa.select(files.c.job_id).where(files.c.file_id.in_(file_ids) & (files.c.owner_id == owner_id))
    is_its_job = jobs.c.job_id.in_(job_ids) & jobs.c.owner_id.is_(None)
    connection.execute(sa.update(jobs).where(is_its_job).values(owner_id=owner_id))


def with_unique_title(connection: sa.Connection, row: FileRow) -> FileRow:
    """Return a result with the first number in its title and name that tells it from others, if it needs one.

    Others are those of the same owner; of a result without one, those of the same first parent or the same job. The
    transaction must have begun to write, so that no other result gets the same title at the same time.

    Parameters
    ----------
    connection : sa.Connection
        A transaction.
    row : FileRow
        The result; no row with its id is stored.
    """
    title = row.stem
    first_parent = next((parent["file_id"] for parent in row.parent_files), "")
    if connection.dialect.name == "postgresql":
        scope = row.owner_id or first_parent or row.job_id or ""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_SPACE, sa.func.hashtext(scope))))
    query = sa.select(files.c.name, files.c.title).where(files.c.search.startswith(title.casefold(), autoescape=True))
    if row.owner_id is not None:
        query = query.where(files.c.owner_id == row.owner_id)
    else:
        children = sa.select(parents.c.child_id).where(parents.c.parent_id == first_parent)
        is_related = files.c.file_id.in_(children) | (files.c.job_id == row.job_id)
        query = query.where(files.c.owner_id.is_(None) & is_related)
    numbered = number_title(title, {title_of(each.name, each.title) for each in connection.execute(query)})
    return row if numbered == title else replace(row, title=numbered, name=f"{numbered}.mid")


def number_title(title: str, taken: Collection[str]) -> str:
    """Return a title with the first number that makes it differ from others; without one where it does already."""
    number, numbered = 1, title
    while numbered in taken:
        number += 1
        numbered = f"{title} ({number})"
    return numbered
