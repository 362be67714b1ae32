"""Uploads: what is accepted and what is refused, and the description of a file."""

from __future__ import annotations

import asyncio
import errno
import hashlib
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import Any

import httpx
import pytest
from gateway.storage import database
from gateway.storage.idempotency import new_record
from gateway.storage.queries import QueryRunner
from gateway.storage.repository import Repository

MIDI = b"MThd" + bytes(60)


async def post(client: httpx.AsyncClient, *files: tuple[str, bytes, str], **headers: str) -> httpx.Response:
    """Upload files, each with a name, bytes and a media type."""
    return await client.post("/upload", files=[("files", file) for file in files], headers=headers)


async def test_a_file_is_described(client: httpx.AsyncClient) -> None:
    answer = await post(client, ("Für Elise.mid", MIDI, "audio/midi"))
    assert answer.status_code == 201
    (file,) = answer.json()["files"]
    assert (file["name"], file["kind"], len(file["file_id"])) == ("Für Elise.mid", "midi", 32)
    assert file["summary"] == {
        "bars": 8,
        "seconds": 16.0,
        "tempo_bpm": 120.0,
        "meter": "4/4",
        "key": {"name": "C major", "confidence": 0.9, "mode": None, "runner_up": None},
        "local_keys": [],
        "tracks": [
            {
                "track": 0,
                "name": "Conductor",
                "program": 0,
                "is_drum": False,
                "notes": 0,
                "role": None,
                "role_confidence": 0.0,
            },
            {
                "track": 1,
                "name": "Piano",
                "program": 4,
                "is_drum": False,
                "notes": 1,
                "role": "harmony",
                "role_confidence": 0.75,
            },
        ],
        "grid": "file",
        "grid_confidence": 1.0,
    }
    assert file["notices"] == [{"reason": "QUANTISED", "message": "Two notes were moved to the grid."}]
    assert (await client.get(f"/files/{file['file_id']}")).json() == file


async def test_a_piece_that_changes_its_key_tells_each_stretch(client: httpx.AsyncClient) -> None:
    answer = await post(client, ("a.mid", b"MThd modulating", "audio/midi"))
    summary = answer.json()["files"][0]["summary"]
    assert summary["key"]["runner_up"] == {"name": "G major", "confidence": 0.25}
    assert summary["local_keys"] == [
        {"name": "C major", "confidence": 0.75, "first_bar": 0, "bars": 4, "start_s": 0.0, "end_s": 8.0},
        {"name": "G major", "confidence": 0.5, "first_bar": 4, "bars": 4, "start_s": 8.0, "end_s": 16.0},
    ]


@pytest.mark.parametrize(
    ("name", "data", "media_type", "status", "reason"),
    [
        ("empty.mid", b"", "audio/midi", 400, "MIDI_UNREADABLE"),
        ("text.mid", b"only text", "audio/midi", 400, "MIDI_UNREADABLE"),
        ("untyped.midi", b"only text", "application/octet-stream", 400, "MIDI_UNREADABLE"),
        ("notes.txt", b"only text", "text/plain", 415, "WRONG_TYPE"),
        ("photo.png", b"\x89PNG\r\n\x1a\n....", "image/png", 415, "WRONG_TYPE"),
        ("posing.mid", b"\x89PNG\r\n\x1a\n....", "audio/midi", 415, "WRONG_TYPE"),
        ("photo.m4a", b"\0\0\0 ftypheic", "audio/mp4", 415, "WRONG_TYPE"),
        ("drawing.aiff", b"FORM\0\0\0\0ILBM", "audio/aiff", 415, "WRONG_TYPE"),
        ("posing.wav", b"only text", "audio/wav", 415, "WRONG_TYPE"),
        ("aac.mp3", b"\xff\xf1\x34\x80", "audio/mpeg", 415, "WRONG_TYPE"),
        ("empty.m4a", b"", "audio/mp4", 400, "AUDIO_UNREADABLE"),
        ("empty.wav", b"", "audio/wav", 400, "AUDIO_UNREADABLE"),
        ("large.mid", b"MThd" + bytes(3 * 2**20), "audio/midi", 413, "MIDI_TOO_LARGE"),
    ],
)
async def test_a_refused_file_is_named_with_its_reason(
    client: httpx.AsyncClient, name: str, data: bytes, media_type: str, status: int, reason: str
) -> None:
    answer = await post(client, (name, data, media_type))
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["reason"]) == (status, status, reason)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/problems/{reason.lower().replace('_', '-')}"
    ((error),) = problem["errors"]
    assert (error["name"], error["reason"]) == (name, reason)
    assert error["message"] in problem["detail"]


async def test_one_bad_file_and_nothing_is_stored(client: httpx.AsyncClient, fakes: Any) -> None:
    answer = await post(
        client, ("good.mid", MIDI, "audio/midi"), ("bad.mid", b"bad", "audio/midi"), ("x.txt", b"x", "")
    )
    assert answer.status_code == 400
    assert [(error["name"], error["reason"]) for error in answer.json()["errors"]] == [
        ("bad.mid", "MIDI_UNREADABLE"),
        ("x.txt", "WRONG_TYPE"),
    ]
    assert list((fakes.data / "var" / "artifacts").rglob("*.mid")) == []


async def test_two_mebibytes_are_read_and_one_byte_more_is_not(client: httpx.AsyncClient) -> None:
    assert (await post(client, ("a.mid", b"MThd" + bytes(2 * 2**20 - 4), "audio/midi"))).status_code == 201
    assert (await post(client, ("a.mid", b"MThd" + bytes(2 * 2**20 - 3), "audio/midi"))).status_code == 413


async def test_a_body_beyond_every_limit_is_cut_off(fakes: Any) -> None:
    async with fakes.gateway(max_upload_files=1, max_audio_bytes=0) as client:
        answer = await post(client, ("a.mid", bytes(6 * 2**20), "audio/midi"))
        assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")

        async def endless() -> Any:
            yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.mid"\r\n\r\n'
            for _ in range(64):
                yield bytes(2**17)

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await client.post("/upload", content=endless(), headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")


async def test_too_many_files_are_refused(fakes: Any) -> None:
    async with fakes.gateway(max_upload_files=2) as client:
        answer = await post(client, *[("a.mid", MIDI, "audio/midi")] * 3)
        assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")


@pytest.mark.parametrize(
    "request_of",
    [{}, {"data": {"files": "text"}}, {"json": {"files": []}}, {"content": b"x", "headers": {"Content-Type": "x/y"}}],
)
async def test_an_upload_without_files_names_the_field(client: httpx.AsyncClient, request_of: dict[str, Any]) -> None:
    answer = await client.post("/upload", **request_of)
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert answer.json()["errors"][0]["name"].startswith("files")


async def test_a_broken_form_is_a_problem(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await client.post("/upload", content=b"--x\r\nno form\r\n", headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ("C:\\music\\song.mid", "song.mid"),
        ("../../etc/passwd.mid", "passwd.mid"),
        ("<script>.mid", "<script>.mid"),
        ("right\u202eto\u200bleft.mid", "righttoleft.mid"),
        ("x" * 400 + ".mid", "x" * 160),
    ],
)
async def test_a_name_is_one_line_without_a_path(client: httpx.AsyncClient, given: str, saved: str) -> None:
    answer = await post(client, (given, MIDI, "audio/midi"))
    assert answer.json()["files"][0]["name"] == saved


async def test_a_full_store_is_told_and_keeps_nothing(fakes: Any) -> None:
    async with fakes.gateway(store_spare_bytes=2**62) as client:
        answer = await post(client, ("a.mid", MIDI, "audio/midi"))
        assert (answer.status_code, answer.json()["reason"]) == (507, "STORE_FULL")
        ready = (await client.get("/health/ready")).json()
        assert ready["store"] == "full"


async def test_a_disk_that_fills_while_an_upload_comes_in_is_told_as_one(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(SpooledTemporaryFile[bytes]):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", Full)
    answer = await post(client, ("a.wav", b"RIFF\0\0\0\0WAVE" + bytes(2**21), ""))
    assert (answer.status_code, answer.json()["reason"]) == (507, "STORE_FULL")


async def test_without_the_transposer_an_upload_waits_for_another_day(client: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.stop("transposer")
    answer = await post(client, ("a.mid", MIDI, "audio/midi"))
    assert (answer.status_code, answer.json()["reason"]) == (503, "UPSTREAM")
    assert answer.headers["retry-after"] == "2"


async def test_the_notes_are_those_of_the_piano_roll(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    notes = (await client.get(f"/files/{file_id}/notes")).json()
    assert (notes["duration_s"], notes["tempo_bpm"], notes["bars_s"][:3]) == (16.0, 120.0, [0.0, 2.0, 4.0])
    assert notes["tracks"][1] == {
        "track": 1,
        "name": "Piano",
        "role": "harmony",
        "program": 4,
        "is_drum": False,
        "notes": [[0.5, 0.25, 60, 90]],
    }


async def test_a_role_is_set_and_taken_back(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    changed = await client.patch(f"/files/{file_id}", json={"roles": {"1": "lead"}})
    assert changed.status_code == 200
    assert changed.json()["summary"]["tracks"][1]["role"] == "lead"
    assert changed.json() == (await client.get(f"/files/{file_id}")).json()
    assert (await client.get(f"/files/{file_id}/notes")).json()["tracks"][1]["role"] == "lead"
    back = await client.patch(f"/files/{file_id}", json={"roles": {"1": None}})
    assert back.json()["summary"]["tracks"][1]["role"] == "harmony"


@pytest.mark.parametrize(
    ("roles", "detail"),
    [({"7": "lead"}, "no track 7; it has 0, 1"), ({"1": "drummer"}, "roles.1"), ({"x": "lead"}, "roles.x")],
)
async def test_a_role_that_cannot_be_is_refused(
    client: httpx.AsyncClient, fakes: Any, roles: dict[str, str], detail: str
) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.patch(f"/files/{file_id}", json={"roles": roles})
    assert answer.status_code == 422
    assert detail in answer.json()["detail"]


async def test_a_deleted_file_is_gone(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    deleted = await client.delete(f"/files/{file_id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for call in (client.get(f"/files/{file_id}"), client.delete(f"/files/{file_id}"), client.get(f"/play/{file_id}")):
        answer = await call
        assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")
    assert list((fakes.data / "var" / "artifacts").rglob("*.mid")) == []


async def test_an_expired_file_is_gone(fakes: Any) -> None:
    async with fakes.gateway(keep_days=1e-9) as client:
        (file_id,) = await fakes.upload(client, MIDI)
        assert (await client.get(f"/files/{file_id}")).status_code == 404
    async with fakes.gateway() as client:
        # The next start deletes its bytes.
        for _ in range(400):
            if not list((fakes.data / "var" / "artifacts" / "files").glob("*.mid")):
                break
            await client.get("/health/live")
        assert list((fakes.data / "var" / "artifacts" / "files").glob("*.mid")) == []


async def test_the_same_key_and_files_give_the_same_ids(client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "one"}
    first = await post(client, ("a.mid", MIDI, "audio/midi"), **key)
    again = await post(client, ("a.mid", MIDI, "audio/midi"), **key)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await post(client, ("a.mid", MIDI + b"!", "audio/midi"), **key)
    assert (other.status_code, other.json()["reason"]) == (422, "IDEMPOTENCY_MISMATCH")


async def test_the_same_upload_twice_at_once_is_stored_once(client: httpx.AsyncClient, fakes: Any) -> None:
    calls = [post(client, ("a.mid", MIDI, "audio/midi"), **{"Idempotency-Key": "twice"}) for _ in range(3)]
    answers = [answer.json() for answer in await asyncio.gather(*calls)]
    assert answers[0] == answers[1] == answers[2]
    assert len(list((fakes.data / "var" / "artifacts").rglob("*.mid"))) == 1


async def test_an_upload_that_another_gateway_answered_meanwhile_is_taken_back(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    (theirs,) = await fakes.upload(client, MIDI)
    fakes.transposer.gate.shut()
    ours = asyncio.create_task(post(client, ("a.mid", MIDI, "audio/midi"), **{"Idempotency-Key": "one"}))
    await fakes.transposer.gate.reached.wait()
    record = new_record("/upload", "one", [["a.mid", hashlib.sha256(MIDI).hexdigest()]], "address:127.0.0.1")
    assert record is not None
    runner = QueryRunner(database.connect(fakes.settings().engine_url))
    assert await Repository(runner).insert_idempotency(replace(record, response={"file_ids": [theirs]}))
    runner.close()
    fakes.transposer.gate.opened.set()
    assert [file["file_id"] for file in (await ours).json()["files"]] == [theirs]
    assert len(list((fakes.data / "var" / "artifacts").rglob("*.mid"))) == 1
