"""Converts rows and domain types to response models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from contract import roles
from segue.gan.v1 import gan_pb2
from segue.renderer.v1 import renderer_pb2
from segue.transposer.v1 import transposer_pb2

from gateway.api.schemas import batches as batch_schemas
from gateway.api.schemas import responses
from gateway.batches.batch_service import Batch, BatchState
from gateway.context import AppContext
from gateway.domain.jobs import JobPiece
from gateway.domain.json_codec import from_json
from gateway.domain.pieces import Notice, Section
from gateway.domain.problem import Problem
from gateway.domain.provenance import TranscriptionFigures
from gateway.files import recordings
from gateway.gallery.catalog import GalleryPiece
from gateway.readiness import ReadinessReport
from gateway.sharing.description import describe
from gateway.sharing.share_service import PUBLISHED_METHODS, method_of
from gateway.sharing.texts import LANGUAGES
from gateway.storage.batches import BatchCounts, BatchRow
from gateway.storage.rows import FileRow, JobRow
from gateway.storage.shares import ShareRow


async def to_file_or_recording(context: AppContext, row: FileRow) -> responses.File:
    """Convert a file's row; that of a recording with its transcription."""
    if not row.is_recording:
        return to_file(row)
    return to_recording(row, await recordings.find_transcription(context, row))


def to_file(row: FileRow) -> responses.File:
    """Convert a piece's row."""
    return responses.File(
        file_id=row.file_id,
        name=row.name,
        title=row.shown_title,
        kind=row.kind,
        owner=_owner(row),
        starred=row.starred,
        job_id=row.job_id,
        summary=None if row.summary is None else responses.Summary.model_validate(row.summary),
        notices=[_to_notice(notice) for notice in row.notices],
        provenance=row.provenance,
        job=None,
        transcription=None,
        created_at=to_datetime(row.created_at_s),
        expires_at=None if row.expires_at_s is None else to_datetime(row.expires_at_s),
    )


def to_recording(row: FileRow, transcription: FileRow | None) -> responses.File:
    """Convert a recording's row; summary and notices are those of its transcription."""
    changes = {"job": recordings.transcription_job_id(row), "provenance": {}}
    recording = to_file(row).model_copy(update=changes)
    if transcription is None:
        return recording
    piece = to_file(transcription)
    figures = from_json(TranscriptionFigures, transcription.provenance)
    details = responses.Transcription(file_id=transcription.file_id, **vars(figures))
    return recording.model_copy(update={"summary": piece.summary, "notices": piece.notices, "transcription": details})


def to_piano_roll(inspection: transposer_pb2.InspectResponse) -> responses.PianoRoll:
    """Convert the notes of an inspected piece."""
    return responses.PianoRoll(
        duration_s=inspection.duration_s,
        tempo_bpm=inspection.tempo_bpm,
        bars_s=list(inspection.bar_onsets_s),
        tracks=[_to_piano_roll_track(track) for track in inspection.tracks],
    )


def to_sections(sections: Sequence[Section]) -> responses.Sections:
    """Convert the sections of a piece."""
    return responses.Sections(sections=[responses.Section.model_validate(section) for section in sections])


def to_job(row: JobRow) -> responses.Job:
    """Convert a job's row."""
    return responses.Job(
        job_id=row.job_id,
        method=row.method,
        state=row.state.value,
        progress=row.progress,
        stage=row.stage,
        request=row.request,
        created_at=to_datetime(row.created_at_s),
        results=[_to_job_output(piece) for piece in row.results],
        parents=[_to_job_output(piece) for piece in row.parents],
        error=None if row.error is None else to_problem_body(row.error),
    )


def to_batch(batch: Batch) -> batch_schemas.Batch:
    """Convert a batch with its jobs."""
    return batch_schemas.Batch(
        batch_id=batch.row.batch_id,
        title=batch.row.title,
        state=batch.state,
        created_at=to_datetime(batch.row.created_at_s),
        items=[batch_schemas.BatchItem(index=index, job=to_job(job)) for index, job in enumerate(batch.jobs)],
    )


def to_batch_summary(row: BatchRow, counts: BatchCounts) -> batch_schemas.BatchSummary:
    """Convert a batch in a list."""
    state: BatchState = "stopped" if row.stopped_at_s is not None else "running" if counts.n_active else "finished"
    return batch_schemas.BatchSummary(
        batch_id=row.batch_id,
        title=row.title,
        state=state,
        created_at=to_datetime(row.created_at_s),
        n_items=counts.n_items,
        n_succeeded=counts.n_succeeded,
    )


def to_problem_body(problem: Problem) -> responses.Problem:
    """Convert a problem."""
    return responses.Problem.model_validate(problem)


def to_style(style: gan_pb2.Style) -> responses.Style:
    """Convert a style of the gan service."""
    return responses.Style(
        id=style.style_id,
        name=style.name,
        description=style.description,
        meters=list(style.meters),
        roles=[name for name in roles.ROLE_NAMES if roles.to_proto(name) in style.roles],
    )


def to_soundfont(soundfont: renderer_pb2.SoundFont) -> responses.SoundFont:
    """Convert a SoundFont of the renderer."""
    return responses.SoundFont(
        name=soundfont.name, title=soundfont.title or soundfont.name, is_default=soundfont.is_default
    )


def to_gallery_item(piece: GalleryPiece) -> responses.GalleryItem:
    """Convert a piece of the gallery."""
    spec = piece.spec
    return responses.GalleryItem(
        file_id=piece.file_id,
        title=spec.title,
        description=spec.description,
        method=spec.method,
        styles=spec.styles,
        parents=piece.parent_file_ids,
        settings=spec.settings,
        seed=spec.seed,
    )


def to_share(share: ShareRow, url: str) -> responses.Share:
    """Convert a share; `url` is its whole address."""
    return responses.Share(
        slug=share.slug,
        url=url,
        file_id=share.file_id,
        created_at=to_datetime(share.created_at_s),
        expires_at=None if share.expires_at_s is None else to_datetime(share.expires_at_s),
        published=share.published,
    )


def to_shared_item(share: ShareRow, row: FileRow) -> responses.SharedItem:
    """Convert a published share and its file."""
    description = describe(row, row, LANGUAGES["en"])
    return responses.SharedItem(
        slug=share.slug,
        title=description.title,
        description=description.caption,
        method=PUBLISHED_METHODS[method_of(row)],
        parents=[title for title, _ in description.parents],
        created_at=to_datetime(share.created_at_s),
    )


def to_readiness(report: ReadinessReport) -> responses.Readiness:
    """Convert the state of all parts."""
    return responses.Readiness(
        status="ready" if report.is_ready else "starting",
        services=report.services,
        store=report.store,
        database=report.database,
        gallery="filled" if report.is_gallery_loaded else "filling",
    )


def _owner(row: FileRow) -> Literal["you", "nobody", "gallery"]:
    """Return whom a file belongs to, for the one who may read it."""
    if row.owner_id is not None:
        return "you"
    return "gallery" if "gallery" in row.provenance else "nobody"


def _to_notice(notice: Notice) -> responses.Notice:
    message = notice.message if notice.piece is None else f"{notice.piece}: {notice.message}"
    return responses.Notice(**{**vars(notice), "message": message})


def _to_job_output(piece: JobPiece) -> responses.JobOutput:
    generation = piece.generation
    return responses.JobOutput(
        file_id=piece.file_id,
        title=piece.title,
        sections=to_sections(piece.sections).sections,
        made=None if generation is None else responses.GenerationInfo.model_validate(generation),
        weight=piece.weight,
    )


def _to_piano_roll_track(track: transposer_pb2.TrackInfo) -> responses.PianoRollTrack:
    note_roles = [roles.name_or_none(note.role) for note in track.notes]
    return responses.PianoRollTrack(
        track=track.track,
        name=track.name,
        role=roles.name_or_none(track.role),
        program=track.program,
        is_drum=track.is_drum,
        notes=[(round(note.onset_s, 4), round(note.duration_s, 4), note.pitch, note.velocity) for note in track.notes],
        note_roles=note_roles if any(note_roles) else [],
    )


def to_datetime(time_s: float) -> datetime:
    """Return a time in seconds since the epoch as a date and time in UTC."""
    return datetime.fromtimestamp(time_s, UTC)
