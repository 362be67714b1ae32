"""Jobs: their states, and the pieces that they read and write."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from gateway.domain.job_settings import JobSettings
from gateway.domain.pieces import Section

JobMethod = Literal["transcribe", "vae", "gan", "hybrid", "steps"]
"""What a job does; also the name of its workflow."""

TRANSCRIBE: JobMethod = "transcribe"

SettingsT_co = TypeVar("SettingsT_co", bound=JobSettings, covariant=True)


class JobState(StrEnum):
    """State of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE_STATES = (JobState.QUEUED, JobState.RUNNING)
"""The states of a job that is not finished."""


@dataclass(frozen=True)
class Mood:
    """Valence (-1 sad to 1 happy) and energy (-1 calm to 1 lively)."""

    valence: float
    energy: float


@dataclass(frozen=True)
class GenerationInfo:
    """The parameters that a piece was generated with: those requested, and those sampled for the rest."""

    style: str
    key: str
    bpm: float
    meter: str
    bars: int
    seed: int
    mood: Mood | None = None
    density: float | None = None


@dataclass(frozen=True)
class JobPiece:
    """A piece that a job reads or writes.

    Attributes
    ----------
    file_id : str
        Id of the file.
    title : str
        Title for people.
    sections : list of Section
        Of a blend: its sections.
    generation : GenerationInfo or None
        Of a generated piece: its parameters.
    weight : float or None
        Of a piece between two others: the share of the second.
    """

    file_id: str
    title: str
    sections: list[Section] = field(default_factory=list)
    generation: Annotated[GenerationInfo | None, Field(alias="made")] = None
    weight: float | None = None


@dataclass(frozen=True)
class Job(Generic[SettingsT_co]):
    """A job as its workflow sees it. All of it follows from the request, so it is the same after a restart.

    Attributes
    ----------
    job_id : str
        Id of the job, and of its workflow.
    method : JobMethod
        What the job does.
    settings : SettingsT_co
        What the client requested.
    seed : int
        Seed of all sampling.
    parents : list of JobPiece
        The pieces to blend; empty for a job that generates.
    recording_ids : list of str
        Ids of the parents that are recordings; for a transcription, of the one recording.
    """

    job_id: str
    method: JobMethod
    settings: SettingsT_co
    seed: int
    parents: list[JobPiece]
    recording_ids: list[str]
