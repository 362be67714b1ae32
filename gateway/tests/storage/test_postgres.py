"""The same gateway on PostgreSQL, where it is installed."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

MIDI = b"MThd" + bytes(60)


async def test_a_job_is_done_kept_and_taken_up_again_on_postgresql(fakes: Any, postgres_url: str) -> None:
    on_postgres = {"database_url": SecretStr(postgres_url)}
    async with fakes.gateway(**on_postgres) as client:
        done = await fakes.blend(client, seed=1)
        assert done["state"] == "succeeded"
        ids = await fakes.upload(client, MIDI, MIDI)
        fakes.vae.gate.shut()
        key = {"Idempotency-Key": "one"}
        begun = (await client.post("/generate/vae", json={"file_ids": ids}, headers=key)).json()
        again = (await client.post("/generate/vae", json={"file_ids": ids}, headers=key)).json()
        assert again["job_id"] == begun["job_id"]
        await fakes.vae.gate.reached.wait()
    fakes.vae.gate.opened.set()
    async with fakes.gateway(**on_postgres) as client:
        assert (await fakes.wait_for_end(client, begun["job_id"]))["state"] == "succeeded"
        assert (await client.get(f"/jobs/{done['job_id']}")).json() == done
        assert (await client.delete(f"/files/{ids[0]}")).status_code == 204
    assert not (fakes.data / "var" / "segue.sqlite").exists()


async def test_batches_and_shares_on_postgresql(fakes: Any, postgres_url: str) -> None:
    async with fakes.gateway(database_url=SecretStr(postgres_url)) as client:
        await client.post("/accounts", json={})
        items = [{"method": "gan", "seed": seed} for seed in (1, 2)]
        batch = (await client.post("/batches", json={"items": items})).json()
        jobs = [await fakes.wait_for_end(client, item["job"]["job_id"]) for item in batch["items"]]
        assert [job["state"] for job in jobs] == ["succeeded"] * 2
        listed = (await client.get("/batches")).json()["batches"]
        assert [(each["state"], each["n_items"], each["n_succeeded"]) for each in listed] == [("finished", 2, 2)]
        file_id = jobs[0]["results"][0]["file_id"]
        created = (await client.post(f"/files/{file_id}/share", json={"published": True})).json()
        published = (await client.get("/gallery/shared")).json()["items"]
        assert [each["slug"] for each in published] == [created["slug"]]
        assert (await client.get(f"/p/{created['slug']}/play")).status_code == 200
        assert (await client.delete(f"/shares/{created['slug']}")).status_code == 204
        assert (await client.get(f"/p/{created['slug']}/play")).status_code == 410
        assert (await client.delete(f"/batches/{batch['batch_id']}")).status_code == 202
