"""The artifact store: bytes under keys, in a local folder or on an S3 server."""

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
from gateway.storage.executor import BlockingExecutor

_KEY = re.compile(r"[a-z]+(/[0-9a-z][0-9a-z._-]*)+")
READ_BYTES = 1024 * 1024
"""Largest part of a file that is read in parts."""

_N_THREADS = 8
_MISSING_CODES = {"NoSuchKey", "NoSuchBucket", "NoSuchObject"}
_FULL_CODES = {"XMinioStorageFull", "QuotaExceeded", "EntityTooLarge", "InsufficientStorage"}


class ArtifactStore(Protocol):
    """Stores bytes under keys such as ``files/3f2a.mid``. Writing an existing key replaces its bytes atomically."""

    async def put(self, key: str, data: bytes) -> None:
        """Write bytes; `StoreFull` if there is no room, and then nothing of the attempt is left."""

    async def put_file(self, key: str, file: BinaryIO, byte_count: int) -> None:
        """Write an open file from its current position, never all of it in memory.

        Parameters
        ----------
        key : str
            Where to write.
        file : BinaryIO
            The source.
        byte_count : int
            Number of bytes that follow in it.
        """

    async def get(self, key: str) -> bytes:
        """Return all bytes; `NotFound` for a missing key."""

    def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Yield the bytes from `start` to before `end` in parts; `NotFound` for a missing key.

        Parameters
        ----------
        key : str
            What to read.
        start, end : int
            The first byte, and the one after the last.
        """

    async def list(self, prefix: str) -> builtins.list[str]:
        """Return the keys with a prefix, in order."""

    async def delete(self, key: str) -> None:
        """Delete a key. Missing keys are ignored."""

    async def check(self) -> None:
        """Raise a fault if the store cannot be used."""


def open_store(settings: Settings) -> ArtifactStore:
    """Return the store that the settings select."""
    if settings.store == "s3":
        return S3Store(settings)
    return FolderStore(settings.data / "artifacts", settings.store_spare_bytes)


class FolderStore:
    """A store in a local folder. A file appears under its name only when it is complete and on the disk.

    Parameters
    ----------
    root : Path
        The folder; created if missing.
    spare_bytes : int
        Free space at which the store counts as full: the database needs room too.
    """

    def __init__(self, root: Path, spare_bytes: int) -> None:
        self._root = root
        self._spare_bytes = spare_bytes
        self._executor = BlockingExecutor("store", _N_THREADS)
        root.mkdir(parents=True, exist_ok=True)

    async def put(self, key: str, data: bytes) -> None:
        """Write bytes."""
        await self.put_file(key, io.BytesIO(data), len(data))

    async def put_file(self, key: str, file: BinaryIO, byte_count: int) -> None:
        """Write an open file from its current position.

        Parameters
        ----------
        key : str
            Where to write.
        file : BinaryIO
            The source.
        byte_count : int
            Number of bytes that follow in it.
        """
        await self._executor.run(self._put, self._path(key), file, byte_count)

    async def get(self, key: str) -> bytes:
        """Return all bytes; `NotFound` for a missing key."""
        try:
            return await self._executor.run(self._path(key).read_bytes)
        except FileNotFoundError:
            raise _missing() from None

    async def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Yield the bytes from `start` to before `end` in parts.

        Parameters
        ----------
        key : str
            What to read.
        start, end : int
            The first byte, and the one after the last.
        """
        try:
            file = await self._executor.run(self._path(key).open, "rb")
        except FileNotFoundError:
            raise _missing() from None
        try:
            await self._executor.run(file.seek, start)
            while start < end and (part := await self._executor.run(file.read, min(READ_BYTES, end - start))):
                start += len(part)
                yield part
        finally:
            await asyncio.shield(self._executor.run(file.close))

    async def list(self, prefix: str) -> builtins.list[str]:
        """Return the keys with a prefix, in order."""
        return await self._executor.run(self._list, prefix)

    async def delete(self, key: str) -> None:
        """Delete a key; missing keys are ignored."""
        await self._executor.run(self._delete, self._path(key))

    async def check(self) -> None:
        """Raise a fault if the store cannot be used."""
        await self._executor.run(self._check_room, 0)

    def _put(self, path: Path, source: BinaryIO, byte_count: int) -> None:
        self._check_room(byte_count)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                shutil.copyfileobj(source, file, READ_BYTES)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _disk_fault(error) from error

    def _delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if path.parent.parent != self._root:
            # The folder of a job that is finished.
            with contextlib.suppress(OSError):
                path.parent.rmdir()

    def _list(self, prefix: str) -> builtins.list[str]:
        # Only the prefix's folder is walked, with `os.walk`, which tolerates folders that are deleted meanwhile.
        folder = self._root / prefix.rpartition("/")[0]
        paths = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
        keys = (path.relative_to(self._root).as_posix() for path in paths)
        return sorted(key for key in keys if key.startswith(prefix) and _KEY.fullmatch(key))

    def _check_room(self, byte_count: int) -> None:
        if shutil.disk_usage(self._root).free - byte_count < self._spare_bytes:
            raise _full()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Internal(f"not a key: {key}")
        return self._root / key


class S3Store:
    """A store on an S3 server, through the minio SDK; it uses only put, get, range, list and delete."""

    def __init__(self, settings: Settings) -> None:
        pool = urllib3.PoolManager(
            maxsize=_N_THREADS,
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
        self._executor = BlockingExecutor("store", _N_THREADS)

    async def put(self, key: str, data: bytes) -> None:
        """Write bytes."""
        await self.put_file(key, io.BytesIO(data), len(data))

    async def put_file(self, key: str, file: BinaryIO, byte_count: int) -> None:
        """Write an open file from its current position.

        Parameters
        ----------
        key : str
            Where to write.
        file : BinaryIO
            The source.
        byte_count : int
            Number of bytes that follow in it.
        """
        await self._executor.run(self._put, key, file, byte_count)

    async def get(self, key: str) -> bytes:
        """Return all bytes; `NotFound` for a missing key."""
        return await self._executor.run(self._get, key)

    async def read(self, key: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Yield the bytes from `start` to before `end` in parts.

        Parameters
        ----------
        key : str
            What to read.
        start, end : int
            The first byte, and the one after the last.
        """
        # Each part is a call of its own, so that a slow reader holds no connection open.
        while start < end and (part := await self._executor.run(self._get, key, start, min(READ_BYTES, end - start))):
            start += len(part)
            yield part

    async def list(self, prefix: str) -> builtins.list[str]:
        """Return the keys with a prefix, in order."""
        return await self._executor.run(self._list, prefix)

    async def delete(self, key: str) -> None:
        """Delete a key; missing keys are ignored."""
        await self._executor.run(self._delete, key)

    async def check(self) -> None:
        """Raise a fault if the store cannot be used."""
        await self._executor.run(self._create_bucket)

    def _put(self, key: str, file: BinaryIO, byte_count: int) -> None:
        try:
            self._client.put_object(self._bucket, key, file, byte_count)
        except Exception as error:
            raise _s3_fault(error) from error

    def _get(self, key: str, offset: int = 0, byte_count: int = 0) -> bytes:
        """Return the bytes of an object from an offset; a `byte_count` of 0 means all."""
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

    def _delete(self, key: str) -> None:
        try:
            self._client.remove_object(self._bucket, key)
        except Exception as error:
            raise _s3_fault(error) from error

    def _create_bucket(self) -> None:
        try:
            if not self._client.bucket_exists(self._bucket):
                self._client.make_bucket(self._bucket)
        except Exception as error:
            raise _s3_fault(error) from error


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: the name is part of the folder, not of the file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing() -> NotFound:
    return NotFound("The file is not in the store any more.")


def _full() -> StoreFull:
    return StoreFull("There is no room for another file. Delete some, or try again later.")


def _disk_fault(error: OSError) -> Fault:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _full()
    return Internal("the store's folder cannot be written")


def _s3_fault(error: Exception) -> Fault:
    if isinstance(error, S3Error) and error.code in _MISSING_CODES:
        return _missing()
    if isinstance(error, S3Error) and error.code in _FULL_CODES:
        return _full()
    if isinstance(error, S3Error | InvalidResponseError | urllib3.exceptions.HTTPError):
        return UpstreamUnavailable("The store cannot be reached. Try again in a moment.")
    return Internal("the store failed")
