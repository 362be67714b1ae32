"""The repository of shares: the links under which anyone can open a piece."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from gateway.storage.database import files, shares
from gateway.storage.queries import QueryRunner
from gateway.storage.rows import FileRow, to_file_row


@dataclass(frozen=True, kw_only=True)
class ShareRow:
    """A link to a piece.

    Attributes
    ----------
    slug : str
        The last part of the link: 22 characters that nobody can guess.
    owner_id : str or None
        The account that made it; None where the caller had none.
    expires_at_s : float or None
        When it ends, or ended; None for a link that lasts until somebody ends it.
    published : bool
        Whether the gallery lists the piece.
    """

    slug: str
    file_id: str
    owner_id: str | None
    created_at_s: float = field(default_factory=time.time)
    expires_at_s: float | None = None
    published: bool = False

    @property
    def is_live(self) -> bool:
        """Whether the link still opens the piece."""
        return self.expires_at_s is None or self.expires_at_s > time.time()


class ShareRepository:
    """Reads and writes shares.

    Parameters
    ----------
    runner : QueryRunner
        Runs the statements.
    """

    def __init__(self, runner: QueryRunner) -> None:
        self._runner = runner

    async def insert(self, share: ShareRow) -> None:
        """Write a new share."""
        values = {each.name: getattr(share, each.name) for each in fields(share)}
        await self._runner.insert(shares, values)

    async def find(self, slug: str) -> ShareRow | None:
        """Return a share, which may have ended; None for an unknown slug."""
        rows = await self._runner.select(sa.select(shares).where(shares.c.slug == slug))
        return ShareRow(**rows[0]) if rows else None

    async def list_live(self, file_id: str) -> list[ShareRow]:
        """Return the shares of a file that have not ended, the newest first."""
        query = sa.select(shares).where(shares.c.file_id == file_id, is_live()).order_by(shares.c.created_at_s.desc())
        return [ShareRow(**row) for row in await self._runner.select(query)]

    async def end(self, slug: str) -> None:
        """End a share now. It stays as long as `delete_ended` keeps it, so that its page can say that it has ended."""
        await self._runner.execute(
            sa.update(shares).where(shares.c.slug == slug).values(expires_at_s=time.time(), published=False)
        )

    async def delete_ended(self, before_s: float) -> None:
        """Delete the shares that ended before a time."""
        await self._runner.execute(sa.delete(shares).where(shares.c.expires_at_s < before_s))

    async def list_published(self, offset: int, limit: int) -> list[tuple[ShareRow, FileRow]]:
        """Return the published shares and their files, the newest first.

        Parameters
        ----------
        offset : int
            Number of shares to skip.
        limit : int
            Largest number to return.
        """
        share_columns = [shares.c[each.name].label(f"share_{each.name}") for each in fields(ShareRow)]
        file_columns = [files.c[each.name] for each in fields(FileRow)]
        query = (
            sa.select(*share_columns, *file_columns)
            .join_from(shares, files, shares.c.file_id == files.c.file_id)
            .where(shares.c.published, is_live(), files.c.deleted_at_s.is_(None))
            .order_by(shares.c.created_at_s.desc(), shares.c.slug)
            .offset(offset)
            .limit(limit)
        )
        return [_split(row) for row in await self._runner.select(query)]


def is_live() -> sa.ColumnElement[bool]:
    """Return the condition that a share has not ended."""
    return shares.c.expires_at_s.is_(None) | (shares.c.expires_at_s > time.time())


def is_shared() -> sa.ColumnElement[bool]:
    """Return the condition that a file has a share that has not ended: the file exists at least as long."""
    return sa.exists().where(shares.c.file_id == files.c.file_id, is_live())


def _split(row: dict[str, Any]) -> tuple[ShareRow, FileRow]:
    share = {name.removeprefix("share_"): value for name, value in row.items() if name.startswith("share_")}
    return ShareRow(**share), to_file_row({name: value for name, value in row.items() if not name.startswith("share_")})
