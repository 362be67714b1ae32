"""Blends by section and by slider, and the sections of pieces and blends."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from gateway.files import section_cache
from segue.vae.v1 import vae_pb2 as vae

MIDI = b"MThd" + bytes(60)
DENSITY, REGISTER = vae.ATTRIBUTE_DENSITY, vae.ATTRIBUTE_REGISTER


async def test_section_weights_reach_the_service_in_order(client: httpx.AsyncClient, fakes: Any) -> None:
    weights = [{"label": "B", "weight": 1.0}, {"start": 0.25, "weight": 0.125}, {"end": 0.5, "weight": 0.0}]
    job = await fakes.blend(client, section_weights=weights, weights={"bass": 0.75})
    assert job["request"]["section_weights"] == weights
    assert job["request"]["weight"] == 0.5
    sent = fakes.vae.requests[0]
    assert [(each.label, each.start, each.weight) for each in sent.section_weights] == [
        ("B", 0.0, 1.0),
        ("", 0.25, 0.125),
        ("", 0.0, 0.0),
    ]
    assert [each.HasField("end") and each.end for each in sent.section_weights] == [False, False, 0.5]
    assert [(each.role, each.weight) for each in sent.role_weights] == [(3, 0.75)]


async def test_sliders_and_the_meter_policy_reach_the_service(client: httpx.AsyncClient, fakes: Any) -> None:
    fields = {"sliders": {"density": 0.5, "register": -1}, "role_sliders": {"lead": {"density": 0.25}}}
    job = await fakes.blend(client, meter_policy="refuse", **fields)
    assert job["request"]["role_sliders"] == {"lead": {"density": 0.25}}
    sent = fakes.vae.requests[0]
    assert [(each.attribute, each.value, each.role) for each in sent.sliders] == [
        (DENSITY, 0.5, 0),
        (REGISTER, -1.0, 0),
        (DENSITY, 0.25, 1),
    ]
    assert sent.meter_policy == vae.METER_POLICY_REFUSE
    await fakes.blend(client)
    assert (len(fakes.vae.requests[1].sliders), fakes.vae.requests[1].meter_policy) == (0, vae.METER_POLICY_UNSPECIFIED)
    await fakes.blend(client, meter_policy="convert")
    assert fakes.vae.requests[2].meter_policy == vae.METER_POLICY_CONVERT


async def test_a_curve_a_temperature_and_a_seed_reach_the_service(client: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.blend(client, curve=[[0, 0.25], [0.5, 1]], temperature=0.75, seed=3, sliders={"syncopation": 1})
    sent = fakes.vae.requests[0]
    assert [(point.position, point.weight) for point in sent.curve] == [(0.0, 0.25), (0.5, 1.0)]
    assert (sent.HasField("weight"), sent.temperature, sent.seed) == (False, 0.75, 3)


async def test_a_blend_tells_its_sections_in_bars_and_seconds(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(client)
    sections = job["results"][0]["sections"]
    # The fake piece has eight bars of two seconds, but six in its sections: times are scaled in proportion.
    assert [(each["label"], each["first_bar"], each["bars"]) for each in sections] == [
        ("A", 0, 2),
        ("B", 2, 2),
        ("A", 4, 2),
    ]
    assert [(each["start_s"], each["end_s"]) for each in sections] == [(0.0, 6.0), (6.0, 10.0), (10.0, 16.0)]
    file = (await client.get(f"/files/{job['results'][0]['file_id']}")).json()
    assert file["provenance"]["sections"] == sections


async def test_the_sections_of_a_piece_are_asked_once_until_a_role_changes(
    client: httpx.AsyncClient, fakes: Any
) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    first, second = [(await client.get(f"/files/{file_id}/sections")).json() for _ in range(2)]
    assert first == second
    assert [section["label"] for section in first["sections"]] == ["A", "B", "A"]
    assert len(fakes.vae.encoded) == 1
    await client.patch(f"/files/{file_id}", json={"roles": {"1": "bass"}})
    await client.get(f"/files/{file_id}/sections")
    assert [(role.track, role.role) for role in fakes.vae.encoded[1].roles] == [(1, 3)]


async def test_a_recording_has_the_sections_of_what_was_written_down(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.transcriber.gate.shut()
    recording = await fakes.upload_recording(client, b"fLaC tune")
    early = await client.get(f"/files/{recording['file_id']}/sections")
    assert (early.status_code, early.json()["reason"]) == (409, "CONFLICT")
    fakes.transcriber.gate.opened.set()
    await fakes.wait_for_end(client, recording["job"])
    answer = await client.get(f"/files/{recording['file_id']}/sections")
    assert len(answer.json()["sections"]) == 3
    assert fakes.vae.encoded[0].midi.startswith(b"MThd heard")


async def test_a_section_that_the_first_piece_has_not_is_refused(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    fields = [{"label": "A", "weight": 1}, {"label": "Z", "weight": 1}]
    answer = await client.post("/generate/vae", json={"file_ids": ids, "section_weights": fields})
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert answer.json()["detail"] == "`section_weights`: the first piece has no section 'Z'; it has A, B."
    assert answer.json()["facts"] == {"field": "section_weights", "sections": "A, B"}


async def test_a_name_of_a_section_is_left_to_the_job_where_the_vae_is_away(fakes: Any) -> None:
    async with fakes.gateway() as client:
        ids = await fakes.upload(client, MIDI, MIDI)
        await fakes.stop("vae")
        body = {"file_ids": ids, "section_weights": [{"label": "Z", "weight": 1}]}
        answer = await client.post("/generate/vae", json=body)
        assert answer.status_code == 202
        sections_now = await client.get(f"/files/{ids[0]}/sections")
        assert (sections_now.status_code, sections_now.json()["reason"]) == (503, "UPSTREAM")


async def test_the_same_key_with_other_section_weights_is_refused(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    headers = {"Idempotency-Key": "one"}
    requests: list[dict[str, Any]] = [
        {"section_weights": [{"label": "A", "weight": 0.25}]},
        {"section_weights": [{"label": "A", "weight": 0.5}]},
        {"sliders": {"density": 0.5}},
        {"meter_policy": "refuse"},
        {"role_sliders": {"lead": {"density": 0.5}}},
    ]
    answers = [
        await client.post("/generate/vae", json={"file_ids": ids, **fields}, headers=headers)
        for fields in (requests[0], *requests)
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 422, 422, 422, 422]
    assert answers[0].json()["job_id"] == answers[1].json()["job_id"]
    assert {answer.json()["reason"] for answer in answers[2:]} == {"IDEMPOTENCY_MISMATCH"}


@pytest.mark.parametrize(("bars_s", "expected"), [([0.0, 2.0, 4.0, 6.0], [0.0, 4.0, 8.0]), ([], [8.0, 8.0, 8.0])])
def test_times_of_sections_follow_the_bars(bars_s: list[float], expected: list[float]) -> None:
    form = [vae.Section(label="A", start_bar=0, bar_count=2), vae.Section(label="B", start_bar=2, bar_count=2)]
    first, second = section_cache.to_sections(form, bars_s, 8.0)
    assert [first.start_s, second.start_s, second.end_s] == expected
    assert first.end_s == second.start_s


def test_no_sections_are_told_where_there_are_none() -> None:
    assert section_cache.to_sections([], [0.0], 8.0) == []
