"""The steps of `flow` that have to do with recordings: writing them down, and waiting until that is done."""

from __future__ import annotations

from contextlib import aclosing

from dbos import DBOS
from segue.transcriber.v1.transcriber_pb2 import AudioFileHeader, Transcription
from servicekit.faults import Conflict, Fault, from_reason

from gateway import context as desks
from gateway.clients.service_clients import Report
from gateway.files import recordings
from gateway.files.file_service import notices
from gateway.ids import derive_id
from gateway.storage.repository import JobRecord, Json, State
from gateway.workflows.progress import Span, attend


@DBOS.step(name="write_down")
async def write_down(job_id: str, recording_id: str, span: Span) -> Json:
    """Have a recording written down as MIDI, and put that aside for this job."""

    async def work(report: Report) -> Json:
        desk = desks.current()
        recording = await desk.records.file(recording_id)
        header = AudioFileHeader(name=recording.stem, byte_count=recording.byte_count)
        async with aclosing(desk.store.read(recording.key, 0, recording.byte_count)) as parts:
            heard = await desk.services.transcribe(header, parts, report)
        aside = f"work/{job_id}/transcription.mid"
        await desk.store.put(aside, heard.midi)
        return {"aside": aside, "facts": _facts(heard), "notices": notices(heard.notices)}

    return await attend(job_id, "Transcribing", span, work)


@DBOS.step(name="keep_transcription")
async def keep_transcription(job_id: str, recording_id: str, heard: Json, span: Span) -> Json:
    """Describe what was written down, and keep it as a piece, unless the recording has been deleted meanwhile."""

    async def work(_report: Report) -> Json:
        desk = desks.current()
        midi = await desk.store.get(heard["aside"])
        recording = await desk.records.file(recording_id)
        parent = {"file_id": recording_id, "title": recording.stem, "sha256": recording.sha256}
        record = await desk.pieces.describe(
            derive_id(job_id, "transcription"),
            f"{recording.stem}.mid",
            "result",
            midi,
            notices=heard["notices"],
            provenance={"method": recordings.METHOD, "parents": [parent], **heard["facts"]},
        )
        await desk.pieces.keep(record, midi)
        return {"file_id": record.file_id, "title": record.stem}

    return await attend(job_id, "Reading the notes", span, work)


@DBOS.step(name="await_transcription")
async def await_transcription(job_id: str, parent: Json, span: Span) -> Json:
    """Wait until a recording is written down, and give the piece in its place.

    Raises
    ------
    Fault
        Why it could not be written down.
    """

    async def work(report: Report) -> tuple[Json, Fault | None]:
        desk = desks.current()
        recording = await desk.records.file(parent["file_id"])
        written = {"file_id": recordings.transcription_id(recording), "title": parent["title"]}
        changes = recordings.watch(desk, recordings.job_of(recording))
        async with desk.aside(), aclosing(changes):
            async for job in changes:
                if job.is_over:
                    return written, _failure(job, parent["title"])
                report(job.progress, job.stage.partition(": ")[2])
        raise AssertionError("a watched job ends")

    written, failure = await attend(job_id, f"Transcribing {parent['title']}", span, work)
    # Raised here: what another job failed of is not tried again by this one.
    if failure is not None:
        raise failure
    return written


def _failure(job: JobRecord, title: str) -> Fault | None:
    """Say why a transcription that is over has left no piece; None if it has."""
    if job.state == State.SUCCEEDED:
        return None
    if job.error is None:
        return Conflict(f"The transcription of {title} was cancelled. Upload the recording again.")
    return from_reason(job.error["reason"], f"{title}: {job.error['detail']}", job.error.get("facts"))


def _facts(heard: Transcription) -> Json:
    """Write what is known of a transcription beside its notes."""
    return {
        "confidence": round(heard.confidence, 3),
        "tempo_confidence": round(heard.tempo_confidence, 3),
        "meter_confidence": round(heard.meter_confidence, 3),
        "start_s": round(heard.start_s, 4),
        "seconds": round(heard.duration_s, 3),
    }
