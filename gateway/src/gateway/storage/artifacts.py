"""Artifacts: bytes under keys, in a local folder or on any S3 server."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import errno
import io
import os
import re
import secrets
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import BinaryIO, Protocol

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, S3Error
from servicekit.faults import Fault, Internal, NotFound, StoreFull, UpstreamUnavailable

from gateway.settings import Settings
from gateway.storage.executor import Threads

_KEY = re.compile(r"[a-z]+(/[0-9a-z][0-9a-z._-]*)+")
READ_BYTES = 1024 * 1024
"""Of a file that is read in parts."""

_THREADS = 8
_NOTHING_THERE = {"NoSuchKey", "NoSuchBucket", "NoSuchObject"}
_NO_ROOM = {"XMinioStorageFull", "QuotaExceeded", "EntityTooLarge", "InsufficientStorage"}


class Store(Protocol):
    """Keeps bytes under keys such as ``files/3f2a.mid``. Writing a key again replaces what was there, whole."""

    async def put(self, key: str, data: bytes) -> None:
        """Write; `StoreFull` where there is no room, and nothing is left of the attempt."""

    async def put_file(self, key: str, file: BinaryIO, byte_count: int) -> None:
        """Write what an open file holds from where it stands, never all of it in memory."""

    async def get(self, key: str) -> bytes:
        """Read; `NotFound` for a key that is not there."""

    def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Read bytes from `start` to before `end` in parts; `NotFound` for a key that is not there."""

    async def list(self, prefix: str) -> builtins.list[str]:
        """Name the keys that begin so, in order."""

    async def remove(self, key: str) -> None:
        """Remove; a key that is not there is none the less gone."""

    async def check(self) -> None:
        """Raise a fault unless the store can be used."""


def open_store(settings: Settings) -> Store:
    """Give the store that the settings name."""
    if settings.store == "s3":
        return S3Store(settings)
    return FolderStore(settings.data / "artifacts", settings.store_spare_bytes)


class FolderStore:
    """A store in a local folder. A file appears under its name only when it is whole and on the disk.

    Parameters
    ----------
    root : Path
        The folder; made when missing.
    spare_bytes : int
        With less than this left on its disk the store counts as full: the database needs room too.
    """

    def __init__(self, root: Path, spare_bytes: int) -> None:
        self._root = root
        self._spare_bytes = spare_bytes
        self._threads = Threads("store", _THREADS)
        root.mkdir(parents=True, exist_ok=True)

    async def put(self, key: str, data: bytes) -> None:
        await self.put_file(key, io.BytesIO(data), len(data))

    async def put_file(self, key: str, file: BinaryIO, byte_count: int) -> None:
        await self._threads.run(self._put, self._path(key), file, byte_count)

    async def get(self, key: str) -> bytes:
        try:
            return await self._threads.run(self._path(key).read_bytes)
        except FileNotFoundError:
            raise _gone() from None

    async def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        try:
            file = await self._threads.run(self._path(key).open, "rb")
        except FileNotFoundError:
            raise _gone() from None
        try:
            await self._threads.run(file.seek, start)
            while start < end and (part := await self._threads.run(file.read, min(READ_BYTES, end - start))):
                start += len(part)
                yield part
        finally:
            await asyncio.shield(self._threads.run(file.close))

    async def list(self, prefix: str) -> builtins.list[str]:
        return await self._threads.run(self._list, prefix)

    async def remove(self, key: str) -> None:
        await self._threads.run(self._remove, self._path(key))

    async def check(self) -> None:
        await self._threads.run(self._check_room, 0)

    def _put(self, path: Path, source: BinaryIO, byte_count: int) -> None:
        self._check_room(byte_count)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                shutil.copyfileobj(source, file, READ_BYTES)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise _disk_fault(error) from error

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if path.parent.parent != self._root:
            # A folder of a job's own, which nobody writes to any more.
            with contextlib.suppress(OSError):
                path.parent.rmdir()

    def _list(self, prefix: str) -> builtins.list[str]:
        # Only the prefix's folder is walked, and by `os.walk`, which does not mind folders that vanish meanwhile.
        top = self._root / prefix.rpartition("/")[0]
        found = (Path(folder, name) for folder, _, names in os.walk(top) for name in names)
        listed = (path.relative_to(self._root).as_posix() for path in found)
        return sorted(name for name in listed if name.startswith(prefix) and _KEY.fullmatch(name))

    def _check_room(self, byte_count: int) -> None:
        if shutil.disk_usage(self._root).free - byte_count < self._spare_bytes:
            raise _full()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Internal(f"not a key: {key}")
        return self._root / key


class S3Store:
    """A store on an S3 server, through the minio SDK; only put, get, range, list and remove are used."""

    def __init__(self, settings: Settings) -> None:
        pool = urllib3.PoolManager(
            maxsize=_THREADS,
            timeout=urllib3.Timeout(connect=5, read=30),
            retries=urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
        )
        self._client = Minio(
            settings.s3_endpoint,
            access_key=settings.s3_access_key.get_secret_value(),
            secret_key=settings.s3_secret_key.get_secret_value(),
            secure=settings.s3_secure,
            http_client=pool,
        )
        self._bucket = settings.s3_bucket
        self._threads = Threads("store", _THREADS)

    async def put(self, key: str, data: bytes) -> None:
        await self.put_file(key, io.BytesIO(data), len(data))

    async def put_file(self, key: str, file: BinaryIO, byte_count: int) -> None:
        await self._threads.run(self._put, key, file, byte_count)

    async def get(self, key: str) -> bytes:
        return await self._threads.run(self._get, key)

    async def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        # Each part is a call of its own: a slow reader holds no connection open.
        while start < end and (part := await self._threads.run(self._get, key, start, min(READ_BYTES, end - start))):
            start += len(part)
            yield part

    async def list(self, prefix: str) -> builtins.list[str]:
        return await self._threads.run(self._list, prefix)

    async def remove(self, key: str) -> None:
        await self._threads.run(self._remove, key)

    async def check(self) -> None:
        await self._threads.run(self._make_bucket)

    def _put(self, key: str, file: BinaryIO, byte_count: int) -> None:
        try:
            self._client.put_object(self._bucket, key, file, byte_count)
        except Exception as error:
            raise _s3_fault(error) from error

    def _get(self, key: str, offset: int = 0, byte_count: int = 0) -> bytes:
        """Read an object; of 0 bytes, all that follow."""
        try:
            response = self._client.get_object(self._bucket, key, offset=offset, length=byte_count)
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()
        except Exception as error:
            raise _s3_fault(error) from error

    def _list(self, prefix: str) -> builtins.list[str]:
        try:
            found = self._client.list_objects(self._bucket, prefix=prefix, recursive=True)
            return sorted(entry.object_name for entry in found if entry.object_name)
        except Exception as error:
            raise _s3_fault(error) from error

    def _remove(self, key: str) -> None:
        try:
            self._client.remove_object(self._bucket, key)
        except Exception as error:
            raise _s3_fault(error) from error

    def _make_bucket(self) -> None:
        try:
            if not self._client.bucket_exists(self._bucket):
                self._client.make_bucket(self._bucket)
        except Exception as error:
            raise _s3_fault(error) from error


def _sync_folder(folder: Path) -> None:
    """Make a rename last: the entry is the folder's content, not the file's."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _gone() -> NotFound:
    return NotFound("The file is not in the store any more.")


def _full() -> StoreFull:
    return StoreFull("There is no room for another file. Delete some, or try again later.")


def _disk_fault(error: OSError) -> Fault:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _full()
    return Internal("the store's folder cannot be written")


def _s3_fault(error: Exception) -> Fault:
    if isinstance(error, S3Error) and error.code in _NOTHING_THERE:
        return _gone()
    if isinstance(error, S3Error) and error.code in _NO_ROOM:
        return _full()
    if isinstance(error, S3Error | InvalidResponseError | urllib3.exceptions.HTTPError):
        return UpstreamUnavailable("The store cannot be reached. Try again in a moment.")
    return Internal("the store failed")
