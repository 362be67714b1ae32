"""The product in one page: transcribe, blend, interpolate, generate, and generate then blend.

Each function is a durable workflow that reads from top to bottom. Each `await` of a step is a call whose result is
stored: a gateway that was killed resumes at the step it had reached. A step whose service is unavailable is retried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from gateway.domain.job_settings import (
    BlendSettings,
    GenerateSettings,
    HybridSettings,
    InterpolateSettings,
    JobSettings,
)
from gateway.domain.jobs import GenerationInfo, Job, JobPiece
from gateway.files.titles import blend_title
from gateway.ids import derive_seed
from gateway.workflows.parents import TransposedParent
from gateway.workflows.progress import FULL_RANGE, ProgressRange
from gateway.workflows.steps import (
    blend_parents,
    check_length,
    find_key,
    generate_piece,
    interpolate,
    publish_parents,
    transpose_to_key,
)
from gateway.workflows.transcription import store_transcription, transcribe_recording, wait_for_transcription
from gateway.workflows.workflow import workflow

GenerateT = TypeVar("GenerateT", bound=GenerateSettings)


@workflow("transcribe", JobSettings)
async def transcribe(job: Job[JobSettings]) -> list[JobPiece]:
    """Transcribe a recording to MIDI, and describe the result like any piece."""
    (recording_id,) = job.recording_ids
    transcribed = await transcribe_recording(job.job_id, recording_id, ProgressRange(0.0, 0.97))
    return [await store_transcription(job.job_id, recording_id, transcribed, ProgressRange(0.97, 1.0))]


@workflow("vae", BlendSettings)
async def blend(job: Job[BlendSettings]) -> list[JobPiece]:
    """Blend existing pieces; recordings among them are transcribed first."""
    parents, progress = await resolve_parents(job)
    return [await blend_in_common_key(job, "result-0", parents, progress)]


@workflow("steps", InterpolateSettings)
async def steps(job: Job[InterpolateSettings]) -> list[JobPiece]:
    """Create several pieces on the way from one piece to another, as a preview of possible blends."""
    parents, progress = await resolve_parents(job)
    await check_length([piece.file_id for piece in parents])
    transposed, key = await transpose_to_common_key(job.job_id, "step", parents, job.settings.key, progress)
    return await interpolate(job, transposed, key, progress.from_part(2, 20))


@workflow("gan", GenerateSettings)
async def generate(job: Job[GenerateSettings]) -> list[JobPiece]:
    """Generate new pieces, each from its own seed."""
    settings = job.settings
    results = []
    for index in range(settings.count):
        seed = derive_seed(job.seed, index)
        label = f"{index + 1} of {settings.count}" if settings.count > 1 else ""
        progress = FULL_RANGE.part(index, settings.count)
        results.append(
            await generate_piece(job.job_id, f"result-{index}", settings, settings.style, seed, label, progress)
        )
    return results


@workflow("hybrid", HybridSettings)
async def hybrid(job: Job[HybridSettings]) -> list[JobPiece]:
    """Generate two pieces with different seeds or styles but the same length, tempo and meter, and blend them."""
    settings = job.settings
    styles: Sequence[str | None] = settings.styles or [settings.style, settings.style]
    results: list[JobPiece] = []
    parents: list[JobPiece] = []
    for index in range(settings.count):
        progress = FULL_RANGE.part(index, settings.count)
        first: GenerationInfo | None = None
        for side in (0, 1):
            seed = derive_seed(job.seed, 2 * index + side)
            name, label = f"parent-{index}-{side}", f"parent {side + 1}"
            constrained = constrain_generation(settings, first)
            parents.append(
                await generate_piece(job.job_id, name, constrained, styles[side], seed, label, progress.part(side, 4))
            )
            first = parents[-1].generation
        await publish_parents(job.job_id, parents)
        second_half = progress.part(1, 2)
        results.append(await blend_in_common_key(job, f"result-{index}", parents[-2:], second_half))
    return results


async def resolve_parents(job: Job[BlendSettings] | Job[InterpolateSettings]) -> tuple[list[JobPiece], ProgressRange]:
    """Return the pieces to blend, transcriptions in place of recordings, and the rest of the progress."""
    if not job.recording_ids:
        return job.parents, FULL_RANGE
    parents = await resolve_transcriptions(job.job_id, job.parents, job.recording_ids, FULL_RANGE.part(0, 2))
    return parents, FULL_RANGE.part(1, 2)


async def resolve_transcriptions(
    job_id: str, pieces: list[JobPiece], recording_ids: list[str], progress: ProgressRange
) -> list[JobPiece]:
    """Wait for the transcription of each recording, and return it in the recording's place.

    Parameters
    ----------
    job_id : str
        Id of the job.
    pieces : list of JobPiece
        Pieces and recordings.
    recording_ids : list of str
        File ids of the recordings among them.
    progress : ProgressRange
        Progress of the job that the waiting covers.
    """
    return [
        await wait_for_transcription(job_id, piece, progress.part(index, len(pieces)))
        if piece.file_id in recording_ids
        else piece
        for index, piece in enumerate(pieces)
    ]


async def blend_in_common_key(
    job: Job[BlendSettings], name: str, pieces: list[JobPiece], progress: ProgressRange
) -> JobPiece:
    """Choose a common key, transpose all pieces to it, and blend them.

    Parameters
    ----------
    job : Job
        Settings and seed.
    name : str
        Name of the result within the job.
    pieces : list of JobPiece
        The pieces to blend.
    progress : ProgressRange
        Progress of the job that all of it covers.
    """
    transposed, key = await transpose_to_common_key(job.job_id, name, pieces, job.settings.key, progress)
    title = blend_title([piece.title for piece in pieces], job.settings)
    return await blend_parents(job, name, transposed, key, title, progress.from_part(2, 20))


async def transpose_to_common_key(
    job_id: str, name: str, pieces: list[JobPiece], requested_key: str | None, progress: ProgressRange
) -> tuple[list[TransposedParent], str | None]:
    """Choose a common key, and transpose all pieces to it.

    Parameters
    ----------
    job_id : str
        Id of the job.
    name : str
        Prefix of the names of the intermediates.
    pieces : list of JobPiece
        The pieces.
    requested_key : str or None
        The key that the client requested.
    progress : ProgressRange
        Progress of the job; the first two of its twenty parts are covered.

    Returns
    -------
    list of TransposedParent, str or None
        The pieces, and the key; None where only drums sound.
    """
    file_ids = [piece.file_id for piece in pieces]
    key = await find_key(job_id, file_ids, requested_key, progress.part(0, 20))
    transposed = [
        await transpose_to_key(job_id, f"{name}-{index}", file_id, key, progress.part(1, 20))
        for index, file_id in enumerate(file_ids)
    ]
    return transposed, key


def constrain_generation(settings: GenerateT, first: GenerationInfo | None) -> GenerateT:
    """Return settings with the length, tempo and meter of a first piece where the client requested none."""
    if first is None:
        return settings
    return replace(
        settings,
        bars=first.bars if settings.bars is None else settings.bars,
        bpm=first.bpm if settings.bpm is None else settings.bpm,
        meter=first.meter if settings.meter is None else settings.meter,
    )
