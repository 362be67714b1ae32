"""Quotas: bytes of an account, jobs of an account and of an address, and the headers that tell what is left."""

from __future__ import annotations

from typing import Any

import httpx

MIDI = b"MThd" + bytes(60)
FLAC = b"fLaC" + bytes(1000)


def items(header: str) -> dict[str, dict[str, str]]:
    """Return the items of a header by name, each with its parameters."""
    parsed = {}
    for item in header.split(", "):
        name, *parameters = item.split(";")
        parsed[name.strip('"')] = dict(parameter.split("=", 1) for parameter in parameters)
    return parsed


async def test_an_answer_tells_how_many_jobs_are_left(client: httpx.AsyncClient, browser: Any) -> None:
    async with browser(client) as alice:
        first = await alice.post("/generate/gan", json={})
        second = await alice.post("/generate/gan", json={})
    assert items(first.headers["ratelimit-policy"]) == {
        "account": {"q": "600", "w": "3600"},
        "address": {"q": "3000", "w": "3600"},
    }
    left = [items(answer.headers["ratelimit"]) for answer in (first, second)]
    assert [state["account"]["r"] for state in left] == ["599", "598"]
    assert [state["address"]["r"] for state in left] == ["2999", "2998"]
    assert 0 < int(left[0]["account"]["t"]) <= 3600


async def test_an_account_may_start_so_many_jobs_in_an_hour(fakes: Any, browser: Any) -> None:
    async with fakes.gateway(account_jobs_per_hour=2) as client, browser(client) as alice, browser(client) as bob:
        assert [(await alice.post("/generate/gan", json={})).status_code for _ in range(2)] == [202, 202]
        refused = await alice.post("/generate/gan", json={})
        assert (refused.status_code, refused.json()["reason"]) == (429, "OVERLOADED")
        assert refused.json()["detail"].startswith("1 more would be over the limit of 2 jobs in an hour for this acc")
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        assert items(refused.headers["ratelimit"])["account"]["r"] == "0"
        # Neither another account at the same address, nor a bare caller, is concerned.
        assert (await bob.post("/generate/gan", json={})).status_code == 202
        assert (await client.post("/generate/gan", json={})).status_code == 202
        assert (await alice.get("/library")).status_code == 200


async def test_a_batch_that_is_too_large_takes_nothing(fakes: Any, browser: Any) -> None:
    async with fakes.gateway(account_jobs_per_hour=3) as client, browser(client) as alice:
        batch = {"items": [{"method": "gan"}] * 4}
        assert (await alice.post("/batches", json=batch)).status_code == 429
        taken = await alice.post("/batches", json={"items": [{"method": "gan"}] * 3})
        assert taken.status_code == 202
        assert items(taken.headers["ratelimit"])["account"]["r"] == "0"


async def test_an_address_may_start_so_many_jobs_whoever_does(fakes: Any, browser: Any) -> None:
    async with fakes.gateway(address_jobs_per_hour=2) as client, browser(client) as alice:
        assert (await alice.post("/generate/gan", json={})).status_code == 202
        assert (await client.post("/generate/gan", json={})).status_code == 202
        for caller in (alice, client):
            refused = await caller.post("/generate/gan", json={})
            assert (refused.status_code, refused.json()["facts"]["limit"]) == (429, 2)
            assert "your network address" in refused.json()["detail"]


async def test_a_repeated_call_takes_nothing(fakes: Any, browser: Any) -> None:
    async with fakes.gateway(account_jobs_per_hour=1) as client, browser(client) as alice:
        key = {"Idempotency-Key": "one"}
        answers = [await alice.post("/generate/gan", json={}, headers=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.json()["job_id"] for answer in answers}) == 1


async def test_an_account_stores_so_many_bytes(fakes: Any, browser: Any) -> None:
    async with fakes.gateway(anonymous_bytes=100) as client, browser(client) as alice:
        first = await alice.post("/upload", files=[("files", ("a.mid", MIDI, "audio/midi"))])
        assert first.status_code == 201
        assert first.headers["ratelimit-policy"] == '"bytes";q=100;qu="content-bytes"'
        assert first.headers["ratelimit"] == '"bytes";r=36'
        refused = await alice.post("/upload", files=[("files", ("b.mid", MIDI, "audio/midi"))])
        assert (refused.status_code, refused.json()["reason"]) == (507, "QUOTA_EXCEEDED")
        assert refused.json()["facts"] == {"limit_bytes": 100, "used_bytes": 64}
        assert refused.headers["ratelimit"] == '"bytes";r=36'
        assert (await alice.get("/me")).json()["usage"] == {"bytes": 64, "files": 1}
        await alice.delete(f"/files/{first.json()['files'][0]['file_id']}")
        again = await alice.post("/upload", files=[("files", ("b.mid", MIDI, "audio/midi"))])
        assert again.status_code == 201
        # A bare caller's files expire: they are limited by the store alone.
        await fakes.upload(client, MIDI, MIDI)


async def test_a_full_account_starts_no_job_and_nothing_limits_if_the_setting_is_zero(fakes: Any, browser: Any) -> None:
    none = {"account_jobs_per_hour": 0, "address_jobs_per_hour": 0}
    async with fakes.gateway(anonymous_bytes=64, **none) as client, browser(client) as alice:
        free = await alice.post("/generate/gan", json={})
        assert (free.status_code, "ratelimit" in free.headers) == (202, False)
        await fakes.wait_for_end(alice, free.json()["job_id"])
        (result,) = (await alice.get(f"/jobs/{free.json()['job_id']}")).json()["results"]
        assert (await alice.get("/me")).json()["usage"]["bytes"] == 16
        await fakes.upload(alice, MIDI[:48])
        assert (await alice.post("/generate/gan", json={})).json()["reason"] == "QUOTA_EXCEEDED"
        assert (await alice.delete(f"/files/{result['file_id']}")).status_code == 204
        assert (await alice.post("/generate/gan", json={})).status_code == 202


async def test_a_recording_counts_as_the_job_that_transcribes_it(fakes: Any, browser: Any) -> None:
    async with fakes.gateway(account_jobs_per_hour=1) as client, browser(client) as alice:
        await fakes.upload_recording(alice, FLAC)
        answer = await alice.post("/upload", files=[("files", ("b.flac", FLAC, "audio/flac"))])
        assert (answer.status_code, items(answer.headers["ratelimit"])["account"]["r"]) == (429, "0")
        assert set(items(answer.headers["ratelimit"])) == {"account", "address", "bytes"}
