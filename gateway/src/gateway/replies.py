"""What the gateway answers: the bodies of the HTTP contract."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.records import FileRecord, JobRecord, Json

Role = Literal["lead", "harmony", "bass", "drums"]
Method = Literal["vae", "gan", "hybrid"]


class Reply(BaseModel):
    """A body that is answered; nothing is in it that the contract does not name."""

    model_config = ConfigDict(extra="forbid")


class FieldError(Reply):
    """One file or field that was refused."""

    name: str = Field(description="The file's or field's name; empty for the body as a whole.")
    reason: str = Field(description="Why, in UPPER_SNAKE_CASE; stable.", examples=["NO_NOTES"])
    message: str = Field(description="What was wrong and what would be right.")


class Problem(Reply):
    """What went wrong (RFC 9457, media type application/problem+json)."""

    type: str = Field(description="Path of the page that explains it.", examples=["/problems/no-notes"])
    title: str
    status: int
    detail: str = Field(description="What was wrong and what would be right.")
    instance: str | None = Field(None, description="The path that was called.")
    reason: str = Field(description="The kind of problem, in UPPER_SNAKE_CASE; stable.", examples=["NO_NOTES"])
    request_id: str = Field(description="Stands in the logs of every service that took part.")
    facts: dict[str, str | int | float] = Field({}, description="What the detail says, for programs.")
    errors: list[FieldError] = Field([], description="Each file or field that was refused.")


class Notice(Reply):
    """Something that was cut, merged, quantised or guessed."""

    reason: str = Field(description="What kind, in UPPER_SNAKE_CASE; stable.")
    message: str


class KeyGuess(Reply):
    """A key, and how sure it is."""

    name: str = Field(description="Always major or minor.", examples=["F# minor"])
    confidence: float = Field(ge=0, le=1)
    mode: str | None = Field(None, description="The church mode, where one is clear.", examples=["dorian"])


class Track(Reply):
    """One track of a piece."""

    track: int = Field(ge=0, description="Its number in the file, 0 first.")
    name: str
    program: int = Field(ge=0, le=127, description="General MIDI program.")
    is_drum: bool
    notes: int = Field(ge=0, description="How many.")
    role: Role | None
    role_confidence: float = Field(ge=0, le=1)


class Summary(Reply):
    """What a piece is."""

    bars: int
    seconds: float
    tempo_bpm: float = Field(description="Quarter notes a minute.")
    meter: str = Field(examples=["4/4"])
    key: KeyGuess | None
    tracks: list[Track]


class File(Reply):
    """A piece."""

    file_id: str
    name: str
    kind: Literal["midi", "audio", "result"]
    summary: Summary
    notices: list[Notice]
    provenance: dict[str, Any] = Field({}, description="Of a result: parents, seed, weights, model digests.")
    created_at: datetime
    expires_at: datetime | None = Field(description="Null for a piece that stays.")


class Files(Reply):
    """Pieces."""

    files: list[File]


class RollTrack(Reply):
    """One track's notes."""

    track: int
    name: str
    role: Role | None
    program: int
    is_drum: bool
    notes: list[tuple[float, float, int, int]] = Field(
        description="Onset in seconds, duration in seconds, MIDI pitch, velocity."
    )


class Notes(Reply):
    """A piece's notes, for a piano roll."""

    duration_s: float
    tempo_bpm: float
    bars_s: list[float] = Field(description="Where each bar begins, in seconds.")
    tracks: list[RollTrack]


class Titled(Reply):
    """A file and what it is called."""

    file_id: str
    title: str


class Job(Reply):
    """A piece of work."""

    job_id: str
    method: Method
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    stage: str = Field(description="What is being done, in a few words.")
    request: dict[str, Any] = Field(description="The request, with what was drawn for it.")
    created_at: datetime
    results: list[Titled] = Field(description="The first is the answer.")
    parents: list[Titled] = Field(description="The pieces that were blended.")
    error: Problem | None


class Style(Reply):
    """A style that can be asked for."""

    id: str
    name: str
    description: str
    meters: list[str]
    roles: list[Role]


class Styles(Reply):
    """Every style."""

    styles: list[Style]


class GalleryItem(Reply):
    """A piece that Segue made, to hear and to blend."""

    file_id: str
    title: str
    description: str
    method: Method
    styles: list[str]
    parents: list[str] = Field(description="File ids of the pieces that were blended.")
    settings: dict[str, Any] = Field(description="What it was asked with.")
    seed: int


class Gallery(Reply):
    """The gallery."""

    items: list[GalleryItem]


class Live(Reply):
    """The gateway runs."""

    status: Literal["live"] = "live"


class Ready(Reply):
    """Whether the product can be used, and the state of each part."""

    status: Literal["ready", "starting"]
    services: dict[str, Literal["serving", "starting", "away"]]
    store: Literal["serving", "full", "away"]
    database: Literal["serving", "away"]
    gallery: Literal["filled", "filling"]


def file(record: FileRecord) -> File:
    """Write a file's row as the contract has it."""
    return File(
        file_id=record.file_id,
        name=record.name,
        kind=record.kind,  # type: ignore[arg-type]  # checked by pydantic
        summary=Summary.model_validate(record.summary),
        notices=[Notice.model_validate(notice) for notice in record.notices],
        provenance=record.provenance,
        created_at=_time(record.created_at_s),
        expires_at=None if record.expires_at_s is None else _time(record.expires_at_s),
    )


def job(record: JobRecord) -> Job:
    """Write a job's row as the contract has it."""
    return Job(
        job_id=record.job_id,
        method=record.method,  # type: ignore[arg-type]  # checked by pydantic
        state=record.state.value,
        progress=record.progress,
        stage=record.stage,
        request=record.request,
        created_at=_time(record.created_at_s),
        results=_titled(record.results),
        parents=_titled(record.parents),
        error=None if record.error is None else Problem.model_validate(record.error),
    )


def _titled(entries: list[Json]) -> list[Titled]:
    return [Titled.model_validate(entry) for entry in entries]


def _time(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
