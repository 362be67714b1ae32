"""Interpolation between two pieces, and the reported parameters of generated pieces."""

from __future__ import annotations

from typing import Any

import httpx
from gateway.workflows import steps
from segue.common.v1.common_pb2 import ROLE_LEAD
from segue.gan.v1.gan_pb2 import Style

MIDI = b"MThd" + bytes(60)


async def run_job(client: httpx.AsyncClient, fakes: Any, method: str, **fields: Any) -> dict[str, Any]:
    """Start a job, and return its final state."""
    answer = await client.post(f"/generate/{method}", json=fields)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = await fakes.wait_for_end(client, answer.json()["job_id"])
    return job


async def test_steps_go_from_one_piece_to_the_other_in_one_call(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI + b"2")
    job = await run_job(client, fakes, "steps", file_ids=ids, count=5, temperature=0.5, seed=7)
    assert (job["state"], job["method"]) == ("succeeded", "steps")
    assert [result["weight"] for result in job["results"]] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert job["results"][1]["title"] == "Piece 0 to Piece 1, 25%"
    assert [parent["file_id"] for parent in job["parents"]] == ids
    (sent,) = fakes.vae.interpolate_requests
    assert (sent.step_count, sent.temperature, sent.seed) == (5, 0.5, 7)
    # Both are in one key: the fake transposer appends the tonic to its result.
    assert {sent.second.midi[-1], sent.first.midi[-1]} == {0}
    for place, result in enumerate(job["results"]):
        midi = (await client.get(f"/download/{result['file_id']}")).content
        assert midi[-1] == place
    file = (await client.get(f"/files/{job['results'][1]['file_id']}")).json()
    assert (file["provenance"]["method"], file["provenance"]["weight"]) == ("steps", 0.25)
    assert "weight" not in job["request"]


async def test_steps_ask_for_nine_pieces_unless_told(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    job = await run_job(client, fakes, "steps", file_ids=ids)
    assert len(job["results"]) == job["request"]["count"] == 9


async def test_steps_of_a_recording_wait_until_it_is_written_down(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    recording = await fakes.upload_recording(client, b"fLaC tune")
    job = await run_job(client, fakes, "steps", file_ids=[file_id, recording["file_id"]], count=2)
    assert job["state"] == "succeeded"
    assert fakes.vae.interpolate_requests[0].second.midi.startswith(b"MThd heard")


async def test_pieces_too_long_for_steps_are_refused(client: httpx.AsyncClient, fakes: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(steps, "MAX_INTERPOLATION_BARS", 7)
    ids = await fakes.upload(client, MIDI, MIDI)
    answer = await client.post("/generate/steps", json={"file_ids": ids})
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert (
        answer.json()["detail"] == "An interpolation takes pieces of at most 7 bars; Piece 0 has 8. Blend them instead."
    )
    recording = await fakes.upload_recording(client, b"fLaC tune")
    await fakes.wait_for_end(client, recording["job"])
    job = await run_job(client, fakes, "steps", file_ids=[recording["file_id"]] * 2)
    assert (job["state"], job["error"]["reason"]) == ("failed", "INVALID_INPUT")
    assert fakes.vae.interpolate_requests == []


async def test_a_generation_tells_all_that_was_drawn(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await run_job(client, fakes, "gan", seed=5)
    generation = {
        "style": "jazz",
        "key": "C major",
        "bpm": 96.0,
        "meter": "4/4",
        "bars": 24,
        "mood": {"valence": -0.25, "energy": 0.5},
        "density": 0.125,
        "seed": 5,
    }
    assert job["results"][0]["made"] == generation
    assert not fakes.gan.requests[0].HasField("bar_count")
    file = (await client.get(f"/files/{job['results'][0]['file_id']}")).json()
    assert generation.items() <= file["provenance"].items()


async def test_both_parents_of_a_hybrid_have_one_shape(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await run_job(client, fakes, "hybrid", styles=["jazz", "folk"], count=2)
    shapes = [(sent.bar_count, sent.tempo_bpm, sent.meter) for sent in fakes.gan.requests]
    assert shapes == [(0, 0.0, ""), (24, 96.0, "4/4")] * 2
    assert {(parent["made"]["bars"], parent["made"]["bpm"]) for parent in job["parents"]} == {(24, 96.0)}


async def test_what_a_hybrid_is_asked_goes_to_both_parents(client: httpx.AsyncClient, fakes: Any) -> None:
    await run_job(client, fakes, "hybrid", bars=8, bpm=80)
    shapes = [(sent.bar_count, sent.tempo_bpm, sent.meter) for sent in fakes.gan.requests]
    assert shapes == [(8, 80.0, ""), (8, 80.0, "4/4")]


async def test_a_hybrid_of_styles_in_other_meters_takes_one_that_both_have(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    job = await run_job(client, fakes, "hybrid", styles=["folk", "jazz"])
    assert job["request"]["meter"] == "4/4"
    assert [sent.meter for sent in fakes.gan.requests] == ["4/4", "4/4"]
    free = await run_job(client, fakes, "hybrid", styles=["folk", "folk"])
    assert "meter" not in free["request"]


async def test_a_hybrid_of_styles_that_share_no_meter_leaves_each_its_own(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    fakes.gan.styles.append(Style(style_id="waltz", name="Waltz", meters=["3/4"], roles=[ROLE_LEAD]))
    job = await run_job(client, fakes, "hybrid", styles=["jazz", "waltz"])
    assert (job["state"], "meter" in job["request"]) == ("succeeded", False)
    assert [(sent.style_id, sent.meter) for sent in fakes.gan.requests] == [("jazz", ""), ("waltz", "")]
    assert [sent.bar_count for sent in fakes.gan.requests] == [0, 24]
