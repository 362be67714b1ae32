"""The library's queries: what belongs to an account, and titles that nothing else of it has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa

from gateway.storage.database import files, parents
from gateway.storage.rows import FileRow

_LOCK_SPACE = 0x5E60
"""First key of PostgreSQL's advisory locks on titles."""


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
    title = row.title or row.stem
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
    numbered = number_title(title, {each.title or each.name.removesuffix(".mid") for each in connection.execute(query)})
    return row if numbered == title else replace(row, title=numbered, name=f"{numbered}.mid")


def number_title(title: str, taken: Collection[str]) -> str:
    """Return a title with the first number that makes it differ from others; without one where it does already."""
    number, numbered = 1, title
    while numbered in taken:
        number += 1
        numbered = f"{title} ({number})"
    return numbered
