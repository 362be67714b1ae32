"""HTTP client of the gateway for tests and benches: uploads, jobs, downloads and playback, as the page uses them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np
import soundfile
from numpy.typing import NDArray

JOB_TIMEOUT_S = 240.0
FINAL_STATES = {"succeeded", "failed", "cancelled"}
MIDI_TYPE = "audio/midi"


class GatewayClient:
    """A client of one gateway; used as a context, which closes its connections.

    Parameters
    ----------
    url : str
        The gateway's address.
    retries : int
        How often a connection that is refused is tried again, with a growing delay.
    """

    def __init__(self, url: str, retries: int = 0) -> None:
        transport = httpx.HTTPTransport(retries=retries)
        self.http = httpx.Client(base_url=url, timeout=JOB_TIMEOUT_S, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.http.close()

    def upload(self, *pieces: bytes) -> list[str]:
        """Upload MIDI files and return their ids."""
        files = [("files", (f"piece-{index}.mid", data, MIDI_TYPE)) for index, data in enumerate(pieces)]
        response = self.http.post("/upload", files=files)
        assert response.status_code == 201, response.text
        return [file["file_id"] for file in response.json()["files"]]

    def upload_recording(self, name: str, audio: bytes) -> dict[str, Any]:
        """Upload a recording and return its file, which names the job that transcribes it."""
        response = self.http.post("/upload", files=[("files", (name, audio, "application/octet-stream"))])
        assert response.status_code == 201, response.text
        return dict(response.json()["files"][0])

    def start_job(self, method: str, **fields: Any) -> str:
        """Start a job ("vae", "gan" or "hybrid") and return its id."""
        response = self.http.post(f"/generate/{method}", json=fields)
        assert response.status_code == 202, response.text
        return str(response.json()["job_id"])

    def events(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield each state of a job until it ends."""
        with self.http.stream("GET", f"/jobs/{job_id}/events") as stream:
            stream.raise_for_status()
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    def wait_until_running(self, job_id: str, progress: float = 0.0) -> dict[str, Any]:
        """Wait until a job runs and has reached a progress, 0 to 1."""
        for job in self.events(job_id):
            assert job["state"] not in FINAL_STATES, f"already over: {job}"
            if job["state"] == "running" and job["progress"] >= progress:
                return job
        raise AssertionError("the events ended before the job did")

    def wait_until_ended(self, job_id: str) -> dict[str, Any]:
        """Wait for a job's end and return the ended job."""
        for job in self.events(job_id):
            if job["state"] in FINAL_STATES:
                break
        job = dict(self.http.get(f"/jobs/{job_id}").json())
        assert job["state"] in FINAL_STATES, job
        return job

    def download_midi(self, file_id: str) -> bytes:
        """Download a file as MIDI."""
        return self._get(f"/download/{file_id}")

    def download_audio(self, file_id: str, audio_format: str) -> bytes:
        """Download a file as audio."""
        return self._get(f"/download/{file_id}", format=audio_format)

    def duration_and_rms(self, file_id: str) -> tuple[float, float]:
        """Play a whole file; return its duration in seconds and its root mean square."""
        samples, rate_hz = soundfile.read(io.BytesIO(self._get(f"/play/{file_id}")))
        return len(samples) / rate_hz, float(np.sqrt(np.mean(np.square(samples))))

    def read_samples(self, file_id: str, **settings: str) -> NDArray[np.float64]:
        """Play a file, or some of its roles; return the samples, shape (n_frames, 2), -1 to 1."""
        samples, _ = soundfile.read(io.BytesIO(self._get(f"/play/{file_id}", **settings)), always_2d=True)
        return np.asarray(samples, dtype=np.float64)

    def sounding_roles(self, file_id: str) -> list[str]:
        """Return the roles that have notes in a piece, sorted."""
        tracks = self.http.get(f"/files/{file_id}").json()["summary"]["tracks"]
        return sorted({track["role"] for track in tracks if track["role"] and track["notes"]})

    def _get(self, path: str, **query: str) -> bytes:
        response = self.http.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.content
