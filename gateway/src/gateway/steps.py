"""The steps of `flow`: each calls one service and keeps what it gives.

A step takes and returns ids and plain facts, never music, and writes under keys that follow from what it was given:
done twice, it does no harm. DBOS remembers what each returned, so that a job goes on where it was.
"""

from __future__ import annotations

import contextlib

from dbos import DBOS
from segue.gan.v1.gan_pb2 import GenerateResult
from segue.vae.v1.vae_pb2 import BlendResult
from servicekit.faults import NoPitchedNotes

from gateway import desk as desks
from gateway import keys, requests
from gateway.ids import derive_id
from gateway.pieces import notices
from gateway.records import FileRecord, Json
from gateway.services import Report
from gateway.work import Span, attend


@DBOS.step(name="find_key")
async def find_key(job_id: str, file_ids: list[str], asked: str | None, span: Span) -> str | None:
    """Choose the key to blend in: the one asked for, or the first piece's; None where only drums sound."""

    async def work(_report: Report) -> str | None:
        if asked is not None:
            return asked
        desk = desks.current()
        for record in await desk.records.files(file_ids):
            try:
                return keys.name(await desk.services.detect_key(await desk.pieces.bytes(record)))
            except NoPitchedNotes:
                continue
        return None

    return await attend(job_id, "Finding a common key", span, work)


@DBOS.step(name="move_to_key")
async def move_to_key(job_id: str, name: str, file_id: str, key: str | None, span: Span) -> Json:
    """Transpose a piece, and put the result aside for this job. Drums alone stay as they are."""

    async def work(_report: Report) -> Json:
        desk = desks.current()
        record = await desk.records.file(file_id)
        midi, told = await desk.pieces.bytes(record), []
        if key is not None:
            with contextlib.suppress(NoPitchedNotes):
                moved = await desk.services.transpose(midi, keys.parse(key))
                midi, told = moved.midi, notices(moved.notices)
        aside = f"work/{job_id}/{name}.mid"
        await desk.store.put(aside, midi)
        return {
            "aside": aside,
            "roles": record.roles,
            "file_id": file_id,
            "title": record.stem,
            "sha256": record.sha256,
            "notices": told,
        }

    return await attend(job_id, "Moving to one key", span, work)


@DBOS.step(name="blend_parents")
async def blend_parents(
    job_id: str, name: str, parents: list[Json], ask: Json, key: str | None, title: str, span: Span
) -> Json:
    """Blend the pieces that were put aside, and keep the result."""

    async def work(report: Report) -> Json:
        desk = desks.current()
        midis = [await desk.store.get(parent["aside"]) for parent in parents]
        result = await desk.services.blend(requests.blend(midis, parents, ask, key), report)
        provenance = {
            "method": ask["method"],
            "parents": [{fact: parent[fact] for fact in ("file_id", "title", "sha256")} for parent in parents],
            "settings": ask["settings"],
            "seed": ask["seed"],
            "key": key,
            "bars": result.bar_count,
            "model_digests": dict(result.model_digests),
        }
        told = [notice for parent in parents for notice in parent["notices"]]
        return await _keep(job_id, name, title, result, provenance, told)

    return await attend(job_id, "Blending", span, work)


@DBOS.step(name="generate_piece")
async def generate_piece(
    job_id: str, name: str, wish: Json, style: str | None, seed: int, label: str, span: Span
) -> Json:
    """Generate one piece, and keep it."""

    async def work(report: Report) -> Json:
        desk = desks.current()
        result = await desk.services.generate(requests.generate(wish, style, seed), report)
        style_names = {known.style_id: known.name for known in await desk.services.styles()}
        key = keys.name(result.key)
        provenance = {
            "method": "gan",
            "parents": [],
            "settings": wish,
            "seed": seed,
            "style": result.style_id,
            "key": key,
            "bpm": round(result.tempo_bpm, 3),
            "meter": result.meter,
            "bars": result.bar_count,
            "critic_score": round(result.critic_score, 6),
            "model_digests": dict(result.model_digests),
        }
        title = f"{style_names.get(result.style_id, result.style_id)} in {key}"
        return await _keep(job_id, name, title, result, provenance, [])

    return await attend(job_id, f"Generating {label}".strip(), span, work)


@DBOS.step(name="tell_parents")
async def tell_parents(job_id: str, parents: list[Json]) -> None:
    """Let the job name the pieces that are being blended, before the blend is done."""
    await desks.current().change_job(job_id, parents=parents)


async def _keep(
    job_id: str, name: str, title: str, result: BlendResult | GenerateResult, provenance: Json, told: list[Json]
) -> Json:
    """Describe and store a result, under an id that follows from the job and the result's name in it."""
    desk = desks.current()
    record: FileRecord = await desk.pieces.describe(
        derive_id(job_id, name),
        f"{title}.mid",
        "result",
        result.midi,
        notices=told + notices(result.notices),
        provenance=provenance,
    )
    await desk.pieces.keep(record, result.midi)
    return {"file_id": record.file_id, "title": title}
