"""Opus for playback, downloads of the current mix, and the ZIP of stems."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import wave
import zipfile
from typing import Any

import httpx
import pytest
from segue.common.v1.common_pb2 import ROLE_BASS, ROLE_LEAD
from segue.renderer.v1.renderer_pb2 import RoleTracks

MIDI = b"MThd" + bytes(60)
SIZE = 300_000


def rendered() -> bytes:
    """Return what the fake renderer makes of `MIDI`."""
    return (b"RIFF" + hashlib.sha256(MIDI).digest() * (SIZE // 32 + 1))[:SIZE]


async def test_opus_is_sent_without_a_length_while_it_is_rendered(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    fakes.renderer.gate.shut()
    for headers in ({}, {"Range": "bytes=0-"}):
        async with client.stream("GET", f"/play/{file_id}?format=opus", headers=headers) as answer:
            assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/ogg; codecs=opus")
            assert "content-length" not in answer.headers
            assert answer.headers["x-content-duration"] == f"{(SIZE - 44) / 4 / 44100:.6f}"
            assert rendered().startswith(await anext(answer.aiter_bytes()))
    late = asyncio.create_task(client.get(f"/play/{file_id}?format=opus"))
    fakes.renderer.gate.opened.set()
    assert (await late).content == rendered()
    assert len(fakes.renderer.requests) == 1


async def test_a_range_of_opus_waits_until_the_file_is_complete(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    url = f"/play/{file_id}?format=opus"
    fakes.renderer.gate.shut()
    resumed = asyncio.create_task(client.get(url, headers={"Range": "bytes=1000-"}))
    await fakes.renderer.gate.reached.wait()
    assert not resumed.done()
    fakes.renderer.gate.opened.set()
    answer = await resumed
    assert (answer.status_code, answer.content) == (206, rendered()[1000:])
    assert answer.headers["content-range"] == f"bytes 1000-{SIZE - 1}/{SIZE}"
    complete = await client.get(url)
    assert (complete.headers["content-length"], complete.headers["etag"]) == (str(SIZE), answer.headers["etag"])
    assert (await client.get(url, headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
    other = await client.get(url, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (other.status_code, len(other.content)) == (200, SIZE)


@pytest.mark.parametrize(
    ("roles", "most_bps"), [(None, 64_000), ("lead", 24_000), ("harmony", 28_000), ("bass", 16_000), ("drums", 24_000)]
)
async def test_the_mix_and_all_roles_have_160_kilobits(
    client: httpx.AsyncClient, fakes: Any, roles: str | None, most_bps: int
) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    params = {"format": "opus"} | ({"roles": roles} if roles else {})
    await client.get(f"/play/{file_id}", params=params)
    (request,) = fakes.renderer.requests
    assert request.format == 5
    assert 12_000 <= request.bit_rate_bps <= most_bps


async def test_opus_for_playback_is_other_audio_than_the_download(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    played = await client.get(f"/play/{file_id}", params={"format": "opus"})
    saved = await client.get(f"/download/{file_id}", params={"format": "opus"})
    assert played.headers["etag"] != saved.headers["etag"]
    assert [request.bit_rate_bps > 0 for request in fakes.renderer.requests] == [True, False]
    slow = await client.get(f"/play/{file_id}", params={"format": "opus", "sample_rate": 44100})
    assert (slow.status_code, "Opus supports only" in slow.json()["detail"]) == (422, True)


async def test_the_waveform_of_opus_needs_no_other_rendering(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    peaks = (await client.get(f"/files/{file_id}/peaks", params={"count": 2, "format": "opus"})).json()
    assert peaks["maximums"] == [0.4998, 0.9998]
    await client.get(f"/play/{file_id}", params={"format": "opus"})
    assert len(fakes.renderer.requests) == 1


async def test_a_head_of_growing_opus_sends_nothing(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    fakes.renderer.gate.shut()
    answer = await client.head(f"/play/{file_id}?format=opus")
    assert (answer.status_code, answer.content) == (200, b"")
    fakes.renderer.gate.opened.set()


@pytest.mark.parametrize("audio_format", ["wav", "flac", "ogg", "opus", "mp3"])
async def test_a_download_is_the_current_mix(client: httpx.AsyncClient, fakes: Any, audio_format: str) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    params = {"roles": "lead,bass", "levels": "lead:.8, bass:1,drums:0", "format": audio_format}
    answer = await client.get(f"/download/{file_id}", params=params)
    assert answer.status_code == 200
    assert f'filename="Piece 0 (bass, lead).{audio_format}"' in answer.headers["content-disposition"]
    (request,) = fakes.renderer.requests
    assert sorted(request.stem.roles) == [1, 3]
    assert {level.role: level.level for level in request.stem.levels} == {1: pytest.approx(0.8), 4: 0.0}
    whole = await client.get(f"/download/{file_id}", params={"levels": "lead:0.5", "format": audio_format})
    assert f'filename="Piece 0 (mix).{audio_format}"' in whole.headers["content-disposition"]
    assert whole.headers["etag"] != answer.headers["etag"]
    neutral = await client.get(f"/download/{file_id}", params={"levels": "lead:1", "format": audio_format})
    plain = await client.get(f"/download/{file_id}", params={"format": audio_format})
    assert neutral.headers["etag"] == plain.headers["etag"]


@pytest.mark.parametrize("levels", ["lead", "lead:", "lead:3", "lead:-1", "flute:1", "lead:.5;bass:1", "lead:1e9", ""])
async def test_levels_that_cannot_be_say_what_would_be_right(
    client: httpx.AsyncClient, fakes: Any, levels: str
) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.get(f"/download/{file_id}", params={"levels": levels, "format": "wav"})
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert "a role and a factor from 0 to 2 each" in answer.json()["detail"]


async def test_stems_are_a_zip_of_roles_mix_midi_and_manifest(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.renderer.n_channels = 8
    fakes.renderer.stems = [RoleTracks(role=ROLE_LEAD, tracks=[1]), RoleTracks(role=ROLE_BASS, tracks=[2])]
    n_frames = (SIZE - 44) // 16
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.get(f"/download/{file_id}", params={"format": "stems"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert 'filename="Piece 0 stems.zip"' in answer.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    stems = ["mix", "lead", "bass", "other"]
    wanted = ["manifest.json", "Piece 0.mid", *(f"{name}.wav" for name in stems)]
    assert archive.namelist() == [f"Piece 0/{name}" for name in wanted]
    assert archive.read("Piece 0/Piece 0.mid") == MIDI
    for pair, name in enumerate(stems):
        with wave.open(io.BytesIO(archive.read(f"Piece 0/{name}.wav"))) as file:
            assert file.getparams()[:4] == (2, 2, 44100, n_frames)
            starts = range(44 + 4 * pair, 44 + 16 * n_frames, 16)
            assert file.readframes(n_frames) == b"".join(rendered()[start : start + 4] for start in starts)
    manifest = json.loads(archive.read("Piece 0/manifest.json"))
    assert (manifest["title"], manifest["files"]) == ("Piece 0", [f"{name}.wav" for name in stems])
    assert manifest["midi_sha256"] == hashlib.sha256(MIDI).hexdigest()


async def test_stems_take_settings_of_sound_but_no_roles(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    await client.get(f"/download/{file_id}", params={"format": "stems", "reverb": 0.5})
    (request,) = fakes.renderer.requests
    assert (request.separate_stems, request.settings.reverb.level, request.peak_count) == (True, 0.5, 0)
    refused = await client.get(f"/download/{file_id}", params={"format": "stems", "roles": "lead"})
    assert (refused.status_code, "leave out `roles` and `levels`" in refused.json()["detail"]) == (422, True)
