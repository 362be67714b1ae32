"""``kill -9`` of the gateway during a job: the job resumes, and no upload is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

MIDI = b"MThd" + bytes(60)


@pytest.fixture
def environment(fakes: Any) -> dict[str, str]:
    """Environment of a gateway process: the addresses of the fake services, and a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = fakes.settings(port=port, patience_s=20.0)
    names = {"port", "data", "gallery", "web_dist", "patience_s"}
    names |= {name for name in type(settings).model_fields if name.endswith("_target")}
    chosen = {f"SEGUE_{name.upper()}": str(getattr(settings, name)) for name in names}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}, **chosen}


@contextlib.asynccontextmanager
async def process(environment: dict[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    """Run a gateway as a separate process; it is killed at the end."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", env=environment, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{environment['SEGUE_PORT']}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            while True:
                assert running.returncode is None, "the gateway ended"
                with contextlib.suppress(httpx.ConnectError):
                    if (await client.get("/health/live")).status_code == 200:
                        break
            yield running, client
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_a_killed_gateway_resumes_its_jobs_at_the_step_reached(fakes: Any, environment: dict[str, str]) -> None:
    async with process(environment) as (_, client):
        ids = await fakes.upload(client, MIDI, MIDI + b"2")
        fakes.vae.gate.shut()
        fakes.gan.gate.shut()
        blend = (await client.post("/generate/vae", json={"file_ids": ids, "seed": 4})).json()
        generation = (await client.post("/generate/gan", json={"seed": 8, "count": 2})).json()
        waiting = (await client.post("/generate/gan", json={"seed": 9})).json()
        await fakes.vae.gate.reached.wait()
        await fakes.gan.gate.reached.wait()
    inspections = len(fakes.transposer.inspected)
    fakes.vae.gate.opened.set()
    fakes.gan.gate.opened.set()
    async with process(environment) as (_, client):
        ended = [await fakes.wait_for_end(client, job["job_id"]) for job in (blend, generation, waiting)]
        assert [job["state"] for job in ended] == ["succeeded"] * 3
        assert [len(job["results"]) for job in ended] == [1, 2, 1]
        # The steps before the crash are not repeated: only the four results are inspected.
        assert len(fakes.transposer.inspected) == inspections + 4
        assert [sent.seed for sent in fakes.vae.requests] == [4, 4]
        for file_id, data in zip(ids, (MIDI, MIDI + b"2"), strict=True):
            assert (await client.get(f"/download/{file_id}")).content == data
        assert (await client.get(f"/jobs/{blend['job_id']}/events")).text.count("event: end") == 1


async def test_a_gateway_that_is_told_to_stop_stops_and_leaves_its_job(fakes: Any, environment: dict[str, str]) -> None:
    async with process(environment) as (running, client):
        ids = await fakes.upload(client, MIDI, MIDI)
        fakes.vae.gate.shut()
        job = (await client.post("/generate/vae", json={"file_ids": ids})).json()
        await fakes.vae.gate.reached.wait()
        running.terminate()
        assert await asyncio.wait_for(running.wait(), 15) in {0, -15}
    await fakes.vae.gate.cancelled.wait()
    fakes.vae.gate.opened.set()
    async with process(environment) as (_, client):
        assert (await fakes.wait_for_end(client, job["job_id"]))["state"] == "succeeded"


async def test_a_killed_gateway_goes_on_with_its_batch(fakes: Any, environment: dict[str, str]) -> None:
    items = [{"method": "gan", "seed": seed} for seed in (1, 2, 3)]
    async with process(environment) as (_, client):
        fakes.gan.gate.shut()
        batch = (await client.post("/batches", json={"items": items})).json()
        await fakes.gan.gate.reached.wait()
    fakes.gan.gate.opened.set()
    async with process(environment) as (_, client):
        ended = [await fakes.wait_for_end(client, item["job"]["job_id"]) for item in batch["items"]]
        assert [job["state"] for job in ended] == ["succeeded"] * 3
        assert (await client.get(f"/batches/{batch['batch_id']}")).json()["state"] == "finished"
    # The first was generated twice, since it was cut off; the others waited in the queue.
    assert [request.seed for request in fakes.gan.requests] == [1, 1, 2, 3]


async def test_a_gateway_that_stops_leaves_its_batch_for_the_next_start(
    fakes: Any, environment: dict[str, str]
) -> None:
    items = [{"method": "gan", "seed": seed} for seed in (1, 2)]
    async with process(environment) as (running, client):
        fakes.gan.gate.shut()
        batch = (await client.post("/batches", json={"items": items})).json()
        await fakes.gan.gate.reached.wait()
        running.terminate()
        assert await asyncio.wait_for(running.wait(), 15) in {0, -15}
    fakes.gan.gate.opened.set()
    async with process(environment) as (_, client):
        ended = [await fakes.wait_for_end(client, item["job"]["job_id"]) for item in batch["items"]]
        assert [job["state"] for job in ended] == ["succeeded"] * 2
