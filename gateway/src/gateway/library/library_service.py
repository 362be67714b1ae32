"""Lists, names, stars, deletes and restores what belongs to an account."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.context import AppContext
from gateway.domain.json_codec import JsonObject
from gateway.files import recordings
from gateway.ids import derive_id
from gateway.library.cursors import read_cursor, write_cursor
from gateway.library.names import check_title, file_name
from gateway.library.purger import UNDO_S, Purger
from gateway.storage.library import LibraryFilter, LibraryRepository, LibraryRow, Relative
from gateway.storage.repository import unknown_file
from gateway.storage.rows import FileRow, JobRow

PAGE_SIZE = 50
_MAX_CHILDREN = 200


@dataclass(frozen=True)
class LibraryEntry:
    """A file as a library lists it.

    Attributes
    ----------
    summary : dict or None
        JSON of its `PieceSummary`; that of a recording is its transcription's, None until there is one.
    parents : list of Relative
        What it was made from.
    n_children : int
        Number of files that were made from it.
    """

    row: LibraryRow
    summary: JsonObject | None
    parents: list[Relative]
    n_children: int


@dataclass(frozen=True)
class LibraryPage:
    """A page of a library; `total` counts the entries of all pages, and the last page has no cursor."""

    entries: list[LibraryEntry]
    cursor: str | None
    total: int


class LibraryService:
    """The libraries of all accounts.

    Parameters
    ----------
    context : AppContext
        The stores.
    purger : Purger
        Deletes the bytes of what was deleted.
    """

    def __init__(self, context: AppContext, purger: Purger) -> None:
        self._context = context
        self._purger = purger
        self._library = LibraryRepository(context.queries)

    async def list_page(self, owner_id: str, filters: LibraryFilter, cursor: str | None) -> LibraryPage:
        """Return a page of an account's files, the newest first.

        Parameters
        ----------
        owner_id : str
            The account.
        filters : LibraryFilter
            Which files.
        cursor : str or None
            The cursor of the page before; None for the first page.
        """
        rows = await self._library.list_files(owner_id, filters, read_cursor(cursor), PAGE_SIZE + 1)
        shown, last = rows[:PAGE_SIZE], rows[min(len(rows), PAGE_SIZE) - 1] if rows else None
        next_cursor = write_cursor(last.created_at_s, last.file_id) if last and len(rows) > PAGE_SIZE else None
        entries = await self._describe(shown)
        is_all = cursor is None and next_cursor is None
        total = len(shown) if is_all else await self._library.count_files(owner_id, filters)
        return LibraryPage(entries, next_cursor, total)

    async def list_jobs(
        self, owner_id: str, states: Sequence[str], cursor: str | None
    ) -> tuple[list[JobRow], str | None]:
        """Return a page of an account's jobs, the newest first, and the cursor of the next page.

        Parameters
        ----------
        owner_id : str
            The account.
        states : sequence of str
            The states that are listed.
        cursor : str or None
            The cursor of the page before; None for the first page.
        """
        rows = await self._library.list_jobs(owner_id, states, read_cursor(cursor), PAGE_SIZE + 1)
        shown = rows[:PAGE_SIZE]
        has_more = len(rows) > PAGE_SIZE
        return shown, write_cursor(shown[-1].created_at_s, shown[-1].job_id) if has_more else None

    async def parents(self, file_id: str) -> list[Relative]:
        """Return what a file was made from."""
        return await self._library.parents_of([file_id])

    async def children(self, file_id: str, owner_id: str | None) -> list[Relative]:
        """Return what an account has made from a file, the newest first; nothing for no account."""
        return [] if owner_id is None else await self._library.children_of(file_id, owner_id, _MAX_CHILDREN)

    async def rename(self, row: FileRow, name: str) -> None:
        """Give a file a title, which is the name of its downloads too; `InvalidInput` for one that cannot be shown.

        A recording's transcription gets the same title: it takes the recording's place in a blend.
        """
        title = check_title(name)
        pieces = [row]
        if row.is_recording and (transcription := await recordings.find_transcription(self._context, row)):
            pieces.append(transcription)
        for piece in pieces:
            renamed = replace(piece, title=title, name=file_name(title, piece))
            await self._context.repository.update_file(
                piece.file_id, title=title, name=renamed.name, search=renamed.search_text
            )

    async def star(self, row: FileRow, is_starred: bool) -> None:
        """Star a file of an account, so that it never expires, or let it expire again."""
        assert row.owner_id is not None, "only what belongs to an account is starred"
        expires_at_s = None if is_starred else await self._expiry_s(row.owner_id)
        for file_id in recordings.include_transcriptions([row]):
            await self._context.repository.update_file(file_id, starred=is_starred, expires_at_s=expires_at_s)

    async def claim(self, owner_id: str, rows: Sequence[FileRow]) -> None:
        """Give files that belong to nobody to an account; those that belong to it already stay as they are."""
        file_ids = recordings.include_transcriptions(rows)
        await self._library.claim(owner_id, file_ids, await self._expiry_s(owner_id))

    async def delete(self, row: FileRow) -> None:
        """Delete a file in such a way that it can be restored for a while; a recording with its transcription."""
        await self._library.delete(recordings.include_transcriptions([row]), time.time())
        self._purger.schedule()

    async def find_deleted(self, file_id: str) -> FileRow:
        """Return a file that was deleted and can be restored; `NotFound` for any other."""
        rows = await self._library.find_deleted([file_id], time.time() - UNDO_S)
        if not rows:
            raise unknown_file(file_id)
        return rows[0]

    async def restore(self, row: FileRow) -> None:
        """Restore a file that was deleted; a recording with its transcription."""
        await self._library.restore(recordings.include_transcriptions([row]), time.time() - UNDO_S)

    async def clear(self, owner_id: str, with_starred: bool) -> int:
        """Delete all files of an account, or all that are not starred, as `delete` does.

        Returns
        -------
        int
            Number of files that the library listed. Transcriptions and previews are deleted too.
        """
        listed = LibraryFilter(is_starred=None if with_starred else False)
        n_listed = await self._library.count_files(owner_id, listed)
        await self._library.clear(owner_id, with_starred, time.time())
        self._purger.schedule()
        return n_listed

    async def restore_all(self, owner_id: str) -> int:
        """Restore what an account has deleted a moment ago; return the number of files."""
        return await self._library.restore_all(owner_id, time.time() - UNDO_S)

    async def _describe(self, rows: Sequence[LibraryRow]) -> list[LibraryEntry]:
        file_ids = [row.file_id for row in rows]
        parents: dict[str, list[Relative]] = {}
        for parent in await self._library.parents_of(file_ids):
            parents.setdefault(parent.child_id, []).append(parent)
        n_children = await self._library.count_children(file_ids)
        summaries = await self._transcription_summaries(rows)
        return [
            LibraryEntry(
                row,
                summaries.get(row.file_id) if row.kind == "audio" else row.summary,
                parents.get(row.file_id, []),
                n_children.get(row.file_id, 0),
            )
            for row in rows
        ]

    async def _transcription_summaries(self, rows: Sequence[LibraryRow]) -> dict[str, JsonObject | None]:
        """Return the summaries of the transcriptions of those rows that are recordings and have one."""
        ids = {
            derive_id(row.transcription_job_id, "transcription"): row.file_id
            for row in rows
            if row.kind == "audio" and row.transcription_job_id
        }
        return {ids[row.file_id]: row.summary for row in await self._library.read(ids)}

    async def _expiry_s(self, owner_id: str) -> float | None:
        """Return when a file of an account expires that is used now; None for an account whose files do not."""
        if await self._context.accounts.is_lasting(owner_id):
            return None
        return time.time() + self._context.settings.keep_days * 86400
