"""Everything that is stored about an account, as one zip file, streamed: never all of it in memory."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from servicekit.faults import NotFound

from gateway.context import AppContext
from gateway.storage import database
from gateway.storage.rows import FileRow, to_file_row
from gateway.zip_buffer import ZipBuffer

_ROWS_AT_ONCE = 200
_MANIFEST = "manifest.json"

TABLES: dict[str, tuple[sa.Table, str]] = {
    "account": (database.accounts, "account_id"),
    "sessions": (database.sessions, "account_id"),
    "tokens": (database.tokens, "account_id"),
    "passkeys": (database.passkeys, "account_id"),
    "identities": (database.identities, "account_id"),
    "files": (database.files, "owner_id"),
    "jobs": (database.jobs, "owner_id"),
    "batches": (database.batches, "owner_id"),
    "shares": (database.shares, "owner_id"),
}
"""What the manifest has of each account: the tables, and the column that names the account."""

LEFT_OUT = {"password_hash", "secret_hash", "name_key", "search"}
"""Columns that the manifest lacks: what others could log in with, and what follows from other columns."""


@dataclass(frozen=True)
class _Stored:
    """A file of the archive: where it lies in the store, and where in the archive.

    Attributes
    ----------
    byte_count : int or None
        Its size; None for a small one that is read at once.
    """

    key: str
    byte_count: int | None
    path: str
    created_at_s: float


async def export(context: AppContext, account_id: str) -> AsyncIterator[bytes]:
    """Yield a zip file: every file of an account, and a manifest of everything that is stored about it."""
    outbox = ZipBuffer()
    with zipfile.ZipFile(outbox, "w") as archive:
        stored: list[_Stored] = []
        with archive.open(_entry(_MANIFEST, datetime.now(UTC).timestamp()), "w", force_zip64=True) as entry:
            async for text in _manifest(context, account_id, stored):
                entry.write(text.encode())
                yield outbox.take()
        for file in stored:
            async for part in _add(context, archive, outbox, file):
                yield part
    yield outbox.take()


async def _add(context: AppContext, archive: zipfile.ZipFile, outbox: ZipBuffer, file: _Stored) -> AsyncIterator[bytes]:
    """Write a file of the store to the archive; one that was deleted meanwhile is left out."""
    async with aclosing(_read(context, file)) as parts:
        try:
            first = await anext(parts, b"")
        except NotFound:
            return
        with archive.open(_entry(file.path, file.created_at_s), "w", force_zip64=True) as entry:
            entry.write(first)
            yield outbox.take()
            async for part in parts:
                entry.write(part)
                yield outbox.take()


async def _read(context: AppContext, file: _Stored) -> AsyncGenerator[bytes, None]:
    if file.byte_count is None:
        yield await context.store.get(file.key)
        return
    async with aclosing(context.store.read(file.key, 0, file.byte_count)) as parts:
        async for part in parts:
            yield part


async def _manifest(context: AppContext, account_id: str, stored: list[_Stored]) -> AsyncIterator[str]:
    """Yield the manifest as JSON, row by row, and note down which files it names."""
    paths = _Paths()
    yield '{"format": "segue-account-1"'
    for name, (table, owner) in TABLES.items():
        yield f', "{name}": ['
        separator = ""
        async for row in _rows(context, table, table.c[owner] == account_id):
            described = _describe(row)
            if table is database.files:
                files = list(_stored_files(to_file_row(row), paths))
                stored.extend(files)
                described["paths"] = [file.path for file in files]
            yield separator + json.dumps(described, ensure_ascii=False)
            separator = ",\n"
        yield "]"
    yield "}\n"


async def _rows(
    context: AppContext, table: sa.Table, condition: sa.ColumnElement[bool]
) -> AsyncIterator[Mapping[str, Any]]:
    """Yield rows in the order of their keys, a few hundred at a time."""
    keys = list(table.primary_key.columns)
    if "deleted_at_s" in table.c:
        condition &= table.c.deleted_at_s.is_(None)
    after: sa.ColumnElement[bool] = sa.true()
    while True:
        query = sa.select(table).where(condition).where(after).order_by(*keys).limit(_ROWS_AT_ONCE)
        rows = await context.queries.select(query)
        for row in rows:
            yield row
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = sa.tuple_(*keys) > sa.tuple_(*(sa.literal(rows[-1][key.name]) for key in keys))


def _describe(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as JSON: times in words, and without `LEFT_OUT`."""
    return {
        name.removesuffix("_s") if name.endswith("_at_s") else name: _value(name, value)
        for name, value in row.items()
        if name not in LEFT_OUT
    }


def _value(name: str, value: Any) -> Any:
    if name.endswith("_at_s") and value is not None:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _stored_files(row: FileRow, paths: _Paths) -> Iterator[_Stored]:
    """Yield what is stored of a file: its bytes, and the piece on the beats that were found, if there is one."""
    yield _Stored(row.key, row.byte_count, paths.reserve(row.name), row.created_at_s)
    if row.music_key != row.key:
        yield _Stored(row.music_key, None, paths.reserve(f"{row.stem}.beats.mid"), row.created_at_s)


class _Paths:
    """Paths in the archive, unique on file systems that do not tell upper from lower case."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def reserve(self, name: str) -> str:
        """Return a path for a file name; a number is appended where the name is in use."""
        stem, dot, extension = name.rpartition(".")
        stem, extension = (stem, dot + extension) if stem else (name, "")
        candidate = name
        while candidate.casefold() in self._counts:
            self._counts[name.casefold()] += 1
            candidate = f"{stem} ({self._counts[name.casefold()]}){extension}"
        self._counts[candidate.casefold()] = 1
        return f"files/{candidate}"


def _entry(path: str, time_s: float) -> zipfile.ZipInfo:
    """Return an entry. Music is compressed already, or small: only the manifest gains."""
    entry = zipfile.ZipInfo(path, datetime.fromtimestamp(max(time_s, 315619200.0), UTC).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED if path == _MANIFEST else zipfile.ZIP_STORED
    return entry
