"""What the gateway answers: the bodies of the HTTP contract."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.storage.repository import FileRecord, JobRecord, Json

Role = Literal["lead", "harmony", "bass", "drums"]
Method = Literal["vae", "gan", "hybrid"]
JobMethod = Literal["transcribe", "vae", "gan", "hybrid", "steps"]


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


class RunnerUp(Reply):
    """The key that would be named if the first were ruled out."""

    name: str = Field(examples=["A major"])
    confidence: float = Field(ge=0, le=1)


class KeyGuess(Reply):
    """A key, and how sure it is."""

    name: str = Field(description="Always major or minor.", examples=["F# minor"])
    confidence: float = Field(ge=0, le=1)
    mode: str | None = Field(None, description="The church mode, where one is clear.", examples=["dorian"])
    runner_up: RunnerUp | None = Field(None, description="The next likely key.")


class LocalKey(Reply):
    """A stretch of whole bars in one key."""

    name: str = Field(examples=["F# minor"])
    confidence: float = Field(ge=0, le=1)
    first_bar: int = Field(ge=0, description="0 for the piece's first.")
    bars: int = Field(ge=1)
    start_s: float
    end_s: float


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
    local_keys: list[LocalKey] = Field([], description="The keys it passes through; empty where it stays in one.")
    tracks: list[Track]


class Transcription(Reply):
    """What was written down from a recording: a piece of its own, and how sure it is."""

    file_id: str = Field(description="The piece, as MIDI.")
    confidence: float = Field(ge=0, le=1, description="The estimated share of its notes that are right.")
    tempo_confidence: float = Field(ge=0, le=1)
    meter_confidence: float = Field(ge=0, le=1)
    start_s: float = Field(description="The second of the recording at which the piece begins.")
    seconds: float = Field(description="Of the recording.")


class File(Reply):
    """A piece, or a recording and what was written down from it."""

    file_id: str
    name: str
    kind: Literal["midi", "audio", "result"]
    summary: Summary | None = Field(description="Null for a recording that is not written down.")
    notices: list[Notice]
    provenance: dict[str, Any] = Field({}, description="Of a result: parents, seed, weights, model digests.")
    job: str | None = Field(None, description="Of a recording: id of the job that writes it down.")
    transcription: Transcription | None = Field(None, description="Of a recording, once it is written down.")
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


class Peaks(Reply):
    """A piece's waveform in parts of the same length: the lowest and the highest sample of each, -1 to 1."""

    seconds: float
    minimums: list[float]
    maximums: list[float]


class Section(Reply):
    """A stretch of a piece that sounds unlike what stands before and after it."""

    label: str = Field(description="A, B and so on; sections that sound alike share one.", examples=["B"])
    first_bar: int = Field(ge=0, description="0 for the piece's first.")
    bars: int = Field(ge=1)
    start_s: float
    end_s: float


class Sections(Reply):
    """The sections of a piece, in order and without gaps."""

    sections: list[Section]


class MoodTold(Reply):
    """What a piece was made to feel like."""

    valence: float = Field(description="-1 (sad) to 1 (happy).")
    energy: float = Field(description="-1 (calm) to 1 (lively).")


class Made(Reply):
    """What a generated piece was made with: what was asked for, and what was drawn for the rest."""

    style: str = Field(description="Its id in `/styles`.")
    key: str = Field(examples=["F# minor"])
    bpm: float = Field(description="Quarter notes a minute.")
    meter: str = Field(examples=["4/4"])
    bars: int
    mood: MoodTold | None = None
    density: float | None = Field(None, description="-1 (sparse) to 1 (dense).")
    seed: int


def _is_absent(value: object) -> bool:
    """Tell what is left out of an answer; a weight of 0 is not."""
    return value is None or value == []


class Titled(Reply):
    """A file, what it is called, and what came of the request in it."""

    file_id: str
    title: str
    sections: list[Section] = Field(
        [], description="Of a blend: its sections, by the names of the first piece's.", exclude_if=_is_absent
    )
    made: Made | None = Field(None, description="Of a generated piece.", exclude_if=_is_absent)
    weight: float | None = Field(None, description="Of a step: the second piece's share.", exclude_if=_is_absent)


class Job(Reply):
    """A piece of work."""

    job_id: str
    method: JobMethod
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
        summary=None if record.summary is None else Summary.model_validate(record.summary),
        notices=[Notice.model_validate(notice) for notice in record.notices],
        provenance=record.provenance,
        job=None,
        transcription=None,
        created_at=_time(record.created_at_s),
        expires_at=None if record.expires_at_s is None else _time(record.expires_at_s),
    )


def recording(record: FileRecord, job_id: str, written: FileRecord | None) -> File:
    """Write a recording's row as the contract has it, with what was written down from it."""
    told = file(record).model_copy(update={"job": job_id, "provenance": {}})
    if written is None:
        return told
    piece = file(written)
    facts = {name: written.provenance[name] for name in Transcription.model_fields if name != "file_id"}
    transcription = Transcription(file_id=written.file_id, **facts)
    return told.model_copy(update={"summary": piece.summary, "notices": piece.notices, "transcription": transcription})


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
