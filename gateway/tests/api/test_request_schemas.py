"""Requests that are refused, and the messages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

MIDI = b"MThd" + bytes(60)
UNKNOWN = "0" * 32

BAD_BLENDS: list[tuple[dict[str, Any], str]] = [
    ({"weight": 1.5}, "weight: Input should be less than or equal to 1"),
    ({"weight": -0.1}, "weight: Input should be greater than or equal to 0"),
    ({"weight": "0.5"}, "weight: Input should be a valid number"),
    ({"weight": True}, "weight: Input should be a valid number"),
    ({"wait": 0.5}, "wait: There is no such field."),
    ({"weights": {"lead": 2}}, "weights.lead: Input should be less than or equal to 1"),
    ({"weights": {"flute": 0.5}}, "weights.flute"),
    ({"ingredients": {"form": 1.5}}, "ingredients.form: Input should be less than or equal to 1"),
    ({"ingredients": {"groove": "all"}}, "ingredients.groove: Input should be a valid number"),
    ({"ingredients": {"melody": 1}}, "ingredients.melody: There is no such field."),
    ({"ingredients": []}, "ingredients: Input should be a valid dictionary"),
    (
        {"ingredients": {"form": 1}, "shares": [0.5, 0.5]},
        "`shares` conflicts with `ingredients`: send one of them.",
    ),
    ({"curve": []}, "curve: List should have at least 1 item"),
    ({"curve": [[0, 0], [0, 1]]}, "`curve`: each position must be greater than the one before."),
    ({"curve": [[0, 0, 0]]}, "curve.0: List should have at most 2 items"),
    ({"curve": [[0, 0], [1, 1]], "weight": 0.5}, "`curve` conflicts with `weight`: send one of them."),
    ({"shares": [0.5, 0.5], "weight": 0.5}, "`shares` conflicts with `weight`: send one of them."),
    ({"shares": [0.5, 0.6]}, "`shares` must sum to 1, not 1.1."),
    ({"shares": [0.5, 0.25, 0.25]}, "`shares` has 3 entries for 2 files: send one for each."),
    ({"section_weights": []}, "section_weights: List should have at least 1 item"),
    ({"section_weights": [{"label": "A"}]}, "section_weights.0.weight: Field required"),
    ({"section_weights": [{"label": "A", "weight": 1.1}]}, "section_weights.0.weight: Input should be less than"),
    ({"section_weights": [{"label": "", "weight": 1}]}, "section_weights.0.label: String should have at least 1"),
    ({"section_weights": [{"weight": 1}]}, "`label`, or `start` and `end`, is required."),
    ({"section_weights": [{"label": "A", "start": 0, "weight": 1}]}, "`label` conflicts with `start` and `end`"),
    ({"section_weights": [{"start": 0.5, "end": 0.5, "weight": 1}]}, "`end` must be greater than `start`."),
    ({"section_weights": [{"start": 1, "weight": 1}]}, "`end` must be greater than `start`."),
    ({"section_weights": [{"name": "A", "weight": 1}]}, "section_weights.0.name: There is no such field."),
    (
        {"section_weights": [{"label": "A", "weight": 1}], "curve": [[0, 0]]},
        "`curve` conflicts with `section_weights`: send one of them.",
    ),
    (
        {"section_weights": [{"label": "A", "weight": 1}], "shares": [0.5, 0.5]},
        "`shares` conflicts with `section_weights`: send one of them.",
    ),
    ({"sliders": {}}, "sliders: Dictionary should have at least 1 item"),
    ({"sliders": {"density": 1.5}}, "sliders.density: Input should be less than or equal to 1"),
    ({"sliders": {"loudness": 0.5}}, "Input should be 'density', 'register', 'syncopation' or 'polyphony'"),
    ({"role_sliders": {"lead": {"register": -2}}}, "role_sliders.lead.register: Input should be greater than"),
    ({"role_sliders": {"flute": {"register": 0}}}, "Input should be 'lead', 'harmony', 'bass' or 'drums'"),
    (
        {"role_sliders": {"drums": {"register": 1}}},
        "`role_sliders`: drums has no register; it has density, syncopation, polyphony.",
    ),
    (
        {"role_sliders": {"lead": {"polyphony": 1}}},
        "`role_sliders`: lead has no polyphony; it has density, register, syncopation.",
    ),
    ({"meter_policy": "keep"}, "meter_policy: Input should be 'convert' or 'refuse'"),
    ({"key": "H minor"}, 'key: A key is a tonic and a mode, such as "F# minor" or "Eb major".'),
    ({"key": "C dorian"}, "key: A key is a tonic and a mode"),
    ({"bpm": 19.9}, "bpm: Input should be greater than or equal to 20"),
    ({"bpm": 401}, "bpm: Input should be less than or equal to 400"),
    ({"ends": "both"}, "ends: Input should be 'model' or 'original'"),
    ({"temperature": 2.5}, "temperature: Input should be less than or equal to 2"),
    ({"seed": 2**53}, "seed: Input should be less than 9007199254740992"),
    ({"seed": -1}, "seed: Input should be greater than or equal to 0"),
    ({"seed": 1.5}, "seed: Input should be a valid integer"),
]

BAD_STEPS: list[tuple[dict[str, Any], str]] = [
    ({"count": 1}, "count: Input should be greater than or equal to 2"),
    ({"count": 17}, "count: Input should be less than or equal to 16"),
    ({"weight": 0.5}, "weight: There is no such field."),
    ({"temperature": -1}, "temperature: Input should be greater than or equal to 0"),
    ({"file_ids": ["a"]}, "file_ids: List should have at least 2 items"),
    ({"file_ids": ["a", "b", "c"]}, "file_ids: List should have at most 2 items"),
]

BAD_GENERATIONS: list[tuple[dict[str, Any], str]] = [
    ({"style": "polka"}, "There is no style 'polka'. See /styles: jazz, folk."),
    ({"bars": 7}, "bars: Input should be greater than or equal to 8"),
    ({"bars": 65}, "bars: Input should be less than or equal to 64"),
    ({"count": 0}, "count: Input should be greater than or equal to 1"),
    ({"count": 17}, "count: Input should be less than or equal to 16"),
    ({"density": 1.01}, "density: Input should be less than or equal to 1"),
    ({"mood": {"valence": 3}}, "mood.valence: Input should be less than or equal to 1"),
    ({"mood": {"anger": 1}}, "mood.anger: There is no such field."),
    ({"roles": []}, "roles: List should have at least 1 item"),
    ({"roles": ["drums"]}, "drums alone are not a piece"),
    ({"style": "folk", "roles": ["drums", "lead"]}, "`roles`: this style has no drums."),
    ({"style": "jazz", "meter": "3/4"}, "`meter`: this style has no 3/4; it has 4/4."),
    ({"meter": "four"}, "meter: String should match pattern"),
    ({"weight": 0.5}, "weight: There is no such field."),
]

BAD_HYBRIDS: list[tuple[dict[str, Any], str]] = [
    ({"styles": ["jazz"]}, "styles: List should have at least 2 items"),
    ({"styles": ["jazz", "polka"]}, "There is no style 'polka'"),
    ({"styles": ["jazz", "folk"], "style": "jazz"}, "`style` conflicts with `styles`"),
    ({"styles": ["folk", "jazz"], "meter": "3/4"}, "`meter`: this style has no 3/4"),
    ({"file_ids": ["a", "b"]}, "file_ids: There is no such field."),
    ({"ingredients": {"rhythm": -0.5}}, "ingredients.rhythm: Input should be greater than or equal to 0"),
    ({"shares": [0.5, 0.5], "ingredients": {"bass": 0}}, "`shares` conflicts with `ingredients`: send one of them."),
    ({"shares": [0.25, 0.25, 0.5]}, "`shares` has 3 entries for two pieces."),
]


async def test_a_bad_blend_names_the_field_and_what_would_be_right(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    for fields, detail in BAD_BLENDS:
        answer = await client.post("/generate/vae", json={"file_ids": ids, **fields})
        assert (answer.status_code, detail in answer.json()["detail"]) == (422, True), (fields, answer.text)
        assert len(answer.json()["errors"]) >= 1


async def test_bad_steps_name_the_field(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    for fields, detail in BAD_STEPS:
        answer = await client.post("/generate/steps", json={"file_ids": ids, **fields})
        assert (answer.status_code, detail in answer.json()["detail"]) == (422, True), (fields, answer.text)


@pytest.mark.parametrize(("method", "cases"), [("gan", BAD_GENERATIONS), ("hybrid", BAD_HYBRIDS)])
async def test_a_bad_generation_names_the_field(
    client: httpx.AsyncClient, method: str, cases: list[tuple[dict[str, Any], str]]
) -> None:
    for fields, detail in cases:
        answer = await client.post(f"/generate/{method}", json=fields)
        assert (answer.status_code, detail in answer.json()["detail"]) == (422, True), (fields, answer.text)


async def test_no_numbers_that_are_none(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        body = f'{{"file_ids": ["{ids[0]}", "{ids[1]}"], "weight": {number}}}'
        answer = await client.post("/generate/vae", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")


async def test_an_unknown_file_in_a_body_is_not_found(client: httpx.AsyncClient, fakes: Any) -> None:
    (known,) = await fakes.upload(client, MIDI)
    for unknown in (UNKNOWN, "x", "../" + known):
        answer = await client.post("/generate/vae", json={"file_ids": [known, unknown]})
        assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")


async def test_one_file_and_nine_are_no_blend_and_twice_the_same_is(client: httpx.AsyncClient, fakes: Any) -> None:
    (known,) = await fakes.upload(client, MIDI)
    for count, status in ((1, 422), (2, 202), (9, 422)):
        answer = await client.post("/generate/vae", json={"file_ids": [known] * count})
        assert answer.status_code == status


async def test_three_files_need_shares(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI, MIDI)
    answer = await client.post("/generate/vae", json={"file_ids": ids})
    assert "`shares` is required with 3 files: one share for each, sum 1." in answer.json()["detail"]
    body = {"file_ids": ids, "shares": [0.5, 0.25, 0.25], "ingredients": {"form": 1}}
    answer = await client.post("/generate/vae", json=body)
    assert "`shares` conflicts with `ingredients`: send one of them." in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b"{", "application/json"), (b"[]", "application/json"), (b"", "application/json"), (b"a=b", "text/plain")],
)
async def test_a_body_that_is_no_object_is_refused(client: httpx.AsyncClient, body: bytes, media_type: str) -> None:
    answer = await client.post("/generate/vae", content=body, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_long_body_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await client.post("/generate/gan", json={"style": "x" * 300_000})
    assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")


async def test_an_idempotency_key_is_bounded(client: httpx.AsyncClient) -> None:
    answer = await client.post("/generate/gan", json={}, headers={"Idempotency-Key": "x" * 256})
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "Idempotency-Key")
