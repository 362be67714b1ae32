"""The cases in the running product: uploads, descriptions, roll notes, blends and audio, each requested once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from http_client import GatewayClient
from numpy.typing import NDArray

from cases.midi_notes import MidiNotes

FILES = Path(__file__).parent / "files"
GAIN = "0.5"
"""A fixed gain of the synthesizer, so that loudness can be compared."""


class Workbench:
    """Case files in a running product.

    Parameters
    ----------
    client : GatewayClient
        A client of the product's gateway.
    """

    def __init__(self, client: GatewayClient) -> None:
        self.client = client
        self._ids: dict[str, str] = {}
        self._blends: dict[str, str] = {}

    def upload(self, name: str) -> str:
        """Upload a case file, and return its id."""
        if name not in self._ids:
            self._ids[name] = self.upload_bytes(name, read(name))
        return self._ids[name]

    def upload_bytes(self, name: str, data: bytes) -> str:
        """Upload a file by a name, and return its id."""
        response = self.client.http.post("/upload", files=[("files", (name, data, "application/octet-stream"))])
        assert response.status_code == 201, response.text
        return str(response.json()["files"][0]["file_id"])

    def describe(self, file_id: str) -> dict[str, Any]:
        """Return the description of a file."""
        return self._get(f"/files/{file_id}")

    def piano_roll(self, file_id: str) -> dict[str, Any]:
        """Return the notes of a file as the piano roll shows them."""
        return self._get(f"/files/{file_id}/notes")

    def change(self, file_id: str, **fields: Any) -> dict[str, Any]:
        """Overrule roles or the grid of a file; return its description."""
        response = self.client.http.patch(f"/files/{file_id}", json=fields)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def blend(self, first: str, second: str, **fields: Any) -> str:
        """Blend two case files, and return the id of the result."""
        return self.blend_ids(self.upload(first), self.upload(second), **fields)

    def blend_ids(self, first_id: str, second_id: str, **fields: Any) -> str:
        """Blend two uploaded files, and return the id of the result."""
        request = {"file_ids": [first_id, second_id], "seed": 1, **fields}
        key = json.dumps(request)
        if key not in self._blends:
            job = self.client.wait_until_ended(self.client.start_job("vae", **request))
            assert job["state"] == "succeeded", job["error"]
            self._blends[key] = job["results"][0]["file_id"]
        return self._blends[key]

    def midi(self, file_id: str) -> MidiNotes:
        """Return the notes of a file's MIDI download."""
        return MidiNotes(self.client.download_midi(file_id))

    def play(self, file_id: str, **settings: str) -> NDArray[np.float64]:
        """Play a file at a fixed gain without effects; return the samples of the left and right channel added."""
        plain = {"gain": GAIN, "reverb": "0", "chorus": "0"}
        samples: NDArray[np.float64] = self.client.read_samples(file_id, **plain, **settings).sum(axis=1)
        return samples

    def _get(self, path: str) -> dict[str, Any]:
        response = self.client.http.get(path)
        assert response.status_code == 200, response.text
        return dict(response.json())


def read(name: str) -> bytes:
    """Return the bytes of a case file."""
    return (FILES / name).read_bytes()


def messages(file: dict[str, Any]) -> str:
    """Return the notices of a description as one text."""
    return "\n".join(notice["message"] for notice in file["notices"])


def roles(file: dict[str, Any]) -> list[str | None]:
    """Return the role of each track of a description."""
    return [track["role"] for track in file["summary"]["tracks"]]


def n_notes(file: dict[str, Any]) -> list[int]:
    """Return the number of notes of each track of a description that has any."""
    return [track["notes"] for track in file["summary"]["tracks"] if track["notes"]]
