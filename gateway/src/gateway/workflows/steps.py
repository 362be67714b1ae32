"""The steps of `flow`: each calls one service, and stores what it returns.

A step takes and returns ids and descriptions, never music, and writes under keys that follow from its arguments, so
that repeating it is harmless. DBOS stores its result, so that a resumed job does not repeat it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contract import keys
from segue.gan.v1.gan_pb2 import GenerateResult
from segue.transposer.v1.transposer_pb2 import InspectResponse
from servicekit.faults import InvalidInput, NoPitchedNotes

from gateway.clients.grpc_requests import (
    build_blend_request,
    build_generate_request,
    build_interpolate_request,
)
from gateway.clients.grpc_responses import to_origins, to_sources
from gateway.clients.service_clients import ProgressCallback
from gateway.context import get_context
from gateway.domain.job_settings import BlendSettings, GenerateSettings, InterpolateSettings
from gateway.domain.jobs import GenerationInfo, Job, JobPiece, Mood
from gateway.domain.json_codec import to_json
from gateway.domain.pieces import Notice
from gateway.domain.provenance import (
    BlendProvenance,
    GenerationProvenance,
    InterpolationProvenance,
    ParentFile,
    Provenance,
)
from gateway.files.file_service import NewPiece
from gateway.files.notices import NoticedParent, found_grid_notices, to_blend_notices, to_notices
from gateway.files.section_cache import to_sections
from gateway.files.titles import generation_title, interpolation_title
from gateway.ids import derive_id
from gateway.storage.rows import FileRow
from gateway.workflows.parents import TransposedParent, read_parents, transpose_original
from gateway.workflows.progress import ProgressRange, run_with_progress
from gateway.workflows.workflow import intermediate_key, workflow_step

MAX_INTERPOLATION_BARS = 128
"""Largest length of each of the two pieces: nine pieces between them take some seconds on two cores."""


@workflow_step("find_key")
async def find_key(job_id: str, file_ids: list[str], requested: str | None, progress: ProgressRange) -> str | None:
    """Return the key to blend in: the requested key, or the first piece's; None where only drums sound.

    Parameters
    ----------
    job_id : str
        Id of the job.
    file_ids : list of str
        The pieces.
    requested : str or None
        The key that the client requested.
    progress : ProgressRange
        Progress of the job that this step covers.
    """

    async def work(_report: ProgressCallback) -> str | None:
        if requested is not None:
            return requested
        context = get_context()
        for row in await context.repository.get_files(file_ids):
            try:
                return keys.key_name(await context.services.detect_key(await context.files.read_music(row), row.roles))
            except NoPitchedNotes:
                continue
        return None

    return await run_with_progress(job_id, "Finding a common key", progress, work)


@workflow_step("move_to_key")
async def transpose_to_key(
    job_id: str, name: str, file_id: str, key: str | None, progress: ProgressRange
) -> TransposedParent:
    """Transpose a piece, and store the result as an intermediate. A piece of drums alone stays as it is.

    Parameters
    ----------
    job_id : str
        Id of the job.
    name : str
        Name of the intermediate.
    file_id : str
        The piece.
    key : str or None
        The common key; None where only drums sound.
    progress : ProgressRange
        Progress of the job that this step covers.
    """

    async def work(_report: ProgressCallback) -> TransposedParent:
        context = get_context()
        row = await context.repository.get_file(file_id)
        midi = await context.files.read_music(row)
        notices, semitones = found_grid_notices(row.notices), 0
        if key is not None:
            with contextlib.suppress(NoPitchedNotes):
                response = await context.services.transpose(midi, keys.parse_key_name(key), row.roles)
                midi, semitones = response.midi, response.semitones
                notices += to_notices(response.notices)
        artifact_key = intermediate_key(job_id, name)
        await context.store.put(artifact_key, midi)
        original_key = await transpose_original(job_id, name, row, semitones)
        return TransposedParent(artifact_key, row.roles, file_id, row.stem, row.sha256, notices, original_key)

    return await run_with_progress(job_id, "Moving to one key", progress, work)


@workflow_step("blend_parents")
async def blend_parents(
    job: Job[BlendSettings],
    name: str,
    parents: list[TransposedParent],
    key: str | None,
    title: str,
    progress: ProgressRange,
) -> JobPiece:
    """Blend transposed pieces, and store the result.

    Parameters
    ----------
    job : Job
        Settings and seed.
    name : str
        Name of the result within the job; its file id follows from it.
    parents : list of TransposedParent
        The pieces.
    key : str or None
        The common key; None where only drums sound.
    title : str
        Title of the result.
    progress : ProgressRange
        Progress of the job that this step covers.
    """

    async def work(report: ProgressCallback) -> JobPiece:
        context = get_context()
        request = build_blend_request(await read_parents(parents), job.settings, job.seed, key)
        result = await context.services.blend(request, report)
        inspection = await context.files.analyze(result.midi)
        sections = to_sections(result.sections, inspection.bar_onsets_s, inspection.duration_s)
        provenance = BlendProvenance(
            method=job.method,
            parents=_parent_files(parents),
            settings=to_json(job.settings),
            seed=job.seed,
            key=key,
            bars=result.bar_count,
            sections=sections,
            model_digests=dict(result.model_digests),
            sources=to_sources(result.sources),
            origins=to_origins(result.origins),
        )
        noticed = [NoticedParent(parent.title, parent.file_id, parent.notices) for parent in parents]
        notices = to_blend_notices(noticed, result.notices)
        output = _Output(name, title, result.midi, provenance, notices)
        return replace(await _store_result(job.job_id, output, inspection), sections=sections)

    return await run_with_progress(job.job_id, "Blending", progress, work)


@workflow_step("take_steps")
async def interpolate(
    job: Job[InterpolateSettings], parents: list[TransposedParent], key: str | None, progress: ProgressRange
) -> list[JobPiece]:
    """Create the pieces between two transposed pieces, and store them all.

    Parameters
    ----------
    job : Job
        Settings and seed.
    parents : list of TransposedParent
        The two pieces.
    key : str or None
        The common key; None where only drums sound.
    progress : ProgressRange
        Progress of the job that this step covers.
    """

    async def work(_report: ProgressCallback) -> list[JobPiece]:
        request = build_interpolate_request(await read_parents(parents), job.settings, job.seed)
        midis = await get_context().services.interpolate(request)
        return [await store(index / (len(midis) - 1), midi) for index, midi in enumerate(midis)]

    async def store(weight: float, midi: bytes) -> JobPiece:
        title = interpolation_title([parent.title for parent in parents], weight)
        provenance = InterpolationProvenance(
            method=job.method,
            parents=_parent_files(parents),
            settings=to_json(job.settings),
            seed=job.seed,
            key=key,
            weight=round(weight, 6),
        )
        piece = await _store_result(job.job_id, _Output(f"step-{weight:.6f}", title, midi, provenance, []))
        return replace(piece, weight=round(weight, 6))

    return await run_with_progress(job.job_id, "Interpolating", progress, work)


@workflow_step("check_length")
async def check_length(file_ids: list[str]) -> None:
    """Check that pieces are short enough for an interpolation.

    Raises
    ------
    InvalidInput
        If one is longer than `MAX_INTERPOLATION_BARS`.
    """
    check_n_bars(await get_context().repository.get_files(file_ids))


def check_n_bars(rows: Iterable[FileRow]) -> None:
    """Raise `InvalidInput` for a piece that is too long for an interpolation; a recording has no length yet."""
    for row in rows:
        n_bars = 0 if row.summary is None else row.summary.bars
        if n_bars > MAX_INTERPOLATION_BARS:
            raise InvalidInput(
                f"An interpolation takes pieces of at most {MAX_INTERPOLATION_BARS} bars; {row.stem} has {n_bars}. "
                "Blend them instead.",
                field="file_ids",
                bars=n_bars,
            )


@workflow_step("generate_piece")
async def generate_piece(
    job_id: str,
    name: str,
    settings: GenerateSettings,
    style: str | None,
    seed: int,
    label: str,
    progress: ProgressRange,
) -> JobPiece:
    """Generate a piece, and store it.

    Parameters
    ----------
    job_id : str
        Id of the job.
    name : str
        Name of the result within the job; its file id follows from it.
    settings : GenerateSettings
        What the client requested. A meter that the style does not have is ignored.
    style : str or None
        Id of the style; None lets the service sample one.
    seed : int
        Seed of this piece.
    label : str
        Which of several pieces this is, for people.
    progress : ProgressRange
        Progress of the job that this step covers.
    """

    async def work(report: ProgressCallback) -> JobPiece:
        context = get_context()
        styles = {each.style_id: each for each in await context.services.styles()}
        playable = _drop_unsupported_meter(settings, styles[style].meters) if style in styles else settings
        result = await context.services.generate(build_generate_request(playable, style, seed), report)
        generation = _generation_info(result, seed)
        provenance = GenerationProvenance(
            method="gan",
            parents=[],
            settings=to_json(playable),
            **vars(generation),
            critic_score=round(result.critic_score, 6),
            model_digests=dict(result.model_digests),
        )
        style_name = styles[result.style_id].name if result.style_id in styles else result.style_id
        title = generation_title(style_name, generation)
        piece = await _store_result(job_id, _Output(name, title, result.midi, provenance, to_notices(result.notices)))
        return replace(piece, generation=generation)

    return await run_with_progress(job_id, f"Generating {label}".strip(), progress, work)


@workflow_step("tell_parents")
async def publish_parents(job_id: str, parents: list[JobPiece]) -> None:
    """Write the pieces that are being blended to the job's row, before the blend is done."""
    await get_context().update_job(job_id, parents=parents)


@dataclass(frozen=True)
class _Output:
    """A result that is to be stored."""

    name: str
    title: str
    midi: bytes
    provenance: Provenance
    notices: list[Notice]


async def _store_result(job_id: str, output: _Output, inspection: InspectResponse | None = None) -> JobPiece:
    """Describe and store a result, under an id that follows from the job's id and the result's name."""
    context = get_context()
    piece = NewPiece(
        file_id=derive_id(job_id, output.name),
        name=f"{output.title}.mid",
        kind="result",
        provenance=output.provenance,
        notices=output.notices,
        job_id=job_id,
    )
    row = await context.files.save_result(await context.files.describe(piece, output.midi, inspection), output.midi)
    return JobPiece(row.file_id, row.stem)


def _parent_files(parents: Sequence[TransposedParent]) -> list[ParentFile]:
    return [ParentFile(parent.file_id, parent.title, parent.sha256) for parent in parents]


def _drop_unsupported_meter(settings: GenerateSettings, meters: Sequence[str]) -> GenerateSettings:
    """Remove a meter that was taken over from another piece, and that this piece's style does not have."""
    return settings if settings.meter in meters else replace(settings, meter=None)


def _generation_info(result: GenerateResult, seed: int) -> GenerationInfo:
    """Return the parameters that a piece was generated with."""
    generation = GenerationInfo(
        style=result.style_id,
        key=keys.key_name(result.key),
        bpm=round(result.tempo_bpm, 3),
        meter=result.meter,
        bars=result.bar_count,
        seed=seed,
    )
    if not result.HasField("mood"):
        return generation
    mood = Mood(valence=round(result.mood.valence, 3), energy=round(result.mood.energy, 3))
    return replace(generation, mood=mood, density=round(result.density, 3))
