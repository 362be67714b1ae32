"""Blends by ingredient, and what came from whom in each bar."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest
from segue.vae.v1.vae_pb2 import Ingredient

ALL = {
    "form": 0.0,
    "harmony": 0.125,
    "rhythm": 0.25,
    "contour": 0.375,
    "bass": 0.5,
    "texture": 0.625,
    "groove": 0.75,
    "sound": 0.875,
    "feel": 1.0,
}


def sent_weights(request: Any) -> dict[str, float]:
    """Return the weights of single ingredients that reached the service."""
    names = {each.ingredient: Ingredient.Name(each.ingredient) for each in request.ingredients}
    return {names[each.ingredient].removeprefix("INGREDIENT_").lower(): each.weight for each in request.ingredients}


async def test_every_ingredient_reaches_the_service(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(client, weight=0.25, weights={"lead": 1.0}, ingredients=ALL)
    (sent,) = fakes.vae.requests
    assert sent_weights(sent) == ALL
    assert (sent.weight, [each.weight for each in sent.role_weights]) == (0.25, [1.0])
    assert job["request"]["ingredients"] == ALL


async def test_ingredients_override_single_parts_of_a_curve(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(client, curve=[[0, 0], [1, 1]], ingredients={"form": 0.0, "bass": None})
    (sent,) = fakes.vae.requests
    assert (sent_weights(sent), len(sent.curve)) == ({"form": 0.0}, 2)
    assert job["request"]["ingredients"] == {"form": 0.0}


async def test_a_request_without_ingredients_sends_none(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(client)
    assert list(fakes.vae.requests[0].ingredients) == []
    assert "ingredients" not in job["request"]


async def test_the_ingredients_of_a_hybrid_reach_its_blend(client: httpx.AsyncClient, fakes: Any) -> None:
    body = {"styles": ["jazz", "folk"], "bars": 8, "ingredients": {"harmony": 1.0, "rhythm": 0.25}}
    answer = await client.post("/generate/hybrid", json=body)
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert job["state"] == "succeeded"
    (sent,) = fakes.vae.requests
    assert sent_weights(sent) == {"harmony": 1.0, "rhythm": 0.25}
    assert list(sent.role_weights) == []


async def test_provenance_has_the_sources_of_each_bar(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.result.sources.add(ingredient="INGREDIENT_RHYTHM", parents=[1, 2, 0, 3])
    fakes.vae.result.sources.add(ingredient="INGREDIENT_GROOVE", parents=[2, 2, 2, 2])
    for bars in ([0, 8], [1, 9], [0, 8], [3, 11]):
        fakes.vae.result.origins.add(bars=bars)
    job = await fakes.blend(client, ingredients={"groove": 1.0})
    provenance = (await client.get(f"/files/{job['results'][0]['file_id']}")).json()["provenance"]
    assert provenance["sources"] == {"rhythm": [1, 2, 0, 3], "groove": [2, 2, 2, 2]}
    assert provenance["origins"] == [[0, 1, 0, 3], [8, 9, 8, 11]]
    assert provenance["settings"]["ingredients"] == {"groove": 1.0}
    assert "sources" not in job["results"][0]


async def test_a_source_of_a_later_version_is_left_out(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.result.sources.add(ingredient=99, parents=[1])
    job = await fakes.blend(client)
    provenance = (await client.get(f"/files/{job['results'][0]['file_id']}")).json()["provenance"]
    assert provenance.keys() & {"sources", "origins"} == set()


@pytest.mark.parametrize("method", ["vae", "hybrid"])
async def test_a_result_of_an_earlier_version_opens_unchanged(fakes: Any, method: str) -> None:
    stored = f'{{"method": "{method}", "parents": [], "settings": {{"weight": 0.5}}, "seed": 3, "bars": 8}}'
    async with fakes.gateway() as client:
        job = await fakes.blend(client)
        file_id = job["results"][0]["file_id"]
    with closing(sqlite3.connect(fakes.data / "var" / "segue.sqlite")) as connection, connection:
        connection.execute("UPDATE segue_files SET provenance = ? WHERE file_id = ?", [stored, file_id])
    async with fakes.gateway() as client:
        file = (await client.get(f"/files/{file_id}")).json()
        assert file["provenance"] == {
            "method": method,
            "parents": [],
            "settings": {"weight": 0.5},
            "seed": 3,
            "bars": 8,
        }
