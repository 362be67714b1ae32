"""Provenance: how each kind of file was made. The JSON column of the same name has it, and HTTP shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from gateway.domain.job_settings import IngredientName
from gateway.domain.jobs import JobMethod, Mood
from gateway.domain.json_codec import JsonObject
from gateway.domain.pieces import Section

Sources = Annotated[
    dict[IngredientName, list[int]],
    Field(
        description="Of a blend: where each ingredient comes from. One number for each bar: the parent that leads it "
        "there, counted from 1; 0 where it rests; the number of parents plus 1 where a model decoded it between them.",
        examples=[{"rhythm": [1, 1, 2, 0]}],
    ),
]
Origins = Annotated[
    list[list[int]],
    Field(
        description="Of a blend: for each parent, the number of its bar, counted from 0 in the meter of the blend, "
        "that meets the others' in each bar.",
        examples=[[[0, 1, 2, 3], [8, 9, 8, 9]]],
    ),
]


@dataclass(frozen=True)
class ParentFile:
    """A file that another was made from."""

    file_id: str
    title: str
    sha256: str


@dataclass(frozen=True)
class RecordingProvenance:
    """Of an uploaded recording.

    Attributes
    ----------
    job_id : str
        The job that transcribes it.
    media_type : str
        Its media type, such as "audio/flac".
    """

    job_id: Annotated[str, Field(alias="job")]
    media_type: str


@dataclass(frozen=True)
class TranscriptionFigures:
    """Confidences of a transcription, 0 to 1.

    Attributes
    ----------
    start_s : float
        The second of the recording at which the piece begins.
    seconds : float
        Length of the recording.
    """

    confidence: float
    tempo_confidence: float
    meter_confidence: float
    start_s: float
    seconds: float


@dataclass(frozen=True)
class TranscriptionProvenance:
    """Of a piece that was transcribed from a recording."""

    method: JobMethod
    parents: list[ParentFile]
    confidence: float
    tempo_confidence: float
    meter_confidence: float
    start_s: float
    seconds: float


@dataclass(frozen=True)
class BlendProvenance:
    """Of a blend. `key` is None where only drums sound; a single parent's reconstruction has no sources and origins."""

    method: JobMethod
    parents: list[ParentFile]
    settings: JsonObject
    seed: int
    key: str | None
    bars: int
    sections: list[Section]
    model_digests: dict[str, str]
    sources: Sources = field(default_factory=dict)
    origins: Origins = field(default_factory=list)


@dataclass(frozen=True)
class InterpolationProvenance:
    """Of one of several pieces between two; `weight` is the share of the second."""

    method: JobMethod
    parents: list[ParentFile]
    settings: JsonObject
    seed: int
    key: str | None
    weight: float


@dataclass(frozen=True, kw_only=True)
class GenerationProvenance:
    """Of a generated piece: the request, and the fields of `GenerationInfo`."""

    method: Literal["gan"]
    parents: list[ParentFile]
    settings: JsonObject
    style: str
    key: str
    bpm: float
    meter: str
    bars: int
    seed: int
    mood: Mood | None = None
    density: float | None = None
    critic_score: float
    model_digests: dict[str, str]


@dataclass(frozen=True)
class GalleryParent:
    """A piece of the gallery that another was made from."""

    file_id: str
    title: str


@dataclass(frozen=True)
class GalleryProvenance:
    """Of a piece of the gallery; `gallery` is its id there."""

    method: JobMethod
    parents: list[GalleryParent]
    settings: JsonObject
    seed: int
    gallery: str


Provenance = (
    RecordingProvenance
    | TranscriptionProvenance
    | BlendProvenance
    | InterpolationProvenance
    | GenerationProvenance
    | GalleryProvenance
)
