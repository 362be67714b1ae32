"""Playing a piece while it is rendered, byte ranges, and downloads."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from typing import Any

import httpx
import pytest

MIDI = b"MThd" + bytes(60)
SIZE = 300_000


def wav() -> bytes:
    """Return what the fake renderer makes of `MIDI`."""
    return (b"RIFF" + hashlib.sha256(MIDI).digest() * (SIZE // 32 + 1))[:SIZE]


async def test_the_first_sound_comes_while_the_rest_is_rendered(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    fakes.renderer.gate.shut()
    async with client.stream("GET", f"/play/{file_id}") as answer:
        assert answer.status_code == 200
        assert (answer.headers["content-type"], answer.headers["content-length"]) == ("audio/wav", str(SIZE))
        assert answer.headers["accept-ranges"] == "bytes"
        chunks = answer.aiter_bytes()
        received = await anext(chunks)
        assert not fakes.renderer.gate.opened.is_set()
        fakes.renderer.gate.opened.set()
        async for chunk in chunks:
            received += chunk
    assert received == wav()


async def test_a_range_that_is_not_rendered_yet_waits(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    fakes.renderer.gate.shut()
    url = f"/play/{file_id}"
    early = await client.get(url, headers={"Range": "bytes=0-43"})
    assert (early.status_code, early.content) == (206, wav()[:44])
    assert early.headers["content-range"] == f"bytes 0-43/{SIZE}"
    late = asyncio.create_task(client.get(url, headers={"Range": f"bytes={SIZE - 1000}-"}))
    await asyncio.wait({late}, timeout=0.3)
    assert not late.done()
    fakes.renderer.gate.opened.set()
    assert ((await late).status_code, (await late).content) == (206, wav()[-1000:])
    assert len(fakes.renderer.requests) == 1


@pytest.mark.parametrize(
    ("range_header", "status", "part"),
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
async def test_ranges(client: httpx.AsyncClient, fakes: Any, range_header: str, status: int, part: slice) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.get(f"/play/{file_id}", headers={"Range": range_header})
    assert (answer.status_code, answer.content) == (status, wav()[part])


@pytest.mark.parametrize("range_header", ["bytes=300000-", "bytes=999999-1000000", "bytes=-0"])
async def test_a_range_outside_is_unsatisfiable(client: httpx.AsyncClient, fakes: Any, range_header: str) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.get(f"/play/{file_id}", headers={"Range": range_header})
    assert (answer.status_code, answer.json()["reason"]) == (416, "RANGE_UNSATISFIABLE")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


async def test_a_part_of_other_audio_is_answered_with_the_whole(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    url = f"/play/{file_id}"
    etag = (await client.head(url)).headers["etag"]
    same = await client.get(url, headers={"Range": "bytes=0-9", "If-Range": etag})
    other = await client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, len(same.content)) == (206, 10)
    assert (other.status_code, len(other.content)) == (200, SIZE)
    known = await client.get(url, headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")


async def test_what_was_rendered_is_not_rendered_again_even_after_a_restart(fakes: Any) -> None:
    async with fakes.gateway() as client:
        ids = await fakes.upload(client, MIDI, MIDI)
        first = [await client.get(f"/play/{file_id}") for file_id in ids]
        assert first[0].headers["etag"] == first[1].headers["etag"]
    async with fakes.gateway() as client:
        assert (await client.get(f"/play/{ids[0]}")).content == wav()
    assert len(fakes.renderer.requests) == 1


SETTINGS: list[dict[str, Any]] = [
    {"roles": "bass"},
    {"roles": "bass,drums"},
    {"reverb": 0},
    {"chorus": 0.5},
    {"gain": 0.5},
    {"loudness": -20},
    {"soundfont": "small"},
    {"sample_rate": 22050},
]


async def test_the_same_settings_are_rendered_once_and_others_again(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    etags = [(await client.get(f"/play/{file_id}", params=params)).headers["etag"] for params in [{}, *SETTINGS]]
    assert len(set(etags)) == len(fakes.renderer.requests) == 1 + len(SETTINGS)
    for params, etag in zip([{}, *SETTINGS], etags, strict=True):
        again = await client.get(f"/play/{file_id}", params=params, headers={"If-None-Match": etag})
        assert again.status_code == 304
    reordered = await client.get(f"/play/{file_id}", params={"roles": " drums, bass"})
    assert reordered.headers["etag"] == etags[2]
    as_saved = await client.get(f"/download/{file_id}", params={"format": "wav", "reverb": 0})
    assert as_saved.headers["etag"] == etags[3]
    assert len(fakes.renderer.requests) == 1 + len(SETTINGS)


async def test_every_setting_reaches_the_renderer(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    await client.patch(f"/files/{file_id}", json={"roles": {"1": "bass"}})
    params: dict[str, Any] = {
        "reverb": 0.25,
        "chorus": 3,
        "loudness": -20,
        "soundfont": "small",
        "sample_rate": 48000,
        "roles": "bass",
    }
    await client.get(f"/download/{file_id}", params={"format": "opus", **params})
    (request,) = fakes.renderer.requests
    settings = request.settings
    assert (settings.reverb.level, settings.chorus.level, settings.loudness.target_lufs) == (0.25, 3, -20)
    assert (settings.soundfont, settings.sample_rate_hz, settings.HasField("gain")) == ("small", 48000, False)
    assert (request.format, list(request.stem.roles)) == (5, [3])
    assert [(role.track, role.role) for role in request.stem.role_overrides] == [(1, 3)]
    await client.get(f"/play/{file_id}", params={"gain": 0.5})
    assert fakes.renderer.requests[1].settings.gain == 0.5
    assert not fakes.renderer.requests[1].stem.roles
    assert [(role.track, role.role) for role in fakes.renderer.requests[1].stem.role_overrides] == [(1, 3)]


async def test_a_role_that_is_set_makes_other_stems_and_the_same_whole(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    url = f"/play/{file_id}"
    before = [(await client.get(url, params=params)).headers["etag"] for params in ({}, {"roles": "bass"})]
    await client.patch(f"/files/{file_id}", json={"roles": {"1": "bass"}})
    after = [(await client.get(url, params=params)).headers["etag"] for params in ({}, {"roles": "bass"})]
    assert after[0] == before[0]
    assert after[1] != before[1]


async def test_a_track_that_is_set_to_drums_makes_another_whole(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    before = (await client.get(f"/play/{file_id}")).headers["etag"]
    await client.patch(f"/files/{file_id}", json={"roles": {"1": "drums"}})
    assert (await client.get(f"/play/{file_id}")).headers["etag"] != before
    assert [(role.track, role.role) for role in fakes.renderer.requests[-1].stem.role_overrides] == [(1, 4)]


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ({"roles": "flute"}, "`roles`: 'flute' is not one of lead, harmony, bass, drums."),
        ({"roles": ""}, "`roles`: '' is not one of"),
        ({"reverb": 2}, "less than or equal to 1"),
        ({"chorus": "loud"}, "valid number"),
        ({"gain": 0}, "greater than 0"),
        ({"loudness": 3}, "less than or equal to -10"),
        ({"gain": 1, "loudness": -20}, "`gain` conflicts with `loudness`: send one of them."),
        ({"sample_rate": 8000}, "It must be 22050, 44100 or 48000."),
        ({"echo": 1}, "There is no such field."),
    ],
)
async def test_a_setting_that_cannot_be_says_what_would_be_right(
    client: httpx.AsyncClient, fakes: Any, params: dict[str, Any], detail: str
) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    for path in (f"/play/{file_id}", f"/files/{file_id}/peaks", f"/download/{file_id}"):
        answer = await client.get(path, params=params)
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
        assert detail in answer.json()["detail"]


async def test_midi_takes_no_settings_of_sound_and_opus_has_one_rate(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    bent = await client.get(f"/download/{file_id}", params={"reverb": 0.5})
    assert (bent.status_code, "takes no audio parameters" in bent.json()["detail"]) == (422, True)
    slow = await client.get(f"/download/{file_id}", params={"format": "opus", "sample_rate": 44100})
    assert (slow.status_code, "Opus supports only" in slow.json()["detail"]) == (422, True)


async def test_the_waveform_comes_from_the_rendering_that_is_played(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    peaks = (await client.get(f"/files/{file_id}/peaks", params={"count": 4})).json()
    assert peaks["seconds"] == pytest.approx(SIZE / 4 / 44100, abs=1e-3)
    assert peaks["maximums"] == [0.2498, 0.4998, 0.7498, 0.9998]
    assert peaks["minimums"] == [-0.2498, -0.4998, -0.7498, -0.9998]
    await client.get(f"/play/{file_id}")
    assert len(fakes.renderer.requests) == 1


async def test_audio_that_lost_its_waveform_is_rendered_again_once(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    await client.get(f"/files/{file_id}/peaks")
    for path in (fakes.data / "var" / "audio").glob("*.peaks"):
        path.unlink()
    assert len((await client.get(f"/files/{file_id}/peaks")).json()["maximums"]) == 1024
    await client.get(f"/files/{file_id}/peaks")
    assert len(fakes.renderer.requests) == 2


async def test_another_soundfont_after_a_restart_of_the_renderer_is_heard(
    fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.audio.audio_cache._HEADER_TTL_S", 0.0)
    async with fakes.gateway() as client:
        (file_id,) = await fakes.upload(client, MIDI)
        first = await client.get(f"/play/{file_id}")
        fakes.renderer.soundfont = "another"
        second = await client.get(f"/play/{file_id}")
        assert second.headers["etag"] != first.headers["etag"]
        assert len(fakes.renderer.requests) == 2


async def test_a_renderer_that_makes_another_sound_than_it_said_is_asked_anew(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    # The waveform is sent once the audio is complete and has its final name.
    await client.get(f"/files/{file_id}/peaks")
    for path in (fakes.data / "var" / "audio").iterdir():
        path.unlink()
    fakes.renderer.soundfont = "another"
    changed = await client.get(f"/play/{file_id}")
    assert (changed.status_code, changed.json()["reason"]) == (409, "CONFLICT")
    assert (await client.get(f"/play/{file_id}")).status_code == 200


async def test_without_room_on_the_disk_older_audio_goes_and_then_nothing_is_rendered(
    fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fakes.gateway() as client:
        ids = await fakes.upload(client, MIDI, MIDI + b"2", MIDI + b"3")
        # The waveform is sent once the audio is complete.
        await client.get(f"/files/{ids[0]}/peaks")
        folder = fakes.data / "var" / "audio"
        usage = shutil.disk_usage(folder)
        room = 64 * 2**20 + SIZE

        def narrow(path: object) -> Any:
            taken = sum(entry.stat().st_size for entry in folder.glob("*.wav"))
            return usage._replace(free=room - taken)

        monkeypatch.setattr("gateway.audio.audio_cache.shutil.disk_usage", narrow)
        assert (await client.get(f"/files/{ids[1]}/peaks")).status_code == 200
        assert len(list(folder.glob("*.wav"))) == 1
        room = 0
        answer = await client.get(f"/play/{ids[2]}")
        assert (answer.status_code, answer.json()["reason"]) == (507, "STORE_FULL")
        assert len(fakes.renderer.requests) == 2


async def test_the_cache_stays_within_its_size(fakes: Any) -> None:
    async with fakes.gateway(audio_cache_bytes=SIZE) as client:
        ids = await fakes.upload(client, MIDI, MIDI + b"2")
        for file_id in ids:
            assert (await client.get(f"/play/{file_id}")).status_code == 200
        # Both are rendered; the first is deleted as soon as the second is complete.
        for _ in range(400):
            cached = sorted((fakes.data / "var" / "audio").iterdir())
            if [path.suffix for path in cached] == [".wav", ".peaks"]:
                break
            await client.get("/health/live")
        wave, peaks = cached
        assert (wave.stat().st_size, peaks.name) == (SIZE, f"{wave.name}.peaks")


async def test_a_head_tells_the_length_and_sends_nothing(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.head(f"/play/{file_id}")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, str(SIZE), b"")


@pytest.mark.parametrize(
    ("ending", "media_type"),
    [
        ("wav", "audio/wav"),
        ("flac", "audio/flac"),
        ("ogg", "audio/ogg"),
        ("opus", "audio/ogg; codecs=opus"),
        ("mp3", "audio/mpeg"),
    ],
)
async def test_a_download_is_an_attachment(client: httpx.AsyncClient, fakes: Any, ending: str, media_type: str) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
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


async def test_an_unknown_format_names_the_known_ones(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.get(f"/download/{file_id}", params={"format": "exe"})
    assert answer.status_code == 422
    assert "'mid', 'wav', 'flac', 'ogg', 'opus', 'mp3', 'stems' or 'original'" in answer.json()["detail"]


async def test_a_renderer_that_is_away_is_a_problem(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.audio.audio_cache._PATIENCE_S", 0.1)
    async with fakes.gateway() as client:
        (file_id,) = await fakes.upload(client, MIDI)
        await fakes.stop("renderer")
        answer = await client.get(f"/play/{file_id}")
        assert (answer.status_code, answer.json()["reason"]) == (503, "UPSTREAM")


async def test_a_renderer_that_dies_breaks_the_connection(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.audio.audio_cache._PATIENCE_S", 0.1)
    async with fakes.gateway() as client:
        (file_id,) = await fakes.upload(client, MIDI)
        fakes.renderer.gate.shut()
        async with client.stream("GET", f"/play/{file_id}") as answer:
            chunks = answer.aiter_bytes()
            await anext(chunks)
            await fakes.stop("renderer")
            with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
                [chunk async for chunk in chunks]
        assert list((fakes.data / "var" / "audio").iterdir()) == []


async def test_a_listener_that_leaves_is_no_error_and_the_sound_is_kept(
    client: httpx.AsyncClient, fakes: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    fakes.renderer.gate.shut()
    async with client.stream("GET", f"/play/{file_id}") as answer:
        await anext(answer.aiter_bytes())
    fakes.renderer.gate.opened.set()
    assert (await client.get(f"/play/{file_id}")).content == wav()
    assert len(fakes.renderer.requests) == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
