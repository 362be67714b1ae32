"""Settings of each kind of job: the fields that a client sent, without ids and seed. None where it sent none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contract.roles import RoleName

AttributeName = Literal["density", "register", "syncopation", "polyphony"]
"""An attribute that a slider moves."""

MeterPolicyName = Literal["convert", "refuse"]
"""What happens to pieces in different meters."""

IngredientName = Literal["form", "harmony", "rhythm", "contour", "bass", "texture", "groove", "sound", "feel"]
"""What a listener hears apart in a piece, and a blend takes from its parents by separate weights."""

Sliders = dict[AttributeName, float]
"""Change of each attribute, -1 (less) to 1 (more)."""


@dataclass(frozen=True)
class JobSettings:
    """Base class of all settings; a transcription has no other."""


@dataclass(frozen=True, kw_only=True)
class SectionWeight:
    """Share of the second piece in sections with a label, or between two positions, 0 to 1."""

    label: str | None = None
    start: float | None = None
    end: float | None = None
    weight: float


@dataclass(frozen=True, kw_only=True)
class BlendSettings(JobSettings):
    """How pieces are blended; the fields are those of `gateway.api.schemas.requests.BlendFields`."""

    weight: float | None = None
    weights: dict[RoleName, float] | None = None
    ingredients: dict[IngredientName, float] | None = None
    curve: list[tuple[float, float]] | None = None
    section_weights: list[SectionWeight] | None = None
    shares: list[float] | None = None
    sliders: Sliders | None = None
    role_sliders: dict[RoleName, Sliders] | None = None
    meter_policy: MeterPolicyName | None = None
    key: str | None = None
    bpm: float | None = None
    ends: Literal["model", "original"] | None = None
    temperature: float | None = None


@dataclass(frozen=True, kw_only=True)
class InterpolateSettings(JobSettings):
    """How many pieces lie on the way between two, both ends included, in which key and from which meters."""

    count: int
    meter_policy: MeterPolicyName | None = None
    key: str | None = None
    temperature: float | None = None


@dataclass(frozen=True)
class MoodSettings:
    """The requested mood; what is None is sampled."""

    valence: float | None = None
    energy: float | None = None


@dataclass(frozen=True, kw_only=True)
class GenerateSettings(JobSettings):
    """What a new piece is to be; what is None is sampled from the seed."""

    style: str | None = None
    key: str | None = None
    bpm: float | None = None
    meter: str | None = None
    bars: int | None = None
    mood: MoodSettings | None = None
    density: float | None = None
    roles: list[RoleName] | None = None
    count: int


@dataclass(frozen=True, kw_only=True)
class HybridSettings(GenerateSettings, BlendSettings):
    """How two pieces are generated, and how they are blended."""

    styles: list[str | None] | None = None
