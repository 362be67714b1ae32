"""Responses: the bodies of the HTTP contract. `conversions` builds them from rows and domain types."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from contract.roles import RoleName
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gateway.domain.jobs import JobMethod
from gateway.domain.json_codec import JsonObject
from gateway.domain.pieces import GridName
from gateway.domain.provenance import BlendProvenance

Method = Literal["vae", "gan", "hybrid"]


class ResponseModel(BaseModel):
    """A response body. It has no fields beside those of the contract."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, serialize_by_alias=True)


def _is_absent(value: object) -> bool:
    """Return whether a field is left out of the response; a weight or a bar of 0 is not."""
    return value is None or value == []


class FieldError(ResponseModel):
    """One file or field that was refused."""

    name: str = Field(description="The file's or field's name; empty for the body as a whole.")
    reason: str = Field(description="Reason in UPPER_SNAKE_CASE; stable.", examples=["NO_NOTES"])
    message: str = Field(description="What was wrong, and what would be right.")


class Problem(ResponseModel):
    """A problem (RFC 9457, media type application/problem+json)."""

    type: str = Field(
        description="Path of the page that explains this kind of problem.", examples=["/problems/no-notes"]
    )
    title: str
    status: int
    detail: str = Field(description="What was wrong, and what would be right.")
    instance: str | None = Field(None, description="The path that was called.")
    reason: str = Field(description="The kind of problem, in UPPER_SNAKE_CASE; stable.", examples=["NO_NOTES"])
    request_id: str = Field(description="Id of the request in the logs of all services.")
    facts: dict[str, str | int | float] = Field({}, description="The facts of the detail, for programs.")
    errors: list[FieldError] = Field([], description="Each file or field that was refused.")


class Notice(ResponseModel):
    """What a person should know: something was shortened, merged, quantized or guessed."""

    reason: str = Field(description="Kind of notice in UPPER_SNAKE_CASE; stable.")
    message: str = Field(description="Text to show. It begins with the title of the piece, if `piece` is given.")
    piece: str | None = Field(
        None, description="Of a result: title of the piece that the notice is about.", exclude_if=_is_absent
    )
    file_id: str | None = Field(None, description="Id of that piece.", exclude_if=_is_absent)
    first_bar: int | None = Field(
        None, ge=0, description="First bar that it is about; 0 is the first of the piece.", exclude_if=_is_absent
    )
    last_bar: int | None = Field(None, ge=0, description="Last bar that it is about.", exclude_if=_is_absent)


class RunnerUpKey(ResponseModel):
    """The second most likely key."""

    name: str = Field(examples=["A major"])
    confidence: float = Field(ge=0, le=1)


class DetectedKey(ResponseModel):
    """The most likely key, and its confidence."""

    name: str = Field(description="Always major or minor.", examples=["F# minor"])
    confidence: float = Field(ge=0, le=1)
    mode: str | None = Field(None, description="The church mode, where one is clear.", examples=["dorian"])
    runner_up: RunnerUpKey | None = Field(None, description="The second most likely key.")


class LocalKey(ResponseModel):
    """A stretch of whole bars in one key."""

    name: str = Field(examples=["F# minor"])
    confidence: float = Field(ge=0, le=1)
    first_bar: int = Field(ge=0, description="Bar number; 0 is the first bar of the piece.")
    bars: int = Field(ge=1)
    start_s: float
    end_s: float


class Track(ResponseModel):
    """One track of a piece."""

    track: int = Field(ge=0, description="Track number in the file, from 0.")
    name: str
    program: int = Field(ge=0, le=127, description="General MIDI program.")
    is_drum: bool
    notes: int = Field(ge=0, description="Number of notes.")
    role: RoleName | None
    role_confidence: float = Field(ge=0, le=1)
    roles: list[RoleName] = Field(
        [], description="All roles of its notes in a blend: more than one if it is divided.", exclude_if=_is_absent
    )


class Summary(ResponseModel):
    """A summary of a piece."""

    bars: int
    seconds: float
    tempo_bpm: float = Field(description="Quarter notes per minute.")
    meter: str = Field(examples=["4/4"])
    key: DetectedKey | None
    local_keys: list[LocalKey] = Field([], description="The keys of its parts; empty if it stays in one key.")
    tracks: list[Track]
    grid: GridName = Field(description="Where beats, bars and tempo come from: the `file`, or `found` from the notes.")
    grid_confidence: float = Field(ge=0, le=1, description="Confidence in that source; 1 if a user chose it.")


class Transcription(ResponseModel):
    """The transcription of a recording: a piece of its own, and its confidences."""

    file_id: str = Field(description="The piece, as MIDI.")
    confidence: float = Field(ge=0, le=1, description="Estimated share of correct notes.")
    tempo_confidence: float = Field(ge=0, le=1)
    meter_confidence: float = Field(ge=0, le=1)
    start_s: float = Field(description="The second of the recording at which the piece begins.")
    seconds: float = Field(description="Duration of the recording.")


def _blend_source_properties() -> JsonObject:
    """Return the JSON schema of the fields of a provenance that tell which parent each part of a blend comes from."""
    properties: JsonObject = TypeAdapter(BlendProvenance).json_schema()["properties"]
    return {name: properties[name] for name in ("sources", "origins")}


class File(ResponseModel):
    """A piece, or a recording and its transcription."""

    file_id: str
    name: str
    title: str = Field(description="What people call it.")
    kind: Literal["midi", "audio", "result"]
    owner: Literal["you", "nobody", "gallery"] = Field(
        description="Whom it belongs to; what belongs to nobody can be taken into a library."
    )
    starred: bool = Field(description="Whether its owner has starred it, so that it never expires.")
    job_id: str | None = Field(description="The job that wrote it; null for an upload.")
    summary: Summary | None = Field(description="Null for a recording without a transcription.")
    notices: list[Notice]
    provenance: dict[str, Any] = Field(
        {},
        description="Of a result: its parents, seed, weights and model digests; of a blend, what came from whom.",
        json_schema_extra={"properties": _blend_source_properties()},
    )
    job: str | None = Field(None, description="Of a recording: id of the job that transcribes it.")
    transcription: Transcription | None = Field(None, description="Of a recording, once it is transcribed.")
    created_at: datetime
    expires_at: datetime | None = Field(description="Null for a piece that never expires.")


class Files(ResponseModel):
    """Files in the order of the upload."""

    files: list[File]


class PianoRollTrack(ResponseModel):
    """The notes of one track."""

    track: int
    name: str
    role: RoleName | None
    program: int
    is_drum: bool
    notes: list[tuple[float, float, int, int]] = Field(
        description="Onset in seconds, duration in seconds, MIDI pitch, velocity."
    )
    note_roles: list[RoleName | None] = Field(
        [],
        description="The role of each note of a track that is divided, such as the lead of a piano; else absent.",
        exclude_if=_is_absent,
    )


class PianoRoll(ResponseModel):
    """The notes of a piece, for a piano roll."""

    duration_s: float
    tempo_bpm: float
    bars_s: list[float] = Field(description="Onset of each bar in seconds.")
    tracks: list[PianoRollTrack]


class Peaks(ResponseModel):
    """A waveform in intervals of equal length: the lowest and the highest sample of each, -1 to 1."""

    seconds: float
    minimums: list[float]
    maximums: list[float]


class Section(ResponseModel):
    """A section of a piece: a stretch of bars that contrasts with its neighbors."""

    label: str = Field(description="A, B and so on; sections that sound alike share a label.", examples=["B"])
    first_bar: int = Field(ge=0, description="Bar number; 0 is the first bar of the piece.")
    bars: int = Field(ge=1)
    start_s: float
    end_s: float


class Sections(ResponseModel):
    """The sections of a piece, in order and without gaps."""

    sections: list[Section]


class MoodInfo(ResponseModel):
    """The mood of a generated piece."""

    valence: float = Field(description="-1 (sad) to 1 (happy).")
    energy: float = Field(description="-1 (calm) to 1 (lively).")


class GenerationInfo(ResponseModel):
    """The parameters of a generated piece: those requested, and those sampled for the rest."""

    style: str = Field(description="Id of the style in `/styles`.")
    key: str = Field(examples=["F# minor"])
    bpm: float = Field(description="Quarter notes per minute.")
    meter: str = Field(examples=["4/4"])
    bars: int
    mood: MoodInfo | None = None
    density: float | None = Field(None, description="-1 (sparse) to 1 (dense).")
    seed: int


class JobOutput(ResponseModel):
    """A piece that a job read or made, with its title."""

    file_id: str
    title: str
    sections: list[Section] = Field(
        [], description="Of a blend: its sections, with the labels of the first piece.", exclude_if=_is_absent
    )
    generation: GenerationInfo | None = Field(
        None, alias="made", description="Of a generated piece: its parameters.", exclude_if=_is_absent
    )
    weight: float | None = Field(
        None, description="Of a piece between two others: the share of the second.", exclude_if=_is_absent
    )


class Job(ResponseModel):
    """A job."""

    job_id: str
    method: JobMethod
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    stage: str = Field(description="What is being done, for people.")
    request: dict[str, Any] = Field(description="The request, with the values that were sampled or defaulted for it.")
    created_at: datetime
    results: list[JobOutput] = Field(description="The resulting pieces, in order.")
    parents: list[JobOutput] = Field(description="The pieces that are blended.")
    error: Problem | None


class Style(ResponseModel):
    """A style that can be requested."""

    id: str
    name: str
    description: str
    meters: list[str]
    roles: list[RoleName]


class Styles(ResponseModel):
    """All styles."""

    styles: list[Style]


class SoundFont(ResponseModel):
    """A SoundFont: the instruments that play a piece."""

    name: str = Field(description="The name for `soundfont` of `/play` and `/download`.")
    title: str = Field(description="Its title for people.")
    is_default: bool = Field(description="Whether it is used where none is named.")


class SoundFonts(ResponseModel):
    """All SoundFonts."""

    soundfonts: list[SoundFont]


class GalleryItem(ResponseModel):
    """A piece that Segue made, to listen to and to blend."""

    file_id: str
    title: str
    description: str
    method: Method
    styles: list[str]
    parents: list[str] = Field(description="File ids of the pieces that were blended.")
    settings: dict[str, Any] = Field(description="The request that made it.")
    seed: int


class Gallery(ResponseModel):
    """The gallery."""

    items: list[GalleryItem]


class Share(ResponseModel):
    """A link to a piece."""

    slug: str = Field(description="The last part of the link; nobody can guess it.")
    url: str = Field(description="The whole link: a light page with a player.")
    file_id: str
    created_at: datetime
    expires_at: datetime | None = Field(description="Null for a link that lasts until its owner ends it.")
    published: bool = Field(description="Whether the gallery lists the piece.")


class Shares(ResponseModel):
    """The links to a piece, the newest first."""

    shares: list[Share]


class SharedItem(ResponseModel):
    """A piece that its owner shows to everybody."""

    slug: str = Field(description="The last part of its link, `/p/{slug}`.")
    title: str
    description: str = Field(description="Kind, key, tempo, meter and length.")
    method: Method
    parents: list[str] = Field(description="Titles of the pieces that it was made from.")
    created_at: datetime = Field(description="When it was published.")


class SharedGallery(ResponseModel):
    """Published pieces, the newest first; no more than the newest hundred in all."""

    items: list[SharedItem]
    cursor: str | None = Field(description="Continues the list; null at its end.")


class Liveness(ResponseModel):
    """The gateway is running."""

    status: Literal["live"] = "live"


class Readiness(ResponseModel):
    """Whether the product can be used, and the state of each part."""

    status: Literal["ready", "starting"]
    services: dict[str, Literal["serving", "starting", "away"]]
    store: Literal["serving", "full", "away"]
    database: Literal["serving", "away"]
    gallery: Literal["filled", "filling"]
