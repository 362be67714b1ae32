"""The built page: texts are compressed, sound and events are not; each page names its scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

MIDI = b"MThd" + bytes(60)
BROTLI = b"\x0b\x02\x80hello\x03"
"""`hello`, compressed: what the built page would have beside a file."""


async def test_json_is_compressed_for_who_accepts_it(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    plain = await client.get(f"/files/{file_id}", headers={"Accept-Encoding": "identity"})
    compressed = await client.get(f"/files/{file_id}", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert int(compressed.headers["content-length"]) < len(plain.content)
    assert compressed.json() == plain.json()


@pytest.mark.parametrize("path", ["/play/{}", "/download/{}?format=mid"])
async def test_sound_is_not_compressed(client: httpx.AsyncClient, fakes: Any, path: str) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.get(path.format(file_id), headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


async def test_events_are_not_compressed(client: httpx.AsyncClient) -> None:
    job = (await client.post("/generate/gan", json={"bars": 8})).json()
    async with client.stream("GET", f"/jobs/{job['job_id']}/events", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, deflate, br, zstd", "br"), ("br;q=1.0", "br"), ("gzip", None), ("brotli", None)]
)
async def test_the_built_page_is_sent_as_the_build_compressed_it(
    fakes: Any, tmp_path: Path, accepted: str, encoding: str | None
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("hello")
    (tmp_path / "assets" / "page-1a2b.js").write_text("hello")
    (tmp_path / "assets" / "page-1a2b.js.br").write_bytes(BROTLI)
    async with fakes.gateway(web_dist=tmp_path) as client:
        answer = await client.get("/assets/page-1a2b.js", headers={"Accept-Encoding": accepted})
        page = await client.get("/", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "Accept-Encoding"
    assert page.text == "hello"


async def test_a_path_that_is_page_and_resource_varies_by_both(client: httpx.AsyncClient) -> None:
    answer = await client.get("/gallery", headers={"Accept": "application/json"})
    assert {name.strip() for name in answer.headers["vary"].split(",")} >= {"Accept"}


@pytest.mark.parametrize("path", ["/", "/gallery", "/how-it-works"])
async def test_a_page_names_its_scripts(fakes: Any, tmp_path: Path, path: str) -> None:
    (tmp_path / "index.html").write_text("hello")
    (tmp_path / "preloads.json").write_text('{"/": ["/assets/home.js"], "/gallery": ["/assets/a.js", "/assets/b.js"]}')
    async with fakes.gateway(web_dist=tmp_path) as client:
        answer = await client.get(path, headers={"Accept": "text/html"})
    expected = {
        "/": "</assets/home.js>; rel=modulepreload",
        "/gallery": "</assets/a.js>; rel=modulepreload, </assets/b.js>; rel=modulepreload",
        "/how-it-works": None,
    }
    assert answer.headers.get("link") == expected[path]
