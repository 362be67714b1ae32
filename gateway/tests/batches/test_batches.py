"""Batches: all items or none, their turn after single jobs, each result at once, and stopping."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

MIDI = b"MThd" + bytes(60)


def generated(*seeds: int) -> dict[str, Any]:
    """Return the body of a batch of generated pieces."""
    return {"items": [{"method": "gan", "style": "jazz", "seed": seed} for seed in seeds]}


async def start(client: httpx.AsyncClient, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Start a batch, and return it."""
    answer = await client.post("/batches", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/batches/{answer.json()['batch_id']}"
    return dict(answer.json())


async def events(client: httpx.AsyncClient, batch_id: str, **headers: str) -> AsyncIterator[tuple[str, str, Any]]:
    """Yield id, name and data of each event of a batch."""
    async with client.stream("GET", f"/batches/{batch_id}/events", headers=headers) as stream:
        fields: dict[str, str] = {}
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            if line == "" and "data" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
            fields = {} if line == "" else {**fields, name: value}


async def finish(client: httpx.AsyncClient, batch_id: str) -> dict[str, Any]:
    """Wait for the last event of a batch, and return the batch."""
    last: dict[str, Any] = {}
    async for _, _, data in events(client, batch_id):
        last = data
    return last


def states(batch: dict[str, Any]) -> list[str]:
    """Return the state of each job."""
    return [item["job"]["state"] for item in batch["items"]]


async def test_a_batch_makes_all_its_pieces(client: httpx.AsyncClient, fakes: Any) -> None:
    one, other = await fakes.upload(client, MIDI, MIDI + b"2")
    items = [
        {"method": "vae", "file_ids": [one, other], "weight": 0.25, "seed": 1},
        {"method": "gan", "style": "folk", "meter": "3/4", "seed": 2},
        {"method": "hybrid", "styles": ["jazz", "folk"], "seed": 3},
    ]
    batch = await start(client, {"title": "Three ways", "items": items})
    assert (batch["title"], batch["state"], states(batch)) == ("Three ways", "running", ["queued"] * 3)
    assert [item["index"] for item in batch["items"]] == [0, 1, 2]
    ended = await finish(client, batch["batch_id"])
    assert (ended["state"], states(ended)) == ("finished", ["succeeded"] * 3)
    assert [item["job"]["method"] for item in ended["items"]] == ["vae", "gan", "hybrid"]
    assert [item["job"]["request"]["seed"] for item in ended["items"]] == [1, 2, 3]
    assert "method" not in ended["items"][0]["job"]["request"]
    assert (await client.get(f"/batches/{batch['batch_id']}")).json() == ended
    for item in ended["items"]:
        assert (await client.get(f"/play/{item['job']['results'][0]['file_id']}")).status_code == 200


async def test_lists_are_combined(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI + b"2", MIDI + b"3")
    body = {"method": "vae", "pairs": [ids[:2], ids[1:]], "weights": [0.25, 0.75], "seeds": [4, 5]}
    batch = await start(client, body)
    requests = [item["job"]["request"] for item in batch["items"]]
    assert [(request["file_ids"], request["weight"], request["seed"]) for request in requests] == [
        (pair, weight, seed) for pair in (ids[:2], ids[1:]) for weight in (0.25, 0.75) for seed in (4, 5)
    ]
    styles = await start(client, {"method": "gan", "styles": ["jazz", "folk"]})
    seeds = [item["job"]["request"]["seed"] for item in styles["items"]]
    assert [item["job"]["request"]["style"] for item in styles["items"]] == ["jazz", "folk"]
    assert seeds[0] != seeds[1]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, ""),
        ({"items": []}, "items"),
        ({"items": [{"method": "gan"}], "seeds": [1]}, ""),
        ({"items": [{"method": "steps"}]}, "items.0"),
        ({"items": [{"method": "gan"}, {"method": "gan", "bars": 4000}]}, "items.1.bars"),
        ({"items": [{"method": "gan", "count": 2}]}, "items.0.count"),
        ({"items": [{"method": "gan"}] * 65}, "items"),
        ({"method": "gan", "pairs": [["a", "b"]]}, ""),
        ({"method": "vae", "pairs": [["a", "b"]], "weights": [0.1] * 9, "seeds": list(range(9))}, ""),
        ({"method": "vae", "pairs": [["a"]]}, "pairs.0"),
    ],
)
async def test_wrong_bodies_are_refused(client: httpx.AsyncClient, body: dict[str, Any], name: str) -> None:
    answer = await client.post("/batches", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, name)


async def test_one_wrong_item_keeps_all_from_starting(client: httpx.AsyncClient, fakes: Any) -> None:
    one, other = await fakes.upload(client, MIDI, MIDI + b"2")
    items = [
        {"method": "vae", "file_ids": [one, other]},
        {"method": "vae", "file_ids": [one, "0" * 32]},
        {"method": "gan", "style": "opera"},
        {"method": "vae", "file_ids": [one, other], "section_weights": [{"label": "Z", "weight": 1}]},
    ]
    answer = await client.post("/batches", json={"items": items})
    problem = answer.json()
    assert answer.status_code == 404
    assert [(error["name"], error["reason"]) for error in problem["errors"]] == [
        ("items.1", "NOT_FOUND"),
        ("items.2", "UNKNOWN_STYLE"),
        ("items.3", "INVALID_INPUT"),
    ]
    assert fakes.vae.requests == []


async def test_each_piece_is_there_as_soon_as_it_is_done(client: httpx.AsyncClient, fakes: Any) -> None:
    one, other = await fakes.upload(client, MIDI, MIDI + b"2")
    fakes.vae.gate.shut()
    items = [{"method": "gan", "seed": 1}, {"method": "vae", "file_ids": [one, other]}]
    batch = await start(client, {"items": items})
    names = []
    async for _, name, data in events(client, batch["batch_id"]):
        names.append(name)
        if name == "item" and data["index"] == 0 and data["job"]["state"] == "succeeded":
            # The second piece is still being made.
            now = (await client.get(f"/batches/{batch['batch_id']}")).json()
            assert now["state"] == "running"
            assert (await client.get(f"/play/{data['job']['results'][0]['file_id']}")).status_code == 200
            fakes.vae.gate.opened.set()
    assert (names[0], names[-1]) == ("batch", "end")
    assert set(names[1:-1]) == {"item"}


async def test_stopping_keeps_what_is_done(client: httpx.AsyncClient, fakes: Any) -> None:
    one, other = await fakes.upload(client, MIDI, MIDI + b"2")
    fakes.vae.gate.shut()
    blend = {"method": "vae", "file_ids": [one, other]}
    batch = await start(client, {"items": [{"method": "gan", "seed": 1}, blend, blend, blend]})
    await fakes.vae.gate.reached.wait()
    answer = await client.delete(f"/batches/{batch['batch_id']}")
    stopped = answer.json()
    assert (answer.status_code, stopped["state"]) == (202, "stopped")
    assert states(stopped) == ["succeeded", *["cancelled"] * 3]
    assert len(stopped["items"][0]["job"]["results"]) == 1
    await fakes.vae.gate.cancelled.wait()
    fakes.vae.gate.opened.set()
    # Those that waited never begin, and keep no place in the queue.
    after = await finish(client, (await start(client, generated(7)))["batch_id"])
    assert states(after) == ["succeeded"]
    assert len(fakes.vae.requests) == 1
    assert (await finish(client, batch["batch_id"]))["state"] == "stopped"


async def test_a_batch_keeps_no_single_job_waiting(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.gan.gate.shut()
    batch = await start(client, generated(*range(64)))
    await fakes.gan.gate.reached.wait()
    # A full batch fills neither the slots of single jobs nor their queue.
    job = await fakes.blend(client)
    assert job["state"] == "succeeded"
    assert len(fakes.gan.requests) == 1
    await client.delete(f"/batches/{batch['batch_id']}")
    fakes.gan.gate.opened.set()


async def test_batches_take_turns(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.gan.gate.shut()
    long = await start(client, generated(*range(10, 20)))
    await fakes.gan.gate.reached.wait()
    short = await start(client, generated(1, 2))
    fakes.gan.gate.opened.set()
    await finish(client, short["batch_id"])
    await finish(client, long["batch_id"])
    order = [request.seed for request in fakes.gan.requests]
    assert order.index(2) < order.index(12)


async def test_too_many_waiting_pieces_are_refused_as_a_whole(fakes: Any) -> None:
    fakes.gan.gate.shut()
    async with fakes.gateway(max_queue=1) as client:
        batch = await start(client, generated(1, 2, 3))
        answer = await client.post("/batches", json=generated(4, 5))
        assert (answer.status_code, answer.json()["reason"]) == (429, "OVERLOADED")
        assert int(answer.headers["retry-after"]) >= 1
        await start(client, generated(4))
        await client.delete(f"/batches/{batch['batch_id']}")
        fakes.gan.gate.opened.set()


async def test_a_repeated_call_gets_the_same_batch(client: httpx.AsyncClient, fakes: Any) -> None:
    key = {"Idempotency-Key": "once"}
    one = await start(client, generated(1, 2), **key)
    again = await start(client, generated(1, 2), **key)
    assert again["batch_id"] == one["batch_id"]
    assert (await client.post("/batches", json=generated(3), headers=key)).status_code == 422
    await finish(client, one["batch_id"])
    assert sorted(request.seed for request in fakes.gan.requests) == [1, 2]


async def test_an_interrupted_stream_goes_on(client: httpx.AsyncClient, fakes: Any) -> None:
    batch = await start(client, generated(1))
    seen = [(number, name) async for number, name, _ in events(client, batch["batch_id"])]
    again = [event async for event in events(client, batch["batch_id"])]
    assert [name for _, name, _ in again] == ["end"]
    answer = await client.get(f"/batches/{batch['batch_id']}/events", headers={"Last-Event-ID": seen[-1][0]})
    assert (answer.status_code, answer.content) == (204, b"")


async def test_a_cancelled_item_leaves_the_others(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.gan.gate.shut()
    batch = await start(client, generated(1, 2, 3))
    await fakes.gan.gate.reached.wait()
    cancelled = batch["items"][1]["job"]["job_id"]
    assert (await client.delete(f"/jobs/{cancelled}")).status_code == 202
    fakes.gan.gate.opened.set()
    ended = await finish(client, batch["batch_id"])
    assert (ended["state"], states(ended)) == ("finished", ["succeeded", "cancelled", "succeeded"])
    assert [request.seed for request in fakes.gan.requests] == [1, 3]


async def test_unknown_batches(client: httpx.AsyncClient) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events")):
        answer = await client.request(method, f"/batches/{'0' * 32}{path}")
        assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")
    assert (await client.get("/batches")).json() == {"batches": []}


async def test_a_batch_belongs_to_its_account(client: httpx.AsyncClient, fakes: Any) -> None:
    await client.post("/accounts", json={})
    batch = await start(client, {**generated(1, 2), "title": "Mine"})
    ended = await finish(client, batch["batch_id"])
    listed = (await client.get("/batches")).json()["batches"]
    assert [(each["title"], each["state"], each["n_items"], each["n_succeeded"]) for each in listed] == [
        ("Mine", "finished", 2, 2)
    ]
    client.cookies.clear()
    assert (await client.get("/batches")).json() == {"batches": []}
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events")):
        assert (await client.request(method, f"/batches/{batch['batch_id']}{path}")).status_code == 404
    assert states(ended) == ["succeeded"] * 2
