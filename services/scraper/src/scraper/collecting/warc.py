"""WARC records (ISO 28500): responses as they came, each compressed by itself, for archives and other tools."""

from __future__ import annotations

import io
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from scraper.fetching.fetcher import FetchResult

MAX_FILE_BYTES = 1024**3
_DROPPED = {"content-encoding", "transfer-encoding", "content-length"}


class WarcWriter:
    """Appends responses to the WARC files of a folder.

    Parameters
    ----------
    folder : Path
        It is created if it is missing.
    software : str
        The user agent, for the record that describes the file.
    """

    def __init__(self, folder: Path, software: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._software = software
        self._number = len(list(folder.glob("*.warc.gz")))

    def write(self, result: FetchResult) -> None:
        """Append a response; its body is stored decompressed, and its headers say so."""
        buffer = io.BytesIO()
        writer = WARCWriter(buffer, gzip=True, warc_version="WARC/1.1")
        path = self._path()
        if not path.exists():
            writer.write_record(writer.create_warcinfo_record(path.name, {"software": self._software}))
        headers = StatusAndHeaders(f"{result.status} {result.reason}".rstrip(), _fields(result), protocol="HTTP/1.1")
        record = writer.create_warc_record(
            result.url, "response", io.BytesIO(result.body), length=len(result.body), http_headers=headers
        )
        writer.write_record(record)
        # In one call, so that a crawl that is killed leaves whole records.
        with path.open("ab") as file:
            file.write(buffer.getvalue())

    def _path(self) -> Path:
        path = self._folder / f"segue-{self._number:05d}.warc.gz"
        if path.exists() and path.stat().st_size > MAX_FILE_BYTES:
            self._number += 1
            path = self._folder / f"segue-{self._number:05d}.warc.gz"
        return path


def _fields(result: FetchResult) -> list[tuple[str, str]]:
    fields = [(name, value) for name, value in result.headers.items() if name not in _DROPPED]
    return [*fields, ("Content-Length", str(len(result.body)))]
