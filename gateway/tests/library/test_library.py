"""The library of an account: listed, searched, named, starred, deleted, restored and claimed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from gateway.context import get_context
from gateway.library import purger
from servicekit.faults import NotFound

MIDI = b"MThd" + bytes(range(60))


@pytest.fixture
async def owner(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client with an account."""
    assert (await client.post("/accounts", json={})).status_code == 201
    return client


@pytest.fixture
async def stranger(client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the same gateway with an account of its own."""
    async with httpx.AsyncClient(base_url=client.base_url, timeout=20) as opened:
        assert (await opened.post("/accounts", json={})).status_code == 201
        yield opened


@pytest.fixture
async def nobody(client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the same gateway without an account."""
    async with httpx.AsyncClient(base_url=client.base_url, timeout=20) as opened:
        yield opened


async def list_library(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    response = await client.get("/library", params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def list_titles(client: httpx.AsyncClient, **query: Any) -> list[str]:
    return [item["title"] for item in (await list_library(client, **query))["items"]]


async def test_uploads_and_results_are_listed_newest_first(owner: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(owner, weight=0.6, seed=3)
    library = await list_library(owner)
    blend, second, first = library["items"]
    assert (library["total"], library["cursor"]) == (3, None)
    assert [blend["title"], second["title"], first["title"]] == ["Piece 0 x Piece 1, 60%", "Piece 1", "Piece 0"]
    assert (blend["kind"], blend["method"], blend["job_id"]) == ("result", "vae", job["job_id"])
    assert (blend["weight"], blend["curve"], blend["n_children"]) == (0.6, None, 0)
    assert blend["summary"] == {"bars": 8, "seconds": 16.0, "tempo_bpm": 120.0, "meter": "4/4", "key": "C major"}
    assert [(parent["file_id"], parent["title"], parent["weight"]) for parent in blend["parents"]] == [
        (first["file_id"], "Piece 0", 0.4),
        (second["file_id"], "Piece 1", 0.6),
    ]
    assert (first["kind"], first["method"], first["parents"], first["n_children"]) == ("midi", None, [], 1)
    assert first["expires_at"] is not None


async def test_a_morph_has_its_curve_and_no_weight(owner: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.blend(owner, curve=[[0, 0], [0.5, 1], [1, 0.25]])
    blend = (await list_library(owner))["items"][0]
    assert (blend["title"], blend["weight"]) == ("Piece 0 x Piece 1, morph", None)
    assert blend["curve"] == [[0, 0], [0.5, 1], [1, 0.25]]
    assert [parent["weight"] for parent in blend["parents"]] == [None, None]


async def test_shares_of_three_parents_are_listed(owner: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(owner, b"MThd a", b"MThd b", b"MThd c")
    answer = await owner.post("/generate/vae", json={"file_ids": ids, "shares": [0.5, 0.25, 0.25]})
    await fakes.wait_for_end(owner, answer.json()["job_id"])
    blend = (await list_library(owner))["items"][0]
    assert [parent["weight"] for parent in blend["parents"]] == [0.5, 0.25, 0.25]
    assert blend["weight"] is None


async def test_previews_and_transcriptions_are_left_out(owner: httpx.AsyncClient, fakes: Any) -> None:
    recording = await fakes.upload_recording(owner)
    await fakes.wait_for_end(owner, recording["job"])
    ids = await fakes.upload(owner, MIDI, MIDI + b"2")
    answer = await owner.post("/generate/steps", json={"file_ids": ids, "count": 3})
    job = await fakes.wait_for_end(owner, answer.json()["job_id"])
    library = await list_library(owner)
    assert [item["title"] for item in library["items"]] == ["Piece 1", "Piece 0", "My song"]
    assert library["items"][2]["summary"]["bars"] == 8
    previews = [f"Piece 0 to Piece 1, {share}%" for share in (0, 50, 100)]
    assert sorted(await list_titles(owner, method="steps")) == sorted(previews)
    assert await list_titles(owner, method="transcribe") == ["My song"]
    middle = job["results"][1]["file_id"]
    await owner.patch(f"/files/{middle}", json={"starred": True})
    assert previews[1] in await list_titles(owner)


async def test_the_library_is_read_page_by_page(owner: httpx.AsyncClient, fakes: Any) -> None:
    for batch in range(9):
        await fakes.upload(owner, *[MIDI + bytes([batch, n]) for n in range(12)])
    first = await list_library(owner)
    assert (len(first["items"]), first["total"]) == (50, 108)
    second = await list_library(owner, cursor=first["cursor"])
    third = await list_library(owner, cursor=second["cursor"])
    assert (len(second["items"]), len(third["items"]), third["cursor"]) == (50, 8, None)
    ids = [item["file_id"] for page in (first, second, third) for item in page["items"]]
    assert len(set(ids)) == 108
    times = [item["created_at"] for page in (first, second, third) for item in page["items"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("cursor", ["", "x", "bmFuIGE", "MS4wIGEgYg", "é"])
async def test_a_cursor_that_was_never_given_is_refused(owner: httpx.AsyncClient, cursor: str) -> None:
    response = await owner.get("/library", params={"cursor": cursor})
    assert (response.status_code, response.json()["reason"]) == (422, "INVALID_INPUT")


async def test_search_finds_names_styles_and_parents(owner: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.blend(owner)
    answer = await owner.post("/generate/gan", json={"style": "folk"})
    await fakes.wait_for_end(owner, answer.json()["job_id"])
    folk, blend = "Folk in C major, 96 BPM", "Piece 0 x Piece 1, 50%"
    assert await list_titles(owner, q="PIECE 1") == [blend, "Piece 1"]
    assert await list_titles(owner, q="folk") == [folk]
    assert await list_titles(owner, q="1 piece x") == [blend]
    assert await list_titles(owner, q="_") == []
    assert await list_titles(owner, q="50%") == [blend]
    assert await list_titles(owner, method="gan") == [folk]
    assert await list_titles(owner, kind="midi") == ["Piece 1", "Piece 0"]
    parent = (await list_library(owner, kind="midi"))["items"][0]["file_id"]
    assert await list_titles(owner, parent=parent) == [blend]


async def test_a_new_name_is_the_title_and_the_name_of_every_download(owner: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(owner)
    file_id = job["results"][0]["file_id"]
    response = await owner.patch(f"/files/{file_id}", json={"name": "  AC/DC at <b>night</b>.mid "})
    file = response.json()
    assert (response.status_code, file["title"]) == (200, "AC/DC at <b>night</b>")
    assert file["name"] == "AC-DC at <b>night<-b>.mid"
    for audio_format in ("mid", "wav", "flac"):
        download = await owner.get(f"/download/{file_id}?format={audio_format}")
        name = unquote(download.headers["content-disposition"].rpartition("''")[2])
        assert name == f"AC-DC at <b>night<-b>.{audio_format}"
    assert await list_titles(owner, q="night") == ["AC/DC at <b>night</b>"]
    assert "Piece 0 x Piece 1, 50%" not in await list_titles(owner)


async def test_a_recording_is_renamed_with_its_transcription(owner: httpx.AsyncClient, fakes: Any) -> None:
    recording = await fakes.upload_recording(owner)
    await fakes.wait_for_end(owner, recording["job"])
    file = (await owner.patch(f"/files/{recording['file_id']}", json={"name": "Demo"})).json()
    assert (file["name"], file["title"]) == ("Demo.flac", "Demo")
    transcription = (await owner.get(f"/files/{file['transcription']['file_id']}")).json()
    assert (transcription["name"], transcription["title"]) == ("Demo.mid", "Demo")


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("x" * 10_240, "`name` may have up to 120 characters; this one has 10,240."),
        ("a\nb", "`name` must be one line of visible text; it holds the character U+000A."),
        ("a\u202eb", "`name` must be one line of visible text; it holds the character U+202E."),
        ("\x00", "`name` contains a null character."),
        ("  ", "`name` must hold at least one character."),
        ("", "`name` must hold at least one character."),
    ],
)
async def test_a_name_that_cannot_be_shown_is_refused(
    owner: httpx.AsyncClient, fakes: Any, name: str, detail: str
) -> None:
    (file_id,) = await fakes.upload(owner, MIDI)
    response = await owner.patch(f"/files/{file_id}", json={"name": name})
    assert (response.status_code, response.json()["detail"]) == (422, detail)
    assert (await owner.get(f"/files/{file_id}")).json()["name"] == "Piece 0.mid"


async def test_names_of_other_scripts_are_kept(owner: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(owner, MIDI)
    for name in ("夜曲 №2", "می‌خواهم", "👩‍👩‍👧 lullaby"):
        file = (await owner.patch(f"/files/{file_id}", json={"name": name})).json()
        assert file["title"] == name


async def test_a_starred_piece_never_expires(owner: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(owner, MIDI)
    starred = (await owner.patch(f"/files/{file_id}", json={"starred": True})).json()
    assert (starred["starred"], starred["expires_at"]) == (True, None)
    assert await list_titles(owner, starred="true") == ["Piece 0"]
    assert await list_titles(owner, starred="false") == []
    plain = (await owner.patch(f"/files/{file_id}", json={"starred": False})).json()
    assert plain["starred"] is False
    assert plain["expires_at"] is not None


async def test_a_deleted_piece_is_gone_at_once_and_can_be_restored(owner: httpx.AsyncClient, fakes: Any) -> None:
    first, _ = await fakes.upload(owner, MIDI, MIDI + b"2")
    assert (await owner.delete(f"/files/{first}", params={"undo": True})).status_code == 204
    assert await list_titles(owner) == ["Piece 1"]
    for path in (f"/files/{first}", f"/files/{first}/notes", f"/play/{first}", f"/download/{first}"):
        assert (await owner.get(path)).status_code == 404
    assert (await owner.delete(f"/files/{first}")).status_code == 404
    restored = await owner.post(f"/files/{first}/restore")
    assert (restored.status_code, restored.json()["title"]) == (200, "Piece 0")
    assert (await owner.get(f"/download/{first}")).content == MIDI
    assert (await owner.post(f"/files/{first}/restore")).status_code == 404


async def test_the_bytes_of_a_deleted_piece_are_purged(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purger, "UNDO_S", 0.0)
    monkeypatch.setattr(purger, "_MARGIN_S", 0.0)
    async with fakes.gateway() as client:
        await client.post("/accounts", json={})
        other, deleted = await fakes.upload(client, MIDI, MIDI + b"2")
        recording = await fakes.upload_recording(client)
        await fakes.wait_for_end(client, recording["job"])
        stored = fakes.data / "var" / "artifacts" / "files"
        for file_id in (deleted, recording["file_id"]):
            await client.delete(f"/files/{file_id}", params={"undo": True})
        for _ in range(500):
            left = {path.name for path in stored.rglob("*") if path.is_file()}
            if left == {f"{other}.mid"}:
                break
            await client.get("/health/live")
        assert left == {f"{other}.mid"}
        assert (await client.post(f"/files/{deleted}/restore")).status_code == 404


async def test_what_was_deleted_before_a_restart_is_purged_at_the_start(
    fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fakes.gateway() as client:
        await client.post("/accounts", json={})
        (deleted,) = await fakes.upload(client, MIDI)
        await client.delete(f"/files/{deleted}", params={"undo": True})
    stored = fakes.data / "var" / "artifacts" / "files" / f"{deleted}.mid"
    assert stored.exists()
    monkeypatch.setattr(purger, "UNDO_S", 0.0)
    monkeypatch.setattr(purger, "_MARGIN_S", 0.0)
    async with fakes.gateway() as client:
        for _ in range(500):
            if not stored.exists():
                break
            await client.get("/health/live")
    assert not stored.exists()


async def test_a_library_is_cleared_but_for_starred_pieces_and_restored(owner: httpx.AsyncClient, fakes: Any) -> None:
    first, _ = await fakes.upload(owner, MIDI, MIDI + b"2")
    await owner.patch(f"/files/{first}", json={"starred": True})
    assert (await owner.delete("/library")).json() == {"n_deleted": 1}
    assert await list_titles(owner) == ["Piece 0"]
    assert (await owner.delete("/library", params={"starred": True})).json() == {"n_deleted": 1}
    assert await list_titles(owner) == []
    assert (await owner.post("/library/restore")).json() == {"n_restored": 2}
    assert sorted(await list_titles(owner)) == ["Piece 0", "Piece 1"]


async def test_a_family_is_walked_both_ways(owner: httpx.AsyncClient, stranger: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(owner)
    blend, (first, second) = job["results"][0]["file_id"], job["request"]["file_ids"]
    await owner.patch(f"/files/{first}", json={"name": "Renamed"})
    family = (await owner.get(f"/files/{blend}/family")).json()
    assert [(parent["file_id"], parent["title"]) for parent in family["parents"]] == [
        (first, "Renamed"),
        (second, "Piece 1"),
    ]
    assert family["children"] == []
    below = (await owner.get(f"/files/{first}/family")).json()
    assert [(child["file_id"], child["method"]) for child in below["children"]] == [(blend, "vae")]
    await owner.delete(f"/files/{first}")
    above = (await owner.get(f"/files/{blend}/family")).json()
    assert above["parents"][0] == {"file_id": "", "title": "Piece 0", "kind": None, "method": None}
    assert (await stranger.get(f"/files/{blend}/family")).status_code == 404


async def test_jobs_are_listed_newest_first(owner: httpx.AsyncClient, fakes: Any) -> None:
    done = await fakes.blend(owner)
    fakes.gan.gate.shut()
    running = (await owner.post("/generate/gan", json={"style": "jazz"})).json()
    jobs = (await owner.get("/jobs")).json()
    assert [job["job_id"] for job in jobs["items"]] == [running["job_id"], done["job_id"]]
    assert jobs["cursor"] is None
    active = (await owner.get("/jobs", params={"state": "active"})).json()["items"]
    assert [job["job_id"] for job in active] == [running["job_id"]]
    succeeded = (await owner.get("/jobs", params={"state": "succeeded"})).json()["items"]
    assert [job["job_id"] for job in succeeded] == [done["job_id"]]
    fakes.gan.gate.opened.set()
    await fakes.wait_for_end(owner, running["job_id"])


async def test_a_bare_callers_library_is_empty_and_cannot_be_changed(nobody: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(nobody, MIDI)
    assert await list_library(nobody) == {"items": [], "cursor": None, "total": 0}
    assert (await nobody.get("/jobs")).json() == {"items": [], "cursor": None}
    assert (await nobody.get(f"/files/{file_id}")).json()["owner"] == "nobody"
    for response in (
        await nobody.post("/library", json={"file_ids": [file_id]}),
        await nobody.delete("/library"),
        await nobody.post("/library/restore"),
        await nobody.patch(f"/files/{file_id}", json={"starred": True}),
    ):
        assert (response.status_code, response.json()["reason"]) == (401, "NOT_SIGNED_IN")


async def test_who_is_first_gets_what_belongs_to_nobody(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient, nobody: httpx.AsyncClient, fakes: Any
) -> None:
    job = await fakes.blend(nobody)
    file_id = job["results"][0]["file_id"]
    claimed = await owner.post("/library", json={"file_ids": [file_id]})
    assert (claimed.status_code, claimed.json()) == (200, {"file_ids": [file_id]})
    assert (await owner.get(f"/files/{file_id}")).json()["owner"] == "you"
    assert [item["job_id"] for item in (await list_library(owner))["items"]] == [job["job_id"]]
    assert [each["job_id"] for each in (await owner.get("/jobs")).json()["items"]] == [job["job_id"]]
    for other in (stranger, nobody):
        assert (await other.get(f"/files/{file_id}")).status_code == 404
    assert (await stranger.post("/library", json={"file_ids": [file_id]})).status_code == 404
    assert (await owner.post("/library", json={"file_ids": [file_id]})).status_code == 200


async def test_a_file_of_another_is_neither_changed_nor_restored(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient, fakes: Any
) -> None:
    first, second = await fakes.upload(owner, MIDI, MIDI + b"2")
    await owner.delete(f"/files/{second}", params={"undo": True})
    for response in (
        await stranger.patch(f"/files/{first}", json={"name": "Mine"}),
        await stranger.patch(f"/files/{first}", json={"starred": True}),
        await stranger.delete(f"/files/{first}", params={"undo": True}),
        await stranger.post(f"/files/{second}/restore"),
        await stranger.get(f"/files/{first}/family"),
    ):
        assert response.status_code == 404
    assert await list_titles(stranger) == []
    assert (await stranger.delete("/library")).json() == {"n_deleted": 0}
    assert (await stranger.post("/library/restore")).json() == {"n_restored": 0}
    assert await list_titles(owner) == ["Piece 0"]


async def test_results_of_an_account_have_titles_of_their_own(owner: httpx.AsyncClient, fakes: Any) -> None:
    for seed in (1, 2):
        answer = await owner.post("/generate/gan", json={"style": "jazz", "seed": seed})
        await fakes.wait_for_end(owner, answer.json()["job_id"])
    assert await list_titles(owner) == ["Jazz in C major, 96 BPM (2)", "Jazz in C major, 96 BPM"]


async def test_the_job_of_a_starred_piece_is_kept_as_long_as_the_piece(fakes: Any) -> None:
    async with fakes.gateway() as client:
        await client.post("/accounts", json={})
        starred, plain = [await fakes.blend(client, seed=seed) for seed in (1, 2)]
        await client.patch(f"/files/{starred['results'][0]['file_id']}", json={"starred": True})
        await client.delete(f"/files/{plain['results'][0]['file_id']}")
    # The sweep at the start deletes what is older than a few milliseconds.
    async with fakes.gateway(keep_days=1e-7) as client:
        context = get_context()
        for _ in range(500):
            left = await context.repository.list_expired_jobs(time.time())
            if not left:
                break
            await client.get("/health/live")
        assert (await context.repository.get_job(starred["job_id"])).job_id == starred["job_id"]
        with pytest.raises(NotFound, match="No job"):
            await context.repository.get_job(plain["job_id"])
