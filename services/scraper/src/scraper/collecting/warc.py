"""WARC records (ISO 28500): responses as they came, each compressed by itself, for archives and other tools."""

from __future__ import annotations

import gzip
import uuid
from datetime import UTC, datetime
from pathlib import Path

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
        status = f"HTTP/1.1 {result.status} {result.reason}".rstrip()
        fields = [f"{name}: {value}" for name, value in result.headers.items() if name not in _DROPPED]
        head = "\r\n".join([status, *fields, f"Content-Length: {len(result.body)}", "", ""]).encode("utf-8")
        self._append("response", "application/http; msgtype=response", head + result.body, result.url)

    def _append(self, kind: str, content_type: str, block: bytes, url: str = "") -> None:
        path = self._folder / f"segue-{self._number:05d}.warc.gz"
        if path.exists() and path.stat().st_size > MAX_FILE_BYTES:
            self._number += 1
            path = self._folder / f"segue-{self._number:05d}.warc.gz"
        if not path.exists() and kind != "warcinfo":
            self._append("warcinfo", "application/warc-fields", f"software: {self._software}\r\n".encode())
        lines = [
            "WARC/1.1",
            f"WARC-Type: {kind}",
            f"WARC-Record-ID: <urn:uuid:{uuid.uuid4()}>",
            f"WARC-Date: {datetime.now(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}",
            *([f"WARC-Target-URI: {url}"] if url else []),
            f"Content-Type: {content_type}",
            f"Content-Length: {len(block)}",
        ]
        record = "\r\n".join([*lines, "", ""]).encode() + block + b"\r\n\r\n"
        with path.open("ab") as file:
            file.write(gzip.compress(record, 6))
