"""The gallery: loaded before the product is ready, permanent, and generated again by one command."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway.api.schemas.fields import RequestModel
from gateway.api.schemas.requests import BlendRequest, GenerateRequest, HybridRequest
from gateway.gallery import __main__ as command
from gateway.gallery.catalog import read_specs
from gateway.ids import SEED_LIMIT

GAN_A = b"MThd gan" + (1).to_bytes(8)
GAN_B = b"MThd gan" + (2).to_bytes(8)
SPECS = [
    {"id": "a", "title": "A", "description": "One.", "method": "gan", "styles": ["jazz"], "settings": {"seed": 1}},
    {"id": "b", "title": "B", "description": "Two.", "method": "gan", "styles": ["folk"], "settings": {"seed": 2}},
    {
        "id": "ab",
        "title": "A and B",
        "description": "Both.",
        "method": "vae",
        "styles": ["jazz", "folk"],
        "parents": ["a", "b"],
        "settings": {"seed": 3, "weight": 0.5},
    },
]


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """Two generated pieces and their blend."""
    folder = tmp_path / "gallery"
    folder.mkdir()
    (folder / "gallery.json").write_text(json.dumps(SPECS))
    for name, midi in (("a", GAN_A), ("b", GAN_B), ("ab", b"MThd both")):
        (folder / f"{name}.mid").write_bytes(midi)
    return folder


async def filled(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Wait until the product is ready, and return the gallery's items."""
    while (await client.get("/health/ready")).status_code == 503:
        pass
    items: list[dict[str, Any]] = (await client.get("/gallery")).json()["items"]
    return items


async def test_the_gallery_is_filled_before_ready(fakes: Any, gallery: Path) -> None:
    async with fakes.gateway(gallery=gallery) as client:
        items = await filled(client)
        assert [(item["title"], item["method"], item["seed"]) for item in items] == [
            ("A", "gan", 1),
            ("B", "gan", 2),
            ("A and B", "vae", 3),
        ]
        assert items[2]["parents"] == [items[0]["file_id"], items[1]["file_id"]]
        file = (await client.get(f"/files/{items[2]['file_id']}")).json()
        assert (file["name"], file["kind"], file["expires_at"]) == ("A and B.mid", "result", None)
        assert file["provenance"] == {
            "method": "vae",
            "parents": [{"file_id": item["file_id"], "title": item["title"]} for item in items[:2]],
            "settings": {"weight": 0.5},
            "seed": 3,
            "gallery": "ab",
        }
        assert (await client.get(f"/download/{items[0]['file_id']}")).content == GAN_A


async def test_a_piece_of_the_gallery_stays_as_it_is(fakes: Any, gallery: Path) -> None:
    async with fakes.gateway(gallery=gallery) as client:
        file_id = (await filled(client))[0]["file_id"]
        for answer in (
            await client.delete(f"/files/{file_id}"),
            await client.patch(f"/files/{file_id}", json={"roles": {"1": "bass"}}),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (409, "CONFLICT")
        blend = await client.post("/generate/vae", json={"file_ids": [file_id, file_id]})
        assert (await fakes.wait_for_end(client, blend.json()["job_id"]))["state"] == "succeeded"


async def test_a_restart_keeps_the_ids_and_reads_nothing_again(fakes: Any, gallery: Path) -> None:
    async with fakes.gateway(gallery=gallery) as client:
        before = await filled(client)
    inspections = len(fakes.transposer.inspected)
    async with fakes.gateway(gallery=gallery) as client:
        assert await filled(client) == before
    assert len(fakes.transposer.inspected) == inspections == 3


async def test_a_gallery_that_cannot_be_read_does_not_stop_the_product(fakes: Any, gallery: Path) -> None:
    (gallery / "ab.mid").unlink()
    async with fakes.gateway(gallery=gallery) as client:
        assert await filled(client) == []


async def make(client: httpx.AsyncClient, folder: Path, *arguments: str) -> int:
    """Run the command as a person would."""
    return await asyncio.to_thread(
        command.main, ["make", "--url", str(client.base_url), "--folder", str(folder), *arguments]
    )


async def test_pieces_are_made_again_and_compared(
    fakes: Any, gallery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with fakes.gateway(gallery=gallery) as client:
        assert await make(client, gallery, "a", "b") == 0
        assert capsys.readouterr().out == "a: the same notes, 1 of them\nb: the same notes, 1 of them\n"
        assert await make(client, gallery, "ab", "--write") == 0
        blend = (gallery / "ab.mid").read_bytes()
        assert blend != b"MThd both"
        assert await make(client, gallery) == 0
        assert (gallery / "ab.mid").read_bytes() == blend
        assert [sent.seed for sent in fakes.vae.requests] == [3, 3]


async def test_what_cannot_be_made_is_said_in_a_line(
    client: httpx.AsyncClient, gallery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await make(client, gallery, "c") == 2
    assert "no item 'c'" in capsys.readouterr().err
    specs = [{**SPECS[0], "settings": {"seed": 1, "style": "polka"}}]
    (gallery / "gallery.json").write_text(json.dumps(specs))
    assert await make(client, gallery) == 2
    assert "There is no style 'polka'" in capsys.readouterr().err
    assert await asyncio.to_thread(command.main, ["make", "--url", "http://127.0.0.1:1", "--folder", str(gallery)]) == 2
    assert "nothing answers at http://127.0.0.1:1" in capsys.readouterr().err


def test_the_gallery_that_is_shipped_is_whole() -> None:
    folder = Path(command.__file__).parent
    specs = read_specs(folder)
    assert len(specs) >= 8
    assert len({spec.id for spec in specs}) == len({spec.title for spec in specs}) == len(specs)
    assert {path.stem for path in folder.glob("*.mid")} == {spec.id for spec in specs}
    blends = [spec for spec in specs if spec.parents]
    assert len([spec for spec in blends if len(set(spec.styles)) > 1]) >= 3
    seen: set[str] = set()
    for spec in specs:
        assert spec.description.endswith("."), spec.id
        assert spec.settings["seed"] < SEED_LIMIT
        assert set(spec.parents) <= seen, "parents come first"
        assert (folder / f"{spec.id}.mid").read_bytes().startswith(b"MThd")
        seen.add(spec.id)


def test_every_setting_of_the_gallery_may_be_asked() -> None:
    models: dict[str, type[RequestModel]] = {"gan": GenerateRequest, "vae": BlendRequest, "hybrid": HybridRequest}
    for spec in read_specs(Path(command.__file__).parent):
        files = {"file_ids": list(spec.parents)} if spec.method == "vae" else {}
        body = models[spec.method].model_validate({**spec.settings, **files})
        assert body.to_json()["seed"] == spec.settings["seed"]
