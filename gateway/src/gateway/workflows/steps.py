"""The steps of `flow`: each calls one service and keeps what it gives.

A step takes and returns ids and plain facts, never music, and writes under keys that follow from what it was given:
done twice, it does no harm. DBOS remembers what each returned, so that a job goes on where it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from dbos import DBOS
from segue.gan.v1.gan_pb2 import GenerateResult
from segue.transposer.v1.transposer_pb2 import InspectResponse
from servicekit.faults import InvalidInput, NoPitchedNotes

from gateway import context as desks
from gateway import keys
from gateway.clients import grpc_requests
from gateway.clients.service_clients import Report
from gateway.files import section_cache
from gateway.files.file_service import notices
from gateway.ids import derive_id
from gateway.storage.repository import FileRecord, Json
from gateway.workflows.progress import Span, attend

MAX_STEP_BARS = 128
"""Of each piece between which steps are made: nine of them take some seconds on two cores."""


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
        result = await desk.services.blend(grpc_requests.blend(midis, parents, ask, key), report)
        read = await desk.pieces.read(result.midi)
        form = [each.model_dump() for each in section_cache.told(result.sections, read.bar_onsets_s, read.duration_s)]
        provenance = _origin(parents, ask, key) | {
            "bars": result.bar_count,
            "sections": form,
            "model_digests": dict(result.model_digests),
        }
        told = [notice for parent in parents for notice in parent["notices"]] + notices(result.notices)
        kept = await _keep(job_id, name, title, result.midi, provenance, told, read)
        return kept | {"sections": form}

    return await attend(job_id, "Blending", span, work)


@DBOS.step(name="take_steps")
async def take_steps(job_id: str, parents: list[Json], ask: Json, key: str | None, span: Span) -> list[Json]:
    """Make the pieces from one that was put aside to the other, and keep them all."""

    async def work(_report: Report) -> list[Json]:
        desk = desks.current()
        midis = [await desk.store.get(parent["aside"]) for parent in parents]
        made = await desk.services.interpolate(grpc_requests.steps(midis, parents, ask))
        return [await keep(place / (len(made) - 1), midi) for place, midi in enumerate(made)]

    async def keep(weight: float, midi: bytes) -> Json:
        title = f"{parents[0]['title']} to {parents[1]['title']}, {weight:.0%}"
        provenance = _origin(parents, ask, key) | {"weight": round(weight, 6)}
        kept = await _keep(job_id, f"step-{weight:.6f}", title, midi, provenance, [])
        return kept | {"weight": round(weight, 6)}

    return await attend(job_id, "Stepping from A to B", span, work)


@DBOS.step(name="check_length")
async def check_length(file_ids: list[str]) -> None:
    """Refuse pieces that are too long for steps.

    Raises
    ------
    InvalidInput
        With the most bars that a piece may have.
    """
    check_bars(await desks.current().records.files(file_ids))


def check_bars(records: Iterable[FileRecord]) -> None:
    """Refuse pieces that are too long for steps; a recording that is not written down has no length yet."""
    for record in records:
        bars = 0 if record.summary is None else int(record.summary["bars"])
        if bars > MAX_STEP_BARS:
            raise InvalidInput(
                f"Steps take pieces of at most {MAX_STEP_BARS} bars; {record.stem} has {bars}. Blend them instead.",
                field="file_ids",
                bars=bars,
            )


@DBOS.step(name="generate_piece")
async def generate_piece(
    job_id: str, name: str, wish: Json, style: str | None, seed: int, label: str, span: Span
) -> Json:
    """Generate one piece, and keep it."""

    async def work(report: Report) -> Json:
        desk = desks.current()
        styles = {known.style_id: known for known in await desk.services.styles()}
        asked = _playable(wish, styles[style].meters) if style in styles else wish
        result = await desk.services.generate(grpc_requests.generate(asked, style, seed), report)
        made = _made(result, seed)
        provenance = {"method": "gan", "parents": [], "settings": asked, **made} | {
            "critic_score": round(result.critic_score, 6),
            "model_digests": dict(result.model_digests),
        }
        style_name = styles[result.style_id].name if result.style_id in styles else result.style_id
        title = f"{style_name} in {made['key']}"
        return await _keep(job_id, name, title, result.midi, provenance, notices(result.notices)) | {"made": made}

    return await attend(job_id, f"Generating {label}".strip(), span, work)


@DBOS.step(name="tell_parents")
async def tell_parents(job_id: str, parents: list[Json]) -> None:
    """Let the job name the pieces that are being blended, before the blend is done."""
    await desks.current().change_job(job_id, parents=parents)


async def _keep(
    job_id: str,
    name: str,
    title: str,
    midi: bytes,
    provenance: Json,
    told: list[Json],
    read: InspectResponse | None = None,
) -> Json:
    """Describe and store a result, under an id that follows from the job and the result's name in it."""
    desk = desks.current()
    file_id = derive_id(job_id, name)
    record: FileRecord = await desk.pieces.describe(
        file_id, f"{title}.mid", "result", midi, notices=told, provenance=provenance, read=read
    )
    await desk.pieces.keep(record, midi)
    return {"file_id": record.file_id, "title": title}


def _origin(parents: list[Json], ask: Json, key: str | None) -> Json:
    """Say what a piece was blended from, and how."""
    return {
        "method": ask["method"],
        "parents": [{fact: parent[fact] for fact in ("file_id", "title", "sha256")} for parent in parents],
        "settings": ask["settings"],
        "seed": ask["seed"],
        "key": key,
    }


def _playable(wish: Json, meters: Sequence[str]) -> Json:
    """Leave out a meter that was taken over from another piece, and that this one's style is not played in."""
    return {name: value for name, value in wish.items() if name != "meter" or value in meters}


def _made(result: GenerateResult, seed: int) -> Json:
    """Say what a piece was generated with."""
    told: Json = {
        "style": result.style_id,
        "key": keys.name(result.key),
        "bpm": round(result.tempo_bpm, 3),
        "meter": result.meter,
        "bars": result.bar_count,
        "seed": seed,
    }
    if result.HasField("mood"):
        mood = {"valence": round(result.mood.valence, 3), "energy": round(result.mood.energy, 3)}
        told |= {"mood": mood, "density": round(result.density, 3)}
    return told
