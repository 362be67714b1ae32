"""What belongs to whom: objects of an account exist for it alone, and results belong to whom their job belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from gateway.storage.database import files, jobs

MIDI = b"MThd" + bytes(60)


def owners(fakes: Any, table: sa.Table) -> set[str | None]:
    """Return the owners of all rows of a table."""
    engine = sa.create_engine(fakes.settings().engine_url)
    with engine.connect() as connection:
        found = set(connection.execute(sa.select(table.c.owner_id)).scalars())
    engine.dispose()
    return found


def artifacts(fakes: Any) -> list[Path]:
    """Return the stored files."""
    return list((fakes.data / "var" / "artifacts").rglob("*.mid"))


async def test_what_an_account_makes_is_its_own_to_the_last_result(
    client: httpx.AsyncClient, fakes: Any, browser: Any
) -> None:
    async with browser(client) as alice:
        account_id = (await alice.get("/me")).json()["account"]["account_id"]
        await fakes.upload_recording(alice)
        job = await fakes.blend(alice)
        hybrid = (await alice.post("/generate/hybrid", json={"count": 2})).json()
        await fakes.wait_for_end(alice, hybrid["job_id"])
        me = (await alice.get("/me")).json()
    assert job["state"] == "succeeded"
    # A recording and its transcription, two pieces and their blend, two hybrids and their parents.
    assert me["usage"]["files"] == 11
    assert (owners(fakes, files), owners(fakes, jobs)) == ({account_id}, {account_id})


async def test_what_a_bare_caller_makes_belongs_to_nobody(client: httpx.AsyncClient, fakes: Any, browser: Any) -> None:
    job = await fakes.blend(client)
    async with browser(client) as bob:
        assert (await bob.get(f"/jobs/{job['job_id']}")).json() == job
    assert (owners(fakes, files), owners(fakes, jobs)) == ({None}, {None})


async def test_a_piece_of_another_is_no_parent(client: httpx.AsyncClient, fakes: Any, browser: Any) -> None:
    async with browser(client) as alice, browser(client) as bob:
        (hers,) = await fakes.upload(alice, MIDI)
        (his,) = await fakes.upload(bob, MIDI)
        for caller in (bob, client):
            answer = await caller.post("/generate/vae", json={"file_ids": [his if caller is bob else hers, hers]})
            assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")
        unknown = await bob.get(f"/files/{'0' * 32}")
        foreign = await bob.get(f"/files/{hers}")
        for answer in (unknown, foreign):
            assert answer.status_code == 404
        # Word for word the same, so that nobody learns that it exists.
        assert unknown.json()["detail"] == foreign.json()["detail"]


async def test_a_parent_that_became_anothers_keeps_its_title_and_loses_its_id(
    client: httpx.AsyncClient, fakes: Any, browser: Any
) -> None:
    job = await fakes.blend(client)
    parent_id, result_id = job["parents"][0]["file_id"], job["results"][0]["file_id"]
    engine = sa.create_engine(fakes.settings().engine_url)
    async with browser(client) as alice:
        account_id = (await alice.get("/me")).json()["account"]["account_id"]
        with engine.begin() as connection:
            connection.execute(sa.update(files).where(files.c.file_id == parent_id).values(owner_id=account_id))
    engine.dispose()
    seen = (await client.get(f"/jobs/{job['job_id']}")).json()
    assert [parent["title"] for parent in seen["parents"]] == [parent["title"] for parent in job["parents"]]
    assert seen["parents"][0]["file_id"] == ""
    assert seen["request"]["file_ids"] == ["", job["parents"][1]["file_id"]]
    result = await client.get(f"/files/{result_id}")
    hidden, shown = result.json()["provenance"]["parents"]
    assert (hidden["file_id"], hidden["title"], len(hidden["sha256"])) == ("", "Piece 0", 64)
    assert shown["file_id"] == job["parents"][1]["file_id"]
    events = await client.get(f"/jobs/{job['job_id']}/events")
    for text in (result.text, events.text):
        assert parent_id not in text


async def test_an_idempotency_key_is_the_callers_own(client: httpx.AsyncClient, fakes: Any, browser: Any) -> None:
    key = {"Idempotency-Key": "one"}
    async with browser(client) as alice, browser(client) as bob:
        callers = (alice, bob, client)
        jobs_of_all = [(await caller.post("/generate/gan", json={}, headers=key)).json() for caller in callers]
        again = (await alice.post("/generate/gan", json={}, headers=key)).json()
        for caller, job in zip(callers, jobs_of_all, strict=True):
            await fakes.wait_for_end(caller, job["job_id"])
    assert len({job["job_id"] for job in jobs_of_all}) == 3
    assert again["job_id"] == jobs_of_all[0]["job_id"]


async def test_an_account_that_ends_during_an_upload_keeps_nothing(
    client: httpx.AsyncClient, fakes: Any, browser: Any
) -> None:
    async with browser(client) as alice:
        account_id = (await alice.get("/me")).json()["account"]["account_id"]
        engine = sa.create_engine(fakes.settings().engine_url)

        async def inspect(_request: Any, _context: Any) -> None:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"DELETE FROM segue_accounts WHERE account_id = '{account_id}'")

        before, fakes.transposer.gate.passage = fakes.transposer.gate.passage, lambda: inspect(None, None)
        answer = await alice.post("/upload", files=[("files", ("a.mid", MIDI, "audio/midi"))])
        fakes.transposer.gate.passage = before
        engine.dispose()
    assert (answer.status_code, answer.json()["reason"]) == (401, "NOT_SIGNED_IN")
    assert artifacts(fakes) == []
