"""A visitor of the running product: does over HTTP what the page does, and waits by its events."""

import io
import json
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np
import soundfile

JOB_TIMEOUT_S = 240.0
ENDED = {"succeeded", "failed", "cancelled"}
MIDI_TYPE = "audio/midi"


class Visitor:
    """Talks to a gateway.

    Parameters
    ----------
    url : str
        The gateway's address.
    retries : int
        How often to try again where nobody listens, waiting longer each time.
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
        answer = self.http.post("/upload", files=files)
        assert answer.status_code == 201, answer.text
        return [file["file_id"] for file in answer.json()["files"]]

    def ask(self, method: str, **fields: Any) -> str:
        """Start a job ("vae", "gan" or "hybrid") and return its id."""
        answer = self.http.post(f"/generate/{method}", json=fields)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def events(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield the job as it changes, to its end."""
        with self.http.stream("GET", f"/jobs/{job_id}/events") as stream:
            stream.raise_for_status()
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    def when_running(self, job_id: str, progress: float = 0.0) -> dict[str, Any]:
        """Wait until the job runs and has got at least this far."""
        for job in self.events(job_id):
            assert job["state"] not in ENDED, f"already over: {job}"
            if job["state"] == "running" and job["progress"] >= progress:
                return job
        raise AssertionError("the events ended before the job did")

    def ended(self, job_id: str) -> dict[str, Any]:
        """Wait for the job's end and return it as it stands then."""
        for job in self.events(job_id):
            if job["state"] in ENDED:
                break
        job = dict(self.http.get(f"/jobs/{job_id}").json())
        assert job["state"] in ENDED, job
        return job

    def midi(self, file_id: str) -> bytes:
        """Download a file as MIDI."""
        return self._get(f"/download/{file_id}")

    def upload_recording(self, name: str, audio: bytes) -> dict[str, Any]:
        """Upload a recording and return its file, which names the job that writes it down."""
        answer = self.http.post("/upload", files=[("files", (name, audio, "application/octet-stream"))])
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["files"][0])

    def loudness(self, file_id: str) -> tuple[float, float]:
        """Play a file whole: its seconds and its root mean square."""
        samples, rate = soundfile.read(io.BytesIO(self._get(f"/play/{file_id}")))
        return len(samples) / rate, float(np.sqrt(np.mean(np.square(samples))))

    def roles(self, file_id: str) -> list[str]:
        """Name the roles that sound in a piece."""
        tracks = self.http.get(f"/files/{file_id}").json()["summary"]["tracks"]
        return sorted({track["role"] for track in tracks if track["role"] and track["notes"]})

    def sound(self, file_id: str, **settings: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Play a file, or some of its roles: shape (frames, 2), -1 to 1."""
        samples, _ = soundfile.read(io.BytesIO(self._get(f"/play/{file_id}", **settings)), always_2d=True)
        return np.asarray(samples, dtype=np.float64)

    def saved(self, file_id: str, audio_format: str) -> bytes:
        """Download a file as audio."""
        return self._get(f"/download/{file_id}", format=audio_format)

    def _get(self, path: str, **query: str) -> bytes:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.content
