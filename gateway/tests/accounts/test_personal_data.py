"""Everything that is stored about an account: exported whole, and erased whole."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from gateway.files import export
from gateway.storage import database

PASSWORD = "seven purple submarines"
MIDI = b"MThd" + bytes(range(60))
SHORT_LIVED = {"segue_challenges"}
"""Tables with an account that are no data about it: the two steps of a log-in."""


async def register(client: httpx.AsyncClient, name: str = "Ada") -> dict[str, Any]:
    """Register, and return who the client is."""
    answer = await client.post("/accounts", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def download(client: httpx.AsyncClient) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """Export an account, and return the archive and its manifest."""
    answer = await client.get("/me/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"].startswith('attachment; filename="segue-')
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive, json.loads(archive.read("manifest.json"))


def owned_rows(fakes: Any, account_id: str) -> dict[str, int]:
    """Return how many rows of each table belong to an account."""
    engine = sa.create_engine(fakes.settings().engine_url)
    counts = {}
    with engine.connect() as connection:
        for table in database.metadata.tables.values():
            for name in {"owner_id", "account_id"} & set(table.c.keys()):
                query = sa.select(sa.func.count()).select_from(table).where(table.c[name] == account_id)
                counts[table.name] = connection.execute(query).scalar_one()
    engine.dispose()
    return counts


def stored_files(fakes: Any) -> list[str]:
    """Return the files in the folder of the store."""
    folder = Path(fakes.data / "var" / "artifacts")
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def fill(client: httpx.AsyncClient, fakes: Any) -> list[str]:
    """Make something of everything for an account, and return the ids of its uploads."""
    ids: list[str] = await fakes.upload(client, MIDI, MIDI + b"2")
    job = await client.post("/generate/vae", json={"file_ids": ids})
    await fakes.wait_for_end(client, job.json()["job_id"])
    recording = await fakes.upload_recording(client, b"fLaC my song")
    await fakes.wait_for_end(client, recording["job"])
    batch = await client.post("/batches", json={"items": [{"method": "gan"}]})
    assert batch.status_code == 202, batch.text
    for item in batch.json()["items"]:
        await fakes.wait_for_end(client, item["job"]["job_id"])
    share = await client.post(f"/files/{ids[0]}/share", json={})
    assert share.status_code == 201, share.text
    await client.post("/tokens", json={"name": "script", "scopes": ["read"]})
    return ids


def test_the_manifest_covers_every_table_that_names_an_account() -> None:
    owning = {
        table.name for table in database.metadata.tables.values() if {"owner_id", "account_id"} & set(table.c.keys())
    }
    assert owning - SHORT_LIVED == {table.name for table, _ in export.TABLES.values()}
    assert len(owning) >= 9


async def test_an_export_has_every_file_and_a_manifest_of_everything(client: httpx.AsyncClient, fakes: Any) -> None:
    me = await register(client)
    await fill(client, fakes)
    archive, manifest = await download(client)
    counts = owned_rows(fakes, me["account"]["account_id"])
    listed = {table.name: len(manifest[name]) for name, (table, _) in export.TABLES.items()}
    assert listed == {name: count for name, count in counts.items() if name not in SHORT_LIVED}
    assert (listed["segue_files"], listed["segue_jobs"], listed["segue_shares"], listed["segue_batches"]) == (
        6,
        3,
        1,
        1,
    )
    paths = [path for file in manifest["files"] for path in file["paths"]]
    assert sorted(archive.namelist()) == sorted(["manifest.json", *paths])
    assert len({path.casefold() for path in paths}) == len(paths) == 6
    contents = {archive.read(path) for path in paths}
    assert {MIDI, MIDI + b"2", b"fLaC my song"} < contents
    assert manifest["account"][0]["name"] == "Ada"
    assert manifest["files"][0]["created_at"].endswith("+00:00")
    assert manifest["tokens"][0]["name"] == "script"


async def test_an_export_has_nothing_to_log_in_with(client: httpx.AsyncClient, fakes: Any) -> None:
    await register(client)
    await client.post("/tokens", json={"name": "script", "scopes": ["read"]})
    engine = sa.create_engine(fakes.settings().engine_url)
    with engine.connect() as connection:
        (password_hash,) = connection.execute(sa.select(database.accounts.c.password_hash)).one()
        hashes = [connection.execute(sa.select(table.c.secret_hash)).scalar_one()
                  for table in (database.sessions, database.tokens)]  # fmt: skip
    engine.dispose()
    archive, _ = await download(client)
    text = archive.read("manifest.json").decode()
    assert not [secret for secret in (password_hash, *hashes) if secret in text]


async def test_an_export_has_nothing_of_others(client: httpx.AsyncClient, fakes: Any) -> None:
    await register(client)
    async with httpx.AsyncClient(base_url=client.base_url) as other:
        await register(other, "Eve")
        await fakes.upload(other, MIDI + b"of Eve")
        await fakes.upload(other, MIDI)
    archive, manifest = await download(client)
    assert archive.namelist() == ["manifest.json"]
    assert manifest["files"] == []
    assert "Eve" not in archive.read("manifest.json").decode()


async def test_names_that_differ_by_case_are_told_apart_in_the_archive(client: httpx.AsyncClient) -> None:
    await register(client)
    for name in ("Song.mid", "song.mid", "SONG.mid", "Song (2).mid"):
        answer = await client.post("/upload", files={"files": (name, MIDI, "audio/midi")})
        assert answer.status_code == 201
    archive, _ = await download(client)
    names = [name for name in archive.namelist() if name != "manifest.json"]
    assert len({name.casefold() for name in names}) == 4
    assert not [name for name in names if ".." in name or name.startswith("/")]


async def test_an_anonymous_account_is_exported_too(client: httpx.AsyncClient, fakes: Any) -> None:
    await client.post("/accounts", json={})
    await fakes.upload(client, MIDI)
    archive, _ = await download(client)
    assert archive.read("files/Piece 0.mid") == MIDI


async def test_erasing_leaves_neither_rows_nor_bytes(client: httpx.AsyncClient, fakes: Any) -> None:
    me = await register(client)
    async with httpx.AsyncClient(base_url=client.base_url) as other:
        await register(other, "Eve")
        (other_id,) = await fakes.upload(other, MIDI + b"of Eve")
        before = stored_files(fakes)
        ids = await fill(client, fakes)
        assert len(stored_files(fakes)) > len(before)
        for file_id, player in ((other_id, other), (ids[0], client)):
            assert (await player.get(f"/play/{file_id}")).status_code == 200
        audio = fakes.data / "var" / "audio"
        assert len({path.name[:16] for path in audio.iterdir()}) == 2
        answer = await client.request("DELETE", "/me", json={"confirm": True})
        assert answer.status_code == 204, answer.text
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert stored_files(fakes) == before
        assert {path.name[:16] for path in audio.iterdir()} == {hashlib.sha256(MIDI + b"of Eve").hexdigest()[:16]}
        assert set(owned_rows(fakes, me["account"]["account_id"]).values()) == {0}
        assert (await other.get(f"/files/{other_id}")).status_code == 200
    assert (await client.get("/me")).json()["account"] is None
    assert (await client.get(f"/files/{ids[0]}")).status_code == 404
    answer = await client.post("/sessions", json={"name": "Ada", "password": PASSWORD})
    assert (answer.status_code, answer.json()["reason"]) == (401, "WRONG_CREDENTIALS")
    await register(client)


async def test_erasing_ends_running_jobs_and_keeps_nothing_of_them(client: httpx.AsyncClient, fakes: Any) -> None:
    me = await register(client)
    ids = await fakes.upload(client, MIDI, MIDI + b"2")
    fakes.vae.gate.shut()
    job_id = (await client.post("/generate/vae", json={"file_ids": ids})).json()["job_id"]
    await fakes.vae.gate.reached.wait()
    answer = await client.request("DELETE", "/me", json={"confirm": True})
    assert answer.status_code == 204, answer.text
    fakes.vae.gate.opened.set()
    assert (await client.get(f"/jobs/{job_id}")).status_code == 404
    assert stored_files(fakes) == []
    assert set(owned_rows(fakes, me["account"]["account_id"]).values()) == {0}


@pytest.mark.parametrize("body", [{}, {"confirm": False}, {"confirm": "yes"}, None])
async def test_nothing_is_erased_without_confirmation(client: httpx.AsyncClient, body: Any) -> None:
    await register(client)
    answer = await client.request("DELETE", "/me", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert (await client.get("/me")).json()["account"] is not None


async def test_all_devices_and_tokens_end_with_the_account(client: httpx.AsyncClient) -> None:
    await register(client)
    token = (await client.post("/tokens", json={"name": "x", "scopes": ["account"]})).json()["token"]
    async with httpx.AsyncClient(base_url=client.base_url) as phone:
        await phone.post("/sessions", json={"name": "Ada", "password": PASSWORD})
        client.cookies.clear()
        headers = {"Authorization": f"Bearer {token}"}
        erased = await client.request("DELETE", "/me", json={"confirm": True}, headers=headers)
        assert erased.status_code == 204
        assert (await phone.get("/me")).json()["account"] is None
        assert (await client.get("/me", headers=headers)).status_code == 401
