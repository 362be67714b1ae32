"""Generates the gallery's pieces again, through the running product, and compares their notes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from gateway.gallery.catalog import GallerySpec, read_specs

_CALL_TIMEOUT_S = 900.0

Tracks = list[dict[str, Any]]
"""The tracks of a piano roll, as ``/files/{id}/notes`` returns them."""


class Regenerator:
    """Requests pieces from a running gateway, as a browser would.

    Parameters
    ----------
    url : str
        Address of the gateway.
    folder : Path
        Folder of ``gallery.json`` and the pieces.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._http = httpx.Client(base_url=url, timeout=_CALL_TIMEOUT_S)
        self._folder = folder
        self._specs = {spec.id: spec for spec in read_specs(folder)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def select(self, ids: Iterable[str]) -> list[GallerySpec]:
        """Return the entries with some ids, or all; parents come before the blends of them.

        Raises
        ------
        KeyError
            If an id is not in the gallery.
        """
        requested = list(ids)
        if unknown := [each for each in requested if each not in self._specs]:
            raise KeyError(unknown[0])
        return [spec for spec in self._specs.values() if not requested or spec.id in requested]

    def generate(self, spec: GallerySpec) -> bytes:
        """Generate a piece by its settings, from its parents in the folder.

        Raises
        ------
        RuntimeError
            If the product refuses the request, or the job fails.
        """
        body = dict(spec.settings)
        if spec.method == "vae":
            body["file_ids"] = [self._upload(self.path(self._specs[parent])) for parent in spec.parents]
        submitted = _body(self._http.post(f"/generate/{spec.method}", json=body))
        job = self._wait(submitted["job_id"])
        if job["state"] != "succeeded":
            raise RuntimeError(f"{spec.id}: {job['state']}: {(job['error'] or {}).get('detail', '')}")
        return self._http.get(f"/download/{job['results'][0]['file_id']}").content

    def has_same_notes(self, midi: bytes, spec: GallerySpec) -> bool:
        """Return whether a piece has the notes of the one in the folder."""
        expected = self.path(spec).read_bytes()
        return midi == expected or self._notes(midi) == self._notes(expected)

    def count_notes(self, midi: bytes) -> int:
        """Return the number of notes of a piece."""
        return sum(len(track["notes"]) for track in self._notes(midi))

    def path(self, spec: GallerySpec) -> Path:
        """Return the path of a piece in the folder."""
        return self._folder / f"{spec.id}.mid"

    def _notes(self, midi: bytes) -> Tracks:
        file_id = self._upload_bytes("piece.mid", midi)
        tracks: Tracks = _body(self._http.get(f"/files/{file_id}/notes"))["tracks"]
        return tracks

    def _upload(self, path: Path) -> str:
        return self._upload_bytes(path.name, path.read_bytes())

    def _upload_bytes(self, name: str, midi: bytes) -> str:
        uploaded = _body(self._http.post("/upload", files=[("files", (name, midi, "audio/midi"))]))
        file_id: str = uploaded["files"][0]["file_id"]
        return file_id

    def _wait(self, job_id: str) -> dict[str, Any]:
        """Follow a job to its end, and return its final state."""
        job: dict[str, Any] = {}
        with self._http.stream("GET", f"/jobs/{job_id}/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    job = json.loads(line.removeprefix("data: "))
        return job


def _body(response: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    if response.is_error:
        raise RuntimeError(f"{response.request.url.path}: {body.get('detail', response.status_code)}")
    return body
