"""Responses have the status, media type and schema that the OpenAPI document declares."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from gateway.api.schemas import responses
from pydantic import BaseModel

MIDI = b"MThd" + bytes(60)
SILENCE = b"fLaC silence"

PATHS = {
    "/upload": {"post"},
    "/files/{file_id}": {"get", "patch", "delete"},
    "/files/{file_id}/notes": {"get"},
    "/files/{file_id}/peaks": {"get"},
    "/files/{file_id}/sections": {"get"},
    "/generate/vae": {"post"},
    "/generate/gan": {"post"},
    "/generate/hybrid": {"post"},
    "/generate/steps": {"post"},
    "/files/{file_id}/family": {"get"},
    "/files/{file_id}/restore": {"post"},
    "/library": {"get", "post", "delete"},
    "/library/restore": {"post"},
    "/jobs": {"get"},
    "/jobs/{job_id}": {"get", "delete"},
    "/jobs/{job_id}/events": {"get"},
    "/download/{file_id}": {"get"},
    "/play/{file_id}": {"get"},
    "/me": {"get", "delete"},
    "/me/export": {"get"},
    "/me/password": {"put"},
    "/accounts": {"post"},
    "/sessions": {"get", "post", "delete"},
    "/sessions/{session_id}": {"delete"},
    "/sessions/passkey": {"post"},
    "/sessions/passkey/options": {"post"},
    "/sessions/openid/{name}": {"get"},
    "/sessions/openid/{name}/callback": {"get"},
    "/passkeys": {"post"},
    "/passkeys/options": {"post"},
    "/passkeys/{passkey_id}": {"delete"},
    "/tokens": {"get", "post"},
    "/tokens/{token_id}": {"delete"},
    "/files/{file_id}/share": {"post"},
    "/files/{file_id}/shares": {"get"},
    "/batches": {"get", "post"},
    "/batches/{batch_id}": {"get", "delete"},
    "/batches/{batch_id}/events": {"get"},
    "/shares/{slug}": {"delete"},
    "/gallery/shared": {"get"},
    "/p/segue-player.js": {"get"},
    "/p/{slug}": {"get"},
    "/p/{slug}/embed": {"get"},
    "/p/{slug}/picture.png": {"get"},
    "/p/{slug}/qr.svg": {"get"},
    "/p/{slug}/notes": {"get"},
    "/p/{slug}/play": {"get"},
    "/p/{slug}/download": {"get"},
    "/p/{slug}/remix": {"post"},
    "/styles": {"get"},
    "/soundfonts": {"get"},
    "/gallery": {"get"},
    "/health/live": {"get"},
    "/health/ready": {"get"},
    "/metrics": {"get"},
}


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    """The OpenAPI document."""
    openapi: dict[str, Any] = (await client.get("/openapi.json")).json()
    return openapi


def documented(document: dict[str, Any], path: str, method: str, answer: httpx.Response) -> type[BaseModel] | None:
    """Check the status and media type of a response against the document, and return the model of its body."""
    response = document["paths"][path][method]["responses"][str(answer.status_code)]
    if answer.status_code in {204, 304}:
        return None
    media_type = answer.headers["content-type"].split(";")[0]
    assert media_type in response["content"], (path, method, answer.status_code, media_type)
    reference = response["content"][media_type].get("schema", {}).get("$ref", "")
    model: type[BaseModel] | None = getattr(responses, reference.rpartition("/")[2], None)
    return model


def test_the_models_refuse_what_the_contract_does_not_name() -> None:
    models = [model for model in vars(responses).values() if isinstance(model, type) and issubclass(model, BaseModel)]
    assert len(models) > 15
    assert {model.model_config.get("extra") for model in models if model is not BaseModel} == {"forbid"}


async def test_every_path_of_the_contract_is_there_and_no_other(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {path: set(methods) for path, methods in document["paths"].items()} == PATHS
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


async def test_every_operation_and_field_is_explained(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["description"].strip().endswith("."), (path, method)
    for schema in document["components"]["schemas"].values():
        assert "HTTPValidationError" not in schema.get("title", "")


Case = tuple[str, str, dict[str, str], dict[str, Any], int]
"""Method, path, its ids, the other arguments of the call, and the expected status."""


async def check(client: httpx.AsyncClient, document: dict[str, Any], cases: list[Case]) -> None:
    """Make each call, and compare its response with the document."""
    for method, path, ids_in_path, request, status in cases:
        answer = await client.request(method, path.format(**ids_in_path), **request)
        assert answer.status_code == status, (method, path, request, answer.text)
        model = documented(document, path, method, answer)
        if model is not None:
            read = model.model_validate_json(answer.content)
            assert read.model_dump(mode="json", exclude_unset=True) == answer.json()


async def test_answers_are_as_documented(client: httpx.AsyncClient, document: dict[str, Any], fakes: Any) -> None:
    ids = await fakes.upload(client, MIDI, MIDI)
    job = await fakes.blend(client)
    file, job_id, unknown = ids[0], job["job_id"], "0" * 32
    mid = {"files": ("a.mid", MIDI, "audio/midi")}
    bad = {"files": ("a.mid", b"", "audio/midi")}
    cases: list[Case] = [
        ("post", "/upload", {}, {"files": mid}, 201),
        ("post", "/upload", {}, {"files": bad}, 400),
        ("post", "/upload", {}, {"files": {"files": ("a.png", b"x", "image/png")}}, 415),
        ("post", "/upload", {}, {"files": {"files": ("a.mid", bytes(3 * 2**20), "audio/midi")}}, 413),
        ("post", "/upload", {}, {}, 422),
        ("get", "/files/{file_id}", {"file_id": file}, {}, 200),
        ("get", "/files/{file_id}", {"file_id": unknown}, {}, 404),
        ("patch", "/files/{file_id}", {"file_id": file}, {"json": {"roles": {"1": "bass"}}}, 200),
        ("patch", "/files/{file_id}", {"file_id": file}, {"json": {}}, 422),
        ("get", "/files/{file_id}/notes", {"file_id": file}, {}, 200),
        ("post", "/generate/vae", {}, {"json": {"file_ids": ids}}, 202),
        ("post", "/generate/vae", {}, {"json": {"file_ids": [unknown, unknown]}}, 404),
        ("post", "/generate/vae", {}, {"json": {}}, 422),
        ("post", "/generate/steps", {}, {"json": {"file_ids": ids}}, 202),
        ("post", "/generate/steps", {}, {"json": {"file_ids": ids, "count": 1}}, 422),
        ("get", "/files/{file_id}/sections", {"file_id": file}, {}, 200),
        ("get", "/files/{file_id}/sections", {"file_id": unknown}, {}, 404),
        ("post", "/generate/gan", {}, {"json": {}}, 202),
        ("post", "/generate/gan", {}, {"json": {"style": "polka"}}, 422),
        ("post", "/generate/hybrid", {}, {"json": {}}, 202),
        ("get", "/jobs/{job_id}", {"job_id": job_id}, {}, 200),
        ("get", "/jobs/{job_id}", {"job_id": unknown}, {}, 404),
        ("delete", "/jobs/{job_id}", {"job_id": job_id}, {}, 409),
        ("get", "/jobs/{job_id}/events", {"job_id": job_id}, {}, 200),
        ("get", "/jobs/{job_id}/events", {"job_id": job_id}, {"headers": {"Last-Event-ID": "999"}}, 204),
        ("get", "/play/{file_id}", {"file_id": file}, {}, 200),
        ("get", "/play/{file_id}", {"file_id": file}, {"headers": {"Range": "bytes=0-9"}}, 206),
        ("get", "/play/{file_id}", {"file_id": file}, {"headers": {"Range": "bytes=999999-"}}, 416),
        ("get", "/play/{file_id}", {"file_id": file}, {"headers": {"If-None-Match": "*"}}, 304),
        ("get", "/download/{file_id}", {"file_id": file}, {"params": {"format": "x"}}, 422),
        ("get", "/styles", {}, {}, 200),
        ("get", "/soundfonts", {}, {}, 200),
        ("get", "/gallery", {}, {}, 200),
        ("get", "/health/live", {}, {}, 200),
        ("get", "/metrics", {}, {}, 200),
        ("delete", "/files/{file_id}", {"file_id": file}, {}, 204),
    ]
    await check(client, document, cases)


async def test_answers_about_recordings_and_sound_are_as_documented(
    client: httpx.AsyncClient, document: dict[str, Any], fakes: Any
) -> None:
    (file,) = await fakes.upload(client, MIDI)
    recording, silence = [await fakes.upload_recording(client, audio) for audio in (b"fLaC", SILENCE)]
    for uploaded in (recording, silence):
        await fakes.wait_for_end(client, uploaded["job"])
    piece, transcribed, silent = [{"file_id": one} for one in (file, recording["file_id"], silence["file_id"])]
    cases: list[Case] = [
        ("get", "/play/{file_id}", piece, {"params": {"roles": "flute"}}, 422),
        ("get", "/files/{file_id}/peaks", piece, {"params": {"count": 8}}, 200),
        ("get", "/files/{file_id}/peaks", transcribed, {}, 409),
        ("get", "/files/{file_id}", transcribed, {}, 200),
        ("get", "/files/{file_id}/notes", silent, {}, 409),
        ("get", "/play/{file_id}", transcribed, {"headers": {"Range": "bytes=0-2"}}, 206),
        ("get", "/download/{file_id}", transcribed, {"params": {"format": "original"}}, 200),
        ("get", "/jobs/{job_id}", {"job_id": recording["job"]}, {}, 200),
        *[
            ("get", "/download/{file_id}", piece, {"params": {"format": ending}}, 200)
            for ending in ("mid", "wav", "flac", "ogg", "opus", "mp3")
        ],
    ]
    await check(client, document, cases)


async def test_the_refusals_that_take_a_crowd_are_documented(fakes: Any) -> None:
    async with fakes.gateway(max_queue=1) as client:
        document = (await client.get("/openapi.json")).json()
        fakes.vae.gate.shut()
        ids = await fakes.upload(client, MIDI, MIDI)
        first = await client.post("/generate/vae", json={"file_ids": ids})
        cancelled = await client.delete(f"/jobs/{first.json()['job_id']}")
        assert documented(document, "/jobs/{job_id}", "delete", cancelled) is responses.Job
        await client.post("/generate/vae", json={"file_ids": ids})
        full = await client.post("/generate/gan", json={})
        assert (full.status_code, documented(document, "/generate/gan", "post", full)) == (429, responses.Problem)
        ready = await client.get("/health/ready")
        assert documented(document, "/health/ready", "get", ready) is responses.Readiness
        await fakes.stop("transposer")
        away = await client.post("/upload", files={"files": ("a.mid", MIDI, "audio/midi")})
        assert (away.status_code, documented(document, "/upload", "post", away)) == (503, responses.Problem)
        fakes.vae.gate.opened.set()
