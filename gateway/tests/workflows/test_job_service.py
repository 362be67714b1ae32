"""Jobs: submitted once, watched, cancelled and resumed."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

MIDI = b"MThd" + bytes(60)


async def start(client: httpx.AsyncClient, fakes: Any, **headers: str) -> str:
    """Start a blend, and return the id of its job."""
    ids = await fakes.upload(client, MIDI, MIDI)
    answer = await client.post("/generate/vae", json={"file_ids": ids}, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


async def events(client: httpx.AsyncClient, job_id: str, **headers: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Return all events of a job: id, name and data."""
    found = []
    async with client.stream("GET", f"/jobs/{job_id}/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        text = "".join([part async for part in stream.aiter_text()])
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


async def test_a_new_job_is_told_with_its_place(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.gate.shut()
    ids = await fakes.upload(client, MIDI, MIDI)
    answer = await client.post("/generate/vae", json={"file_ids": ids})
    job = answer.json()
    assert answer.headers["location"] == f"/jobs/{job['job_id']}"
    assert (job["method"], job["state"], job["progress"], job["results"]) == ("vae", "queued", 0.0, [])
    assert job["request"]["file_ids"] == ids
    await fakes.vae.gate.reached.wait()
    now = (await client.get(f"/jobs/{job['job_id']}")).json()
    assert now["state"] == "running"
    fakes.vae.gate.opened.set()


async def test_the_events_tell_each_change_and_the_end(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.gate.shut()
    job_id = await start(client, fakes)
    watched = asyncio.create_task(events(client, job_id))
    await fakes.vae.gate.reached.wait()
    # The progress of the service is written within one polling interval.
    await asyncio.wait({watched}, timeout=0.6)
    fakes.vae.gate.opened.set()
    seen = await watched
    ids = [number for number, _, _ in seen]
    assert ids == sorted(set(ids))
    assert [name for _, name, _ in seen] == ["job"] * (len(seen) - 1) + ["end"]
    progress = [job["progress"] for _, _, job in seen]
    assert progress == sorted(progress)
    assert any(job["stage"] == "Blending: decode" and 0.5 < job["progress"] < 0.6 for _, _, job in seen)
    assert seen[-1][2] == (await client.get(f"/jobs/{job_id}")).json()
    assert seen[-1][2]["state"] == "succeeded"


async def test_a_broken_stream_goes_on_after_its_last_event(client: httpx.AsyncClient, fakes: Any) -> None:
    job_id = await start(client, fakes)
    seen = await events(client, job_id)
    last = seen[-1][0]
    again = await events(client, job_id, **{"Last-Event-ID": str(last - 1)})
    assert again == seen[-1:]
    done = await client.get(f"/jobs/{job_id}/events", headers={"Last-Event-ID": str(last)})
    assert (done.status_code, done.content) == (204, b"")
    strange = await events(client, job_id, **{"Last-Event-ID": "not a number"})
    assert strange == seen[-1:]


async def test_silence_is_broken_by_heartbeats(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.routes.jobs.HEARTBEAT_S", 0.02)
    async with fakes.gateway() as client:
        fakes.vae.gate.shut()
        job_id = await start(client, fakes)
        async with client.stream("GET", f"/jobs/{job_id}/events") as stream:
            async for line in stream.aiter_lines():
                if line.startswith(":"):
                    fakes.vae.gate.opened.set()
        assert fakes.vae.gate.opened.is_set()


async def test_a_watcher_that_leaves_is_no_error(
    client: httpx.AsyncClient, fakes: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fakes.vae.gate.shut()
    job_id = await start(client, fakes)
    await fakes.vae.gate.reached.wait()
    for _ in range(3):
        async with client.stream("GET", f"/jobs/{job_id}/events") as stream:
            await anext(stream.aiter_lines())
    fakes.vae.gate.opened.set()
    assert (await fakes.wait_for_end(client, job_id))["state"] == "succeeded"
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_cancelled_job_ends_its_calls_within_a_second(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.gate.shut()
    job_id = await start(client, fakes)
    await fakes.vae.gate.reached.wait()
    started_s = time.monotonic()
    answer = await client.delete(f"/jobs/{job_id}")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    await asyncio.wait_for(fakes.vae.gate.cancelled.wait(), 1.0)
    assert time.monotonic() - started_s < 1.0
    job = (await events(client, job_id))[-1][2]
    assert (job["state"], job["results"], job["error"]) == ("cancelled", [], None)


async def test_a_job_that_is_over_cannot_be_cancelled(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(client)
    answer = await client.delete(f"/jobs/{job['job_id']}")
    assert (answer.status_code, answer.json()["reason"]) == (409, "JOB_FINISHED")


async def test_a_job_that_waits_can_be_cancelled(fakes: Any) -> None:
    async with fakes.gateway(jobs_at_once=1) as client:
        fakes.vae.gate.shut()
        first = await start(client, fakes)
        await fakes.vae.gate.reached.wait()
        second = await start(client, fakes)
        assert (await client.get(f"/jobs/{second}")).json()["state"] == "queued"
        assert (await client.delete(f"/jobs/{second}")).json()["state"] == "cancelled"
        fakes.vae.gate.opened.set()
        assert (await fakes.wait_for_end(client, first))["state"] == "succeeded"
        assert len(fakes.vae.requests) == 1


async def test_the_same_key_and_body_give_the_same_job(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    key = {"Idempotency-Key": "one"}
    first = await client.post("/generate/vae", json={"file_ids": ids, "weight": 0.5}, headers=key)
    again = await client.post("/generate/vae", json={"weight": 0.5, "file_ids": ids}, headers=key)
    assert again.status_code == 202
    assert again.json()["job_id"] == first.json()["job_id"]
    assert again.headers["location"] == first.headers["location"]
    other = await client.post("/generate/vae", json={"file_ids": ids, "weight": 0.6}, headers=key)
    assert (other.status_code, other.json()["reason"]) == (422, "IDEMPOTENCY_MISMATCH")
    elsewhere = await client.post("/generate/gan", json={}, headers=key)
    assert elsewhere.status_code == 202
    unkeyed = await client.post("/generate/vae", json={"file_ids": ids, "weight": 0.5})
    assert unkeyed.json()["job_id"] != first.json()["job_id"]


async def test_the_same_call_twice_at_once_opens_one_job(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    calls = [
        client.post("/generate/vae", json={"file_ids": ids}, headers={"Idempotency-Key": "twice"}) for _ in range(2)
    ]
    answers = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["job_id"] for answer in answers}) == 1


async def test_a_call_sent_again_finds_its_job_when_its_pieces_are_gone(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    key = {"Idempotency-Key": "one"}
    first = await client.post("/generate/vae", json={"file_ids": ids}, headers=key)
    await fakes.wait_for_end(client, first.json()["job_id"])
    for file_id in ids:
        await client.delete(f"/files/{file_id}")
    again = await client.post("/generate/vae", json={"file_ids": ids}, headers=key)
    assert (again.status_code, again.json()["job_id"]) == (202, first.json()["job_id"])
    assert (await client.post("/generate/vae", json={"file_ids": ids})).status_code == 404


async def test_a_full_queue_says_when_to_come_back(fakes: Any) -> None:
    async with fakes.gateway(max_queue=1) as client:
        fakes.vae.gate.shut()
        await start(client, fakes)
        answer = await client.post("/generate/gan", json={})
        assert (answer.status_code, answer.json()["reason"]) == (429, "OVERLOADED")
        assert int(answer.headers["retry-after"]) >= 1
        fakes.vae.gate.opened.set()


@pytest.mark.parametrize("call", ["get", "delete"])
@pytest.mark.parametrize("job_id", ["0" * 32, "x", "%2e%2e"])
async def test_an_unknown_job_is_not_found(client: httpx.AsyncClient, call: str, job_id: str) -> None:
    answer = await client.request(call.upper(), f"/jobs/{job_id}")
    assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")


async def test_a_stopped_gateway_takes_its_job_up_again_at_the_step_reached(fakes: Any) -> None:
    fakes.vae.gate.shut()
    async with fakes.gateway() as client:
        job_id = await start(client, fakes)
        await fakes.vae.gate.reached.wait()
    assert len(fakes.vae.requests) == 1
    inspections = len(fakes.transposer.inspected)
    fakes.vae.gate.opened.set()
    async with fakes.gateway() as client:
        job = await fakes.wait_for_end(client, job_id)
    assert (job["state"], job["error"]) == ("succeeded", None)
    assert len(fakes.vae.requests) == 2
    # The steps before the blend are not repeated; only its result is inspected.
    assert len(fakes.transposer.inspected) == inspections + 1


async def test_a_job_that_was_written_and_never_started_is_started(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(self: object, job: object) -> None:
        raise RuntimeError("the gateway dies here")

    with monkeypatch.context() as patched:
        patched.setattr("gateway.workflows.job_service.JobService._start", crash)
        async with fakes.gateway() as client:
            ids = await fakes.upload(client, MIDI, MIDI)
            answer = await client.post("/generate/vae", json={"file_ids": ids}, headers={"Idempotency-Key": "k"})
            assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
    async with fakes.gateway() as client:
        answer = await client.post("/generate/vae", json={"file_ids": ids}, headers={"Idempotency-Key": "k"})
        job = await fakes.wait_for_end(client, answer.json()["job_id"])
        assert job["state"] == "succeeded"


async def test_another_gateways_job_is_taken_over_on_sqlite(fakes: Any) -> None:
    fakes.vae.gate.shut()
    async with fakes.gateway(executor_id="gone") as client:
        job_id = await start(client, fakes)
        await fakes.vae.gate.reached.wait()
    fakes.vae.gate.opened.set()
    async with fakes.gateway(executor_id="new") as client:
        assert (await fakes.wait_for_end(client, job_id))["state"] == "succeeded"
