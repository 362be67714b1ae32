"""The steps of `flow` for recordings: transcribing one, and waiting for a transcription."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from segue.transcriber.v1.transcriber_pb2 import AudioFileHeader, Transcription
from servicekit.faults import Conflict, Fault, from_reason

from gateway.clients.service_clients import ProgressCallback
from gateway.context import get_context
from gateway.domain.jobs import TRANSCRIBE, JobPiece, JobState
from gateway.domain.pieces import Notice
from gateway.domain.provenance import ParentFile, TranscriptionFigures, TranscriptionProvenance
from gateway.files import recordings
from gateway.files.file_service import NewPiece
from gateway.files.notices import to_notices
from gateway.ids import derive_id
from gateway.storage.rows import JobRow
from gateway.workflows.job_watch import watch_job
from gateway.workflows.progress import ProgressRange, run_with_progress
from gateway.workflows.workflow import intermediate_key, workflow_step


@dataclass(frozen=True)
class TranscribedRecording:
    """A transcription that is not a piece yet.

    Attributes
    ----------
    artifact_key : str
        Key of the MIDI file, an intermediate.
    figures : TranscriptionFigures
        Its confidences.
    notices : list of Notice
        What happened when it was made.
    """

    artifact_key: Annotated[str, Field(alias="aside")]
    figures: Annotated[TranscriptionFigures, Field(alias="facts")]
    notices: list[Notice]


@workflow_step("write_down")
async def transcribe_recording(job_id: str, recording_id: str, progress: ProgressRange) -> TranscribedRecording:
    """Transcribe a recording to MIDI, and store that as an intermediate.

    Parameters
    ----------
    job_id : str
        Id of the job.
    recording_id : str
        File id of the recording.
    progress : ProgressRange
        Progress of the job that this step covers.
    """

    async def work(report: ProgressCallback) -> TranscribedRecording:
        context = get_context()
        recording = await context.repository.get_file(recording_id)
        header = AudioFileHeader(name=recording.stem, byte_count=recording.byte_count)
        async with aclosing(context.store.read(recording.key, 0, recording.byte_count)) as chunks:
            transcription = await context.services.transcribe(header, chunks, report)
        artifact_key = intermediate_key(job_id, "transcription")
        await context.store.put(artifact_key, transcription.midi)
        return TranscribedRecording(artifact_key, _figures(transcription), to_notices(transcription.notices))

    return await run_with_progress(job_id, "Transcribing", progress, work)


@workflow_step("keep_transcription")
async def store_transcription(
    job_id: str, recording_id: str, transcribed: TranscribedRecording, progress: ProgressRange
) -> JobPiece:
    """Describe a transcription, and store it as a piece, unless the recording was deleted meanwhile.

    Parameters
    ----------
    job_id : str
        Id of the job.
    recording_id : str
        File id of the recording.
    transcribed : TranscribedRecording
        The transcription.
    progress : ProgressRange
        Progress of the job that this step covers.
    """

    async def work(_report: ProgressCallback) -> JobPiece:
        context = get_context()
        midi = await context.store.get(transcribed.artifact_key)
        recording = await context.repository.get_file(recording_id)
        provenance = TranscriptionProvenance(
            method=TRANSCRIBE,
            parents=[ParentFile(recording_id, recording.stem, recording.sha256)],
            **vars(transcribed.figures),
        )
        piece = NewPiece(
            file_id=derive_id(job_id, "transcription"),
            name=f"{recording.stem}.mid",
            kind="result",
            provenance=provenance,
            notices=transcribed.notices,
            job_id=job_id,
        )
        described = await context.files.describe(piece, midi)
        await context.files.save(described, midi)
        return JobPiece(piece.file_id, described.row.stem)

    return await run_with_progress(job_id, "Reading the notes", progress, work)


@workflow_step("await_transcription")
async def wait_for_transcription(job_id: str, parent: JobPiece, progress: ProgressRange) -> JobPiece:
    """Wait until a recording is transcribed, and return the transcription in its place.

    Parameters
    ----------
    job_id : str
        Id of the job.
    parent : JobPiece
        The recording.
    progress : ProgressRange
        Progress of the job that this step covers.

    Raises
    ------
    Fault
        If the recording could not be transcribed.
    """

    async def work(report: ProgressCallback) -> tuple[JobPiece, Fault | None]:
        context = get_context()
        recording = await context.repository.get_file(parent.file_id)
        transcription = JobPiece(recordings.transcription_id(recording), parent.title)
        changes = watch_job(context, recordings.transcription_job_id(recording))
        async with context.released_slot(), aclosing(changes):
            async for job in changes:
                if job is None:
                    continue
                if job.is_finished:
                    return transcription, _failure(job, parent.title)
                report(job.progress, job.stage.partition(": ")[2])
        raise AssertionError("a watched job ends")

    stage = f"Transcribing {parent.title}"
    transcription, failure = await run_with_progress(job_id, stage, progress, work)
    # Raised here, because this job must not retry what another job failed at.
    if failure is not None:
        raise failure
    return transcription


def _failure(job: JobRow, title: str) -> Fault | None:
    """Return why a finished transcription left no piece; None if it succeeded."""
    if job.state == JobState.SUCCEEDED:
        return None
    if job.error is None:
        return Conflict(f"The transcription of {title} was cancelled. Upload the recording again.")
    return from_reason(job.error.reason, f"{title}: {job.error.detail}", job.error.facts)


def _figures(transcription: Transcription) -> TranscriptionFigures:
    return TranscriptionFigures(
        confidence=round(transcription.confidence, 3),
        tempo_confidence=round(transcription.tempo_confidence, 3),
        meter_confidence=round(transcription.meter_confidence, 3),
        start_s=round(transcription.start_s, 4),
        seconds=round(transcription.duration_s, 3),
    )
