"""Broken and unusual MIDI files, read by the real transposer."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import midi_fixtures
import pytest
from segue.vae.v1 import vae_pb2
from servicekit import faults, probe

pytest.importorskip("transposer", reason="the gateway alone: no transposer is installed to read what it refuses")

ODDITIES = {
    "drums_only": midi_fixtures.drums_only,
    "hundred_tracks": midi_fixtures.hundred_tracks,
    "twenty_minutes": midi_fixtures.twenty_minutes,
    "seven_eight": midi_fixtures.seven_eight,
    "forty_tempos": midi_fixtures.forty_tempos,
}


@pytest.fixture(scope="module")
def transposer_target() -> Iterator[str]:
    """The real transposer, as a separate process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    env = {"TRANSPOSER_PORT": str(port), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen([sys.executable, "-m", "transposer"], env=env, stderr=subprocess.DEVNULL)
    target = f"127.0.0.1:{port}"
    try:
        while probe.check_health(target) != "SERVING":
            assert process.poll() is None, "the transposer ended"
        yield target
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
async def reading(fakes: Any, transposer_target: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with the real transposer."""
    async with fakes.gateway(transposer_target=transposer_target, patience_s=10) as client:
        yield client


async def upload(client: httpx.AsyncClient, name: str, data: bytes) -> httpx.Response:
    """Upload one file."""
    return await client.post("/upload", files={"files": (f"{name}.mid", data, "audio/midi")})


async def test_every_broken_file_is_refused_with_a_reason_that_a_person_understands(
    reading: httpx.AsyncClient, fakes: Any
) -> None:
    # A file that begins like a recording is accepted as one: the transcriber decides.
    broken = {name: data for name, data in midi_fixtures.invalid_files().items() if name != "wav"}
    assert len(broken) >= 19
    reasons = {}
    for name, data in broken.items():
        answer = await upload(reading, name, data)
        problem = answer.json()
        assert answer.status_code in {400, 413, 415, 422}, (name, problem)
        assert answer.headers["content-type"] == "application/problem+json"
        kind = faults.table()[problem["reason"]]
        assert (kind.http_status, problem["status"]) == (answer.status_code, answer.status_code), name
        ((error),) = problem["errors"]
        assert (error["name"], error["reason"]) == (f"{name}.mid", problem["reason"])
        assert error["message"].endswith(".")
        assert not {"Traceback", "struct", "mido", "None"} & set(error["message"].split()), error
        reasons[name] = (answer.status_code, problem["reason"])
    assert {name: reasons[name] for name in ("empty", "text", "header_only", "format_2", "no_notes", "png")} == {
        "empty": (400, "MIDI_UNREADABLE"),
        "text": (400, "MIDI_UNREADABLE"),
        "header_only": (400, "MIDI_UNREADABLE"),
        "format_2": (400, "MIDI_UNREADABLE"),
        "no_notes": (422, "NO_NOTES"),
        "png": (415, "WRONG_TYPE"),
    }
    assert reasons["frames_of_no_rate"] == reasons["zero_ticks_a_quarter"] == (400, "UNSUPPORTED_TIME_DIVISION")
    assert reasons["too_large_3_mb"] == (413, "MIDI_TOO_LARGE")
    assert list((fakes.data / "var" / "artifacts").rglob("*.mid")) == []


async def test_damaged_files_are_read_with_notices(reading: httpx.AsyncClient) -> None:
    for name, data in midi_fixtures.damaged_files().items():
        answer = await upload(reading, name, data)
        assert answer.status_code == 201, (name, answer.text)
        assert answer.json()["files"][0]["notices"], name


async def test_flipped_bytes_are_read_or_refused(reading: httpx.AsyncClient) -> None:
    for name, data in midi_fixtures.bit_flipped_files().items():
        answer = await upload(reading, name, data)
        assert answer.status_code in {201, 400, 413, 422}, (name, answer.text)
        if answer.status_code == 201:
            notes = await reading.get(f"/files/{answer.json()['files'][0]['file_id']}/notes")
            assert notes.status_code == 200, name


@pytest.mark.parametrize("name", ODDITIES)
async def test_what_is_odd_and_lawful_is_accepted_with_notices(reading: httpx.AsyncClient, name: str) -> None:
    answer = await upload(reading, name, ODDITIES[name]())
    assert answer.status_code == 201, answer.text
    (file,) = answer.json()["files"]
    assert file["notices"], file["summary"]
    notes = (await reading.get(f"/files/{file['file_id']}/notes")).json()
    counted = sum(track["notes"] for track in file["summary"]["tracks"])
    assert sum(len(track["notes"]) for track in notes["tracks"]) == counted > 0
    if name == "drums_only":
        assert file["summary"]["key"] is None
    if name == "hundred_tracks":
        assert len(file["summary"]["tracks"]) >= 100
    if name == "twenty_minutes":
        assert file["summary"]["seconds"] == pytest.approx(1200, rel=0.05)


@pytest.mark.parametrize("route", ["vae", "steps"])
async def test_an_irregular_meter_is_refused_before_a_job_begins_unless_its_conversion_is_requested(
    reading: httpx.AsyncClient, fakes: Any, route: str
) -> None:
    pieces = [("Take Seven", midi_fixtures.seven_eight()), ("March", midi_fixtures.funk())]
    seven, march = [(await upload(reading, *piece)).json()["files"][0]["file_id"] for piece in pieces]
    for ids, policy in (([seven, march], None), ([march, seven], "refuse")):
        answer = await reading.post(f"/generate/{route}", json={"file_ids": ids, "meter_policy": policy})
        problem = answer.json()
        assert (answer.status_code, problem["reason"]) == (422, "IRREGULAR_METER")
        assert problem["detail"].startswith(
            "The bars of Take Seven do not fit a blend: they are irregular, such as 5/4"
        )
        assert "ask for conversion (`meter_policy` `convert`)" in problem["detail"]
    body = {"file_ids": [seven, march], "meter_policy": "convert"}
    accepted = await reading.post(f"/generate/{route}", json=body)
    assert accepted.status_code == 202, accepted.text
    await fakes.wait_for_end(reading, accepted.json()["job_id"])  # fails: the fake vae returns no MIDI
    (sent,) = fakes.vae.requests if route == "vae" else fakes.vae.interpolate_requests
    assert sent.meter_policy == vae_pb2.METER_POLICY_CONVERT
    assert (await reading.get(f"/files/{seven}/notes")).status_code == 200
    assert (await reading.get(f"/download/{seven}")).status_code == 200
