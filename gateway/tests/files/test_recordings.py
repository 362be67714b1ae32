"""Recordings: stored at once, transcribed by a job, used as pieces."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

MIDI = b"MThd" + bytes(60)
FLAC = b"fLaC" + bytes(range(256)) * 20_000
SILENCE = b"fLaC silence"
MP3_FRAME = b"\xff\xfb\x90\x64"


async def written_down(client: httpx.AsyncClient, fakes: Any, audio: bytes = FLAC) -> dict[str, Any]:
    """Upload a recording, and return its file once its job is finished."""
    file = await fakes.upload_recording(client, audio)
    await fakes.wait_for_end(client, file["job"])
    return dict((await client.get(f"/files/{file['file_id']}")).json())


def stored(fakes: Any) -> list[str]:
    """Return the keys in the store."""
    return sorted(path.name for path in (fakes.data / "var" / "artifacts").rglob("*") if path.is_file())


async def test_a_recording_is_taken_at_once_and_its_job_tells_how_far_it_is(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    fakes.transcriber.gate.shut()
    file = await fakes.upload_recording(client)
    assert (file["name"], file["kind"], file["summary"], file["notices"]) == ("My song.flac", "audio", None, [])
    assert file["transcription"] is None
    await fakes.transcriber.gate.reached.wait()
    job = (await client.get(f"/jobs/{file['job']}")).json()
    assert (job["method"], job["state"]) == ("transcribe", "running")
    assert job["parents"] == [{"file_id": file["file_id"], "title": "My song"}]
    stages = []
    async with client.stream("GET", f"/jobs/{file['job']}/events") as stream:
        async for line in stream.aiter_lines():
            stages.append(line)
            if '"stage":"Transcribing: listen"' in line:
                fakes.transcriber.gate.opened.set()
    assert any('"progress":0.485,"stage":"Transcribing: listen"' in line for line in stages)


async def test_every_byte_reaches_the_transcriber_in_parts(client: httpx.AsyncClient, fakes: Any) -> None:
    await written_down(client, fakes)
    assert fakes.transcriber.recordings == [FLAC]
    (header,) = fakes.transcriber.headers
    assert (header.name, header.byte_count) == ("My song", len(FLAC))


async def test_what_was_written_down_is_seen_at_the_recording(client: httpx.AsyncClient, fakes: Any) -> None:
    file = await written_down(client, fakes)
    piece = (await client.get(f"/files/{file['transcription']['file_id']}")).json()
    assert (piece["kind"], piece["name"]) == ("result", "My song.mid")
    assert file["summary"] == piece["summary"]
    assert file["summary"]["key"]["name"] == "C major"
    assert [notice["reason"] for notice in file["notices"]] == ["QUANTISED", "DRUMS_LEFT_OUT"]
    assert file["transcription"] == {
        "file_id": piece["file_id"],
        "confidence": 0.75,
        "tempo_confidence": 0.5,
        "meter_confidence": 0.25,
        "start_s": 0.125,
        "seconds": 12.0,
    }
    assert piece["provenance"]["method"] == "transcribe"
    assert piece["provenance"]["parents"][0]["file_id"] == file["file_id"]
    job = (await client.get(f"/jobs/{file['job']}")).json()
    assert job["results"] == [{"file_id": piece["file_id"], "title": "My song"}]


async def test_a_recording_is_played_as_it_is_and_downloaded_as_what_was_written_down(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    file = await written_down(client, fakes)
    url = f"/play/{file['file_id']}"
    whole = await client.get(url)
    assert (whole.status_code, whole.headers["content-type"], whole.content) == (200, "audio/flac", FLAC)
    part = await client.get(url, headers={"Range": "bytes=1000-3000999"})
    assert (part.status_code, part.content) == (206, FLAC[1000:3001000])
    assert part.headers["content-range"] == f"bytes 1000-3000999/{len(FLAC)}"
    assert (await client.get(url, headers={"If-None-Match": whole.headers["etag"]})).status_code == 304
    midi = await client.get(f"/download/{file['file_id']}")
    assert midi.content.startswith(b"MThd heard")
    assert midi.headers["content-disposition"].startswith('attachment; filename="My song.mid"')
    original = await client.get(f"/download/{file['file_id']}", params={"format": "original"})
    assert original.content == FLAC
    assert original.headers["content-disposition"].startswith('attachment; filename="My song.flac"')
    assert len(fakes.renderer.requests) == 0
    sound = await client.get(f"/download/{file['file_id']}", params={"format": "opus"})
    assert (sound.status_code, fakes.renderer.requests[0].midi) == (200, midi.content)
    bent = await client.get(url, params={"reverb": 0.5})
    assert (bent.status_code, bent.json()["reason"]) == (422, "INVALID_INPUT")


async def test_its_notes_and_roles_are_those_of_what_was_written_down(client: httpx.AsyncClient, fakes: Any) -> None:
    file = await written_down(client, fakes)
    url = f"/files/{file['file_id']}"
    changed = await client.patch(url, json={"roles": {"1": "lead"}})
    assert (changed.status_code, changed.json()["summary"]["tracks"][1]["role"]) == (200, "lead")
    assert changed.json()["file_id"] == file["file_id"]
    assert (await client.get(f"{url}/notes")).json()["tracks"][1]["role"] == "lead"


async def test_until_it_is_written_down_its_music_is_a_conflict(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.transcriber.gate.shut()
    file = await fakes.upload_recording(client)
    url = f"/files/{file['file_id']}"
    for call in (
        client.get(f"{url}/notes"),
        client.patch(url, json={"roles": {"1": "lead"}}),
        client.get(f"/download/{file['file_id']}"),
    ):
        answer = await call
        assert (answer.status_code, answer.json()["reason"]) == (409, "CONFLICT")
        assert answer.json()["facts"]["job"] == file["job"]
    assert (await client.get(f"/play/{file['file_id']}")).content == FLAC
    fakes.transcriber.gate.opened.set()


async def test_silence_fails_the_job_and_says_so_wherever_its_music_is_asked(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    file = await fakes.upload_recording(client, SILENCE)
    job = await fakes.wait_for_end(client, file["job"])
    assert (job["state"], job["error"]["reason"], job["error"]["status"]) == ("failed", "NO_NOTES", 422)
    notes = await client.get(f"/files/{file['file_id']}/notes")
    assert (notes.status_code, notes.json()["detail"]) == (
        409,
        "This recording could not be transcribed: No note is heard in this recording.",
    )
    (other,) = await fakes.upload(client, MIDI)
    answer = await client.post("/generate/vae", json={"file_ids": [file["file_id"], other]})
    blend = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert (blend["state"], blend["error"]["reason"]) == ("failed", "NO_NOTES")
    assert blend["error"]["detail"] == "My song: No note is heard in this recording."


async def test_a_blend_waits_for_its_recording(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.transcriber.gate.shut()
    file = await fakes.upload_recording(client)
    (other,) = await fakes.upload(client, MIDI)
    answer = await client.post("/generate/vae", json={"file_ids": [file["file_id"], other], "seed": 5})
    lines = []
    async with client.stream("GET", f"/jobs/{answer.json()['job_id']}/events") as stream:
        async for line in stream.aiter_lines():
            lines.append(line)
            if '"stage":"Transcribing My song: listen"' in line:
                assert fakes.vae.requests == []
                fakes.transcriber.gate.opened.set()
    job = (await client.get(f"/jobs/{answer.json()['job_id']}")).json()
    assert (job["state"], job["results"][0]["title"]) == ("succeeded", "My song x Piece 0, 50%")
    assert [parent["file_id"] for parent in job["parents"]] == [file["file_id"], other]
    assert fakes.vae.requests[0].parents[0].midi.startswith(b"MThd heard")
    assert any("Transcribing My song: listen" in line for line in lines)
    result = (await client.get(f"/files/{job['results'][0]['file_id']}")).json()
    assert result["provenance"]["settings"] == {"weight": 0.5}


async def test_two_recordings_are_blended_and_more_wait_than_jobs_run_at_once(fakes: Any) -> None:
    async with fakes.gateway(jobs_at_once=1) as client:
        fakes.transcriber.gate.shut()
        first, second = [await fakes.upload_recording(client, FLAC + end) for end in (b"1", b"2")]
        calls = [
            client.post("/generate/vae", json={"file_ids": [first["file_id"], second["file_id"]]}) for _ in range(2)
        ]
        jobs = [(await call).json()["job_id"] for call in calls]
        await fakes.transcriber.gate.reached.wait()
        fakes.transcriber.gate.opened.set()
        assert [(await fakes.wait_for_end(client, job))["state"] for job in jobs] == ["succeeded", "succeeded"]
        assert len({parent.midi for parent in fakes.vae.requests[0].parents}) == 2


async def test_other_jobs_run_while_a_blend_waits_for_its_recording(fakes: Any) -> None:
    async with fakes.gateway(jobs_at_once=1) as client:
        fakes.transcriber.gate.shut()
        file = await fakes.upload_recording(client)
        answer = await client.post("/generate/vae", json={"file_ids": [file["file_id"], file["file_id"]]})
        waiting = answer.json()["job_id"]
        assert (await fakes.blend(client))["state"] == "succeeded"
        assert (await client.get(f"/jobs/{waiting}")).json()["state"] in {"queued", "running"}
        assert (await client.delete(f"/jobs/{waiting}")).status_code == 202
        assert (await fakes.blend(client))["state"] == "succeeded"
        fakes.transcriber.gate.opened.set()


async def test_a_cancelled_transcription_ends_its_call_and_whatever_waits_for_it(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    fakes.transcriber.gate.shut()
    file = await fakes.upload_recording(client)
    (other,) = await fakes.upload(client, MIDI)
    answer = await client.post("/generate/vae", json={"file_ids": [other, file["file_id"]]})
    await fakes.transcriber.gate.reached.wait()
    assert (await client.delete(f"/jobs/{file['job']}")).status_code == 202
    async with asyncio.timeout(2):
        await fakes.transcriber.gate.cancelled.wait()
    blend = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert (blend["state"], blend["error"]["reason"]) == ("failed", "CONFLICT")
    assert blend["error"]["detail"] == "The transcription of My song was cancelled. Upload the recording again."


async def test_a_mixed_upload_is_stored_whole_or_not_at_all(client: httpx.AsyncClient, fakes: Any) -> None:
    files = [("files", ("a.mid", MIDI, "audio/midi")), ("files", ("b.mp3", MP3_FRAME, ""))]
    answer = await client.post("/upload", files=files)
    assert [file["kind"] for file in answer.json()["files"]] == ["midi", "audio"]
    before = stored(fakes)
    answer = await client.post("/upload", files=[*files, ("files", ("c.mid", b"no MIDI", "audio/midi"))])
    assert (answer.status_code, [error["name"] for error in answer.json()["errors"]]) == (400, ["c.mid"])
    assert [name for name in stored(fakes) if name not in before and name.endswith(".audio")] == []


@pytest.mark.parametrize(
    ("audio", "media_type"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"OggS\0\x02", "audio/ogg"),
        (b"ID3\x04\0\0", "audio/mpeg"),
        (MP3_FRAME, "audio/mpeg"),
        (b"\xff\xf3\x40\xc0", "audio/mpeg"),
        (b"\0\0\0 ftypM4A \0\0", "audio/mp4"),
        (b"\0\0\0\x18ftypisom\0\0", "audio/mp4"),
        (b"\0\0\0\x1cftyp3gp4\0\0", "audio/3gpp"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\xff\xf9\x4c\x80", "audio/aac"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81", "audio/webm"),
        (b"FORM\0\0\0\0AIFFCOMM", "audio/aiff"),
        (b"FORM\0\0\0\0AIFCFVER", "audio/aiff"),
        (b"caff\0\x01\0\0desc", "audio/x-caf"),
        (b"#!AMR\n", "audio/amr"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "audio/x-ms-wma"),
    ],
)
async def test_a_recording_is_known_by_its_bytes_whatever_its_name(
    client: httpx.AsyncClient, audio: bytes, media_type: str
) -> None:
    answer = await client.post("/upload", files=[("files", ("posing.mid", audio, "audio/midi"))])
    (file,) = answer.json()["files"]
    assert file["kind"] == "audio"
    assert (await client.get(f"/play/{file['file_id']}")).headers["content-type"] == media_type


async def test_a_recording_over_the_limit_is_refused_with_what_would_be_right(fakes: Any) -> None:
    async with fakes.gateway(max_audio_bytes=2**20) as client:
        answer = await client.post("/upload", files=[("files", ("a.wav", b"RIFF\0\0\0\0WAVE" + bytes(2**20), ""))])
        assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")
        assert "1 MiB" in answer.json()["detail"]
        assert "FLAC or MP3" in answer.json()["detail"]


async def test_a_full_queue_takes_no_recording_and_keeps_nothing(fakes: Any) -> None:
    async with fakes.gateway(max_queue=1) as client:
        fakes.transcriber.gate.shut()
        await fakes.upload_recording(client)
        before = stored(fakes)
        answer = await client.post("/upload", files=[("files", ("b.flac", b"fLaC 2", ""))])
        assert (answer.status_code, answer.json()["reason"]) == (429, "OVERLOADED")
        assert stored(fakes) == before
        fakes.transcriber.gate.opened.set()


async def test_a_deleted_recording_takes_its_transcription_along(client: httpx.AsyncClient, fakes: Any) -> None:
    file = await written_down(client, fakes)
    assert len(stored(fakes)) == 2
    assert (await client.delete(f"/files/{file['file_id']}")).status_code == 204
    assert (await client.get(f"/files/{file['transcription']['file_id']}")).status_code == 404
    assert stored(fakes) == []


async def test_a_recording_deleted_while_it_is_heard_cancels_its_job(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.transcriber.gate.shut()
    file = await fakes.upload_recording(client)
    await fakes.transcriber.gate.reached.wait()
    assert (await client.delete(f"/files/{file['file_id']}")).status_code == 204
    async with asyncio.timeout(2):
        await fakes.transcriber.gate.cancelled.wait()
    assert (await client.get(f"/jobs/{file['job']}")).json()["state"] == "cancelled"
    assert stored(fakes) == []


async def test_an_expired_recording_goes_with_its_transcription(fakes: Any) -> None:
    async with fakes.gateway(keep_days=1e-9) as client:
        file = await fakes.upload_recording(client)
        await fakes.wait_for_end(client, file["job"])
    async with fakes.gateway() as client:
        for _ in range(400):
            if not stored(fakes):
                break
            await client.get("/health/live")
        assert stored(fakes) == []


async def test_a_stopped_gateway_hears_its_recording_to_the_end(fakes: Any) -> None:
    fakes.transcriber.gate.shut()
    async with fakes.gateway() as client:
        file = await fakes.upload_recording(client)
        await fakes.transcriber.gate.reached.wait()
    fakes.transcriber.gate.opened.set()
    async with fakes.gateway() as client:
        assert (await fakes.wait_for_end(client, file["job"]))["state"] == "succeeded"
        described = (await client.get(f"/files/{file['file_id']}")).json()
        assert described["transcription"]["confidence"] == 0.75


async def test_a_transcriber_that_stays_away_fails_the_job_clearly(client: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.stop("transcriber")
    file = await fakes.upload_recording(client)
    job = await fakes.wait_for_end(client, file["job"])
    assert (job["state"], job["error"]["reason"]) == ("failed", "UPSTREAM")
    assert job["error"]["detail"] == "The transcriber service cannot be reached. Try again in a moment."


async def test_a_recording_that_vanishes_from_the_store_fails_its_job_as_what_it_is(fakes: Any) -> None:
    async with fakes.gateway(jobs_at_once=1) as client:
        fakes.transcriber.gate.shut()
        await fakes.upload_recording(client, b"fLaC first")
        await fakes.transcriber.gate.reached.wait()
        second = await fakes.upload_recording(client, b"fLaC second")
        (fakes.data / "var" / "artifacts" / "files" / f"{second['file_id']}.audio").unlink()
        fakes.transcriber.gate.opened.set()
        job = await fakes.wait_for_end(client, second["job"])
        assert (job["state"], job["error"]["reason"]) == ("failed", "NOT_FOUND")
        assert job["error"]["detail"] == "The file is not in the store any more."
