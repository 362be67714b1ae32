"""Hearing a piece while it is rendered, in ranges, and saving it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import httpx
import pytest

MIDI = b"MThd" + bytes(60)
SIZE = 300_000


def wav() -> bytes:
    """Give what the fake renderer makes of `MIDI`."""
    return (b"RIFF" + hashlib.sha256(MIDI).digest() * (SIZE // 32 + 1))[:SIZE]


async def test_the_first_sound_comes_while_the_rest_is_rendered(client: httpx.AsyncClient, band: Any) -> None:
    (file_id,) = await band.upload(client, MIDI)
    band.renderer.gate.shut()
    async with client.stream("GET", f"/play/{file_id}") as answer:
        assert answer.status_code == 200
        assert (answer.headers["content-type"], answer.headers["content-length"]) == ("audio/wav", str(SIZE))
        assert answer.headers["accept-ranges"] == "bytes"
        chunks = answer.aiter_bytes()
        heard = await anext(chunks)
        assert not band.renderer.gate.opened.is_set()
        band.renderer.gate.opened.set()
        async for chunk in chunks:
            heard += chunk
    assert heard == wav()


async def test_a_range_that_is_not_rendered_yet_waits(client: httpx.AsyncClient, band: Any) -> None:
    (file_id,) = await band.upload(client, MIDI)
    band.renderer.gate.shut()
    url = f"/play/{file_id}"
    early = await client.get(url, headers={"Range": "bytes=0-43"})
    assert (early.status_code, early.content) == (206, wav()[:44])
    assert early.headers["content-range"] == f"bytes 0-43/{SIZE}"
    late = asyncio.create_task(client.get(url, headers={"Range": f"bytes={SIZE - 1000}-"}))
    await asyncio.wait({late}, timeout=0.3)
    assert not late.done()
    band.renderer.gate.opened.set()
    assert ((await late).status_code, (await late).content) == (206, wav()[-1000:])
    assert band.renderer.renders == 1


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=100-199", 206, slice(100, 200)),
        ("bytes=299999-", 206, slice(299_999, None)),
        ("bytes=0-999999999", 206, slice(None)),
        ("bytes=-10", 206, slice(-10, None)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("bytes=9-3", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("lines=0-1", 200, slice(None)),
    ],
)
async def test_ranges(client: httpx.AsyncClient, band: Any, asked: str, status: int, part: slice) -> None:
    (file_id,) = await band.upload(client, MIDI)
    answer = await client.get(f"/play/{file_id}", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, wav()[part])


@pytest.mark.parametrize("asked", ["bytes=300000-", "bytes=999999-1000000", "bytes=-0"])
async def test_a_range_outside_is_unsatisfiable(client: httpx.AsyncClient, band: Any, asked: str) -> None:
    (file_id,) = await band.upload(client, MIDI)
    answer = await client.get(f"/play/{file_id}", headers={"Range": asked})
    assert (answer.status_code, answer.json()["reason"]) == (416, "RANGE_UNSATISFIABLE")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


async def test_a_part_of_other_audio_is_answered_with_the_whole(client: httpx.AsyncClient, band: Any) -> None:
    (file_id,) = await band.upload(client, MIDI)
    url = f"/play/{file_id}"
    etag = (await client.head(url)).headers["etag"]
    same = await client.get(url, headers={"Range": "bytes=0-9", "If-Range": etag})
    other = await client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, len(same.content)) == (206, 10)
    assert (other.status_code, len(other.content)) == (200, SIZE)
    known = await client.get(url, headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")


async def test_what_was_rendered_is_not_rendered_again_even_after_a_restart(band: Any) -> None:
    async with band.gateway() as client:
        ids = await band.upload(client, MIDI, MIDI)
        first = [await client.get(f"/play/{file_id}") for file_id in ids]
        assert first[0].headers["etag"] == first[1].headers["etag"]
    async with band.gateway() as client:
        assert (await client.get(f"/play/{ids[0]}")).content == wav()
    assert band.renderer.renders == 1


async def test_the_cache_stays_within_its_size(band: Any) -> None:
    async with band.gateway(audio_cache_bytes=SIZE) as client:
        ids = await band.upload(client, MIDI, MIDI + b"2")
        for file_id in ids:
            assert (await client.get(f"/play/{file_id}")).status_code == 200
        # Both are rendered; the first goes as soon as the second is whole.
        for _ in range(400):
            cached = list((band.data / "var" / "audio").iterdir())
            if [path.suffix for path in cached] == [".wav"]:
                break
            await client.get("/health/live")
        assert [path.stat().st_size for path in cached] == [SIZE]


async def test_a_head_tells_the_length_and_sends_nothing(client: httpx.AsyncClient, band: Any) -> None:
    (file_id,) = await band.upload(client, MIDI)
    answer = await client.head(f"/play/{file_id}")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, str(SIZE), b"")


@pytest.mark.parametrize(
    ("ending", "media_type"),
    [("wav", "audio/wav"), ("flac", "audio/flac"), ("ogg", "audio/ogg"), ("mp3", "audio/mpeg")],
)
async def test_a_download_is_an_attachment(client: httpx.AsyncClient, band: Any, ending: str, media_type: str) -> None:
    (file_id,) = await band.upload(client, MIDI)
    answer = await client.get(f"/download/{file_id}", params={"format": ending})
    assert (answer.status_code, answer.content) == (200, wav())
    assert (answer.headers["content-type"], answer.headers["content-length"]) == (media_type, str(SIZE))
    disposition = answer.headers["content-disposition"]
    assert disposition == f"attachment; filename=\"Piece 0.{ending}\"; filename*=UTF-8''Piece%200.{ending}"


async def test_midi_is_the_file_itself(client: httpx.AsyncClient) -> None:
    answer = await client.post("/upload", files=[("files", ("Él 5%.mid", MIDI, "audio/midi"))])
    file_id = answer.json()["files"][0]["file_id"]
    answer = await client.get(f"/download/{file_id}")
    assert (answer.content, answer.headers["content-type"]) == (MIDI, "audio/midi")
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="_l 5_.mid"; ')
    assert disposition.endswith("filename*=UTF-8''%C3%89l%205%25.mid")


async def test_an_unknown_format_names_the_known_ones(client: httpx.AsyncClient, band: Any) -> None:
    (file_id,) = await band.upload(client, MIDI)
    answer = await client.get(f"/download/{file_id}", params={"format": "exe"})
    assert answer.status_code == 422
    assert "'mid', 'wav', 'flac', 'ogg' or 'mp3'" in answer.json()["detail"]


async def test_a_renderer_that_is_away_is_a_problem(band: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.audio._PATIENCE_S", 0.1)
    async with band.gateway() as client:
        (file_id,) = await band.upload(client, MIDI)
        await band.stop("renderer")
        answer = await client.get(f"/play/{file_id}")
        assert (answer.status_code, answer.json()["reason"]) == (503, "UPSTREAM")


async def test_a_renderer_that_dies_breaks_the_connection(band: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.audio._PATIENCE_S", 0.1)
    async with band.gateway() as client:
        (file_id,) = await band.upload(client, MIDI)
        band.renderer.gate.shut()
        async with client.stream("GET", f"/play/{file_id}") as answer:
            chunks = answer.aiter_bytes()
            await anext(chunks)
            await band.stop("renderer")
            with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
                [chunk async for chunk in chunks]
        assert list((band.data / "var" / "audio").iterdir()) == []


async def test_a_listener_that_leaves_is_no_error_and_the_sound_is_kept(
    client: httpx.AsyncClient, band: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (file_id,) = await band.upload(client, MIDI)
    band.renderer.gate.shut()
    async with client.stream("GET", f"/play/{file_id}") as answer:
        await anext(answer.aiter_bytes())
    band.renderer.gate.opened.set()
    assert (await client.get(f"/play/{file_id}")).content == wav()
    assert band.renderer.renders == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
