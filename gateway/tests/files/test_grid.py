"""Pieces that were played freely: their beats are found at the upload, used wherever music is, and can be overruled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from segue.transposer.v1.transposer_pb2 import GRID_SOURCE_FILE, GRID_SOURCE_FOUND, GRID_SOURCE_UNSPECIFIED

PLAYED = b"MThd played freely"
GRIDDED = b"MThd found beats"
PLAIN = b"MThd" + bytes(60)


async def describe(client: httpx.AsyncClient, file_id: str) -> tuple[str, float]:
    """Return the source of a piece's beats, and its tempo."""
    summary = (await client.get(f"/files/{file_id}")).json()["summary"]
    return summary["grid"], summary["tempo_bpm"]


def stored(data: Path) -> list[str]:
    """Return the names of the stored files."""
    return sorted(path.name for path in (data / "var").rglob("*.mid*") if path.is_file())


async def test_found_beats_are_stored_beside_the_upload(client: httpx.AsyncClient, fakes: Any) -> None:
    played, plain = await fakes.upload(client, PLAYED, PLAIN)
    assert await describe(client, played) == ("found", 87.0)
    assert await describe(client, plain) == ("file", 120.0)
    assert stored(fakes.data) == sorted([f"{played}.mid", f"{played}.mid.grid", f"{plain}.mid"])
    assert fakes.transposer.inspected[0].grid == GRID_SOURCE_UNSPECIFIED


async def test_found_beats_are_used_wherever_music_is(client: httpx.AsyncClient, fakes: Any) -> None:
    played, plain = await fakes.upload(client, PLAYED, PLAIN)
    answer = await client.post("/generate/vae", json={"file_ids": [played, plain]})
    await fakes.wait_for_end(client, answer.json()["job_id"])
    assert [parent.midi[:-2] for parent in fakes.vae.requests[0].parents] == [GRIDDED, PLAIN]
    assert [parent.original_midi for parent in fakes.vae.requests[0].parents] == [PLAYED, b""]
    await client.get(f"/files/{played}/sections")
    assert fakes.vae.encoded[0].midi == GRIDDED
    await client.get(f"/files/{played}/notes")
    sent = fakes.transposer.inspected[-1]
    assert (sent.midi, sent.grid) == (GRIDDED, GRID_SOURCE_FILE)


async def test_an_upload_with_found_beats_is_played_and_downloaded_as_it_came(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    (played,) = await fakes.upload(client, PLAYED)
    assert (await client.get(f"/download/{played}")).content == PLAYED
    await client.get(f"/play/{played}")
    assert fakes.renderer.requests[0].midi == PLAYED


async def test_the_source_of_the_beats_is_overruled_and_remembered(client: httpx.AsyncClient, fakes: Any) -> None:
    (played,) = await fakes.upload(client, PLAYED)
    changed = await client.patch(f"/files/{played}", json={"grid": "file"})
    assert (changed.json()["summary"]["grid"], changed.json()["summary"]["tempo_bpm"]) == ("file", 120.0)
    sent = fakes.transposer.inspected[-1]
    assert (sent.midi, sent.grid) == (PLAYED, GRID_SOURCE_FILE)
    await client.get(f"/files/{played}/sections")
    assert fakes.vae.encoded[-1].midi == PLAYED
    await client.patch(f"/files/{played}", json={"roles": {"1": "lead"}})
    assert await describe(client, played) == ("file", 120.0)
    await client.patch(f"/files/{played}", json={"grid": "found"})
    assert fakes.transposer.inspected[-1].grid == GRID_SOURCE_FOUND
    assert await describe(client, played) == ("found", 87.0)
    await client.get(f"/files/{played}/sections")
    assert fakes.vae.encoded[-1].midi == GRIDDED


async def test_roles_and_beats_are_changed_in_one_call(client: httpx.AsyncClient, fakes: Any) -> None:
    (plain,) = await fakes.upload(client, PLAIN)
    n_inspected = len(fakes.transposer.inspected)
    answer = await client.patch(f"/files/{plain}", json={"roles": {"1": "bass"}, "grid": "found"})
    assert answer.json()["summary"]["tracks"][1]["role"] == "bass"
    assert answer.json()["summary"]["grid"] == "found"
    assert len(fakes.transposer.inspected) == n_inspected + 1


@pytest.mark.parametrize("body", [{}, {"grid": "guess"}])
async def test_a_change_of_nothing_or_to_nothing_known_is_refused(
    client: httpx.AsyncClient, fakes: Any, body: dict[str, str]
) -> None:
    (plain,) = await fakes.upload(client, PLAIN)
    answer = await client.patch(f"/files/{plain}", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")


async def test_both_artifacts_are_deleted(client: httpx.AsyncClient, fakes: Any) -> None:
    (played,) = await fakes.upload(client, PLAYED)
    assert (await client.delete(f"/files/{played}")).status_code == 204
    assert stored(fakes.data) == []


async def test_results_keep_the_beats_that_segue_gave_them(client: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.blend(client)
    results = [each for each in fakes.transposer.inspected if each.grid != GRID_SOURCE_UNSPECIFIED]
    assert [each.grid for each in results] == [GRID_SOURCE_FILE]
