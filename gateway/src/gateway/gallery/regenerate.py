"""Makes the gallery's pieces again, through the running product, and compares their notes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from gateway.gallery.catalog import Spec, read_specs

_CALL_TIMEOUT_S = 900.0

Tracks = list[dict[str, Any]]


class Maker:
    """Asks a running gateway for pieces as a browser would.

    Parameters
    ----------
    url : str
        The gateway's address.
    folder : Path
        ``gallery.json`` and the pieces.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._http = httpx.Client(base_url=url, timeout=_CALL_TIMEOUT_S)
        self._folder = folder
        self._specs = {spec.id: spec for spec in read_specs(folder)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def chosen(self, ids: Iterable[str]) -> list[Spec]:
        """Give the items of some ids, or all; parents come before what was blended from them.

        Raises
        ------
        KeyError
            For an id that is not in the gallery.
        """
        wanted = list(ids)
        if unknown := [one for one in wanted if one not in self._specs]:
            raise KeyError(unknown[0])
        return [spec for spec in self._specs.values() if not wanted or spec.id in wanted]

    def make(self, spec: Spec) -> bytes:
        """Make a piece by its settings, from its parents as they lie in the folder.

        Raises
        ------
        RuntimeError
            If the product refuses or fails.
        """
        body = dict(spec.settings)
        if spec.method == "vae":
            body["file_ids"] = [self._upload(self.path(self._specs[parent])) for parent in spec.parents]
        opened = self._told(self._http.post(f"/generate/{spec.method}", json=body))
        job = self._ended(opened["job_id"])
        if job["state"] != "succeeded":
            raise RuntimeError(f"{spec.id}: {job['state']}: {(job['error'] or {}).get('detail', '')}")
        return self._http.get(f"/download/{job['results'][0]['file_id']}").content

    def same_notes(self, made: bytes, spec: Spec) -> bool:
        """Whether a piece has the notes of the one in the folder."""
        kept = self.path(spec).read_bytes()
        return made == kept or self._notes(made) == self._notes(kept)

    def count_notes(self, midi: bytes) -> int:
        """Count a piece's notes."""
        return sum(len(track["notes"]) for track in self._notes(midi))

    def path(self, spec: Spec) -> Path:
        """Give the place of a piece."""
        return self._folder / f"{spec.id}.mid"

    def _notes(self, midi: bytes) -> Tracks:
        file_id = self._upload_bytes("piece.mid", midi)
        tracks: Tracks = self._told(self._http.get(f"/files/{file_id}/notes"))["tracks"]
        return tracks

    def _upload(self, path: Path) -> str:
        return self._upload_bytes(path.name, path.read_bytes())

    def _upload_bytes(self, name: str, midi: bytes) -> str:
        told = self._told(self._http.post("/upload", files=[("files", (name, midi, "audio/midi"))]))
        file_id: str = told["files"][0]["file_id"]
        return file_id

    def _ended(self, job_id: str) -> dict[str, Any]:
        """Follow a job to its end."""
        job: dict[str, Any] = {}
        with self._http.stream("GET", f"/jobs/{job_id}/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    job = json.loads(line.removeprefix("data: "))
        return job

    @staticmethod
    def _told(answer: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = answer.json()
        if answer.is_error:
            raise RuntimeError(f"{answer.request.url.path}: {body.get('detail', answer.status_code)}")
        return body
