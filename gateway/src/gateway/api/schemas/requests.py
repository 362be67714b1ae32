"""Requests: the bodies of POST and PATCH calls and the query parameters, validated field by field."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self, get_args

from contract.roles import RoleName
from pydantic import Field, model_validator

from gateway.api.schemas.fields import (
    CurvePoint,
    FileId,
    KeyName,
    Meter,
    RequestModel,
    Seed,
    Signed,
    Sliders,
    StyleId,
    Temperature,
    Tempo,
    TrackNumber,
    Weight,
)
from gateway.domain.job_settings import AttributeName, MeterPolicyName
from gateway.domain.pieces import GridName

_UNSUPPORTED_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "lead": ("polyphony",),
    "bass": ("polyphony",),
    "drums": ("register",),
}
"""Attributes that a role does not have: a monophonic role has no polyphony, drums have no register."""

_EXCLUSIVE_WEIGHTS: dict[str, tuple[str, ...]] = {
    "shares": ("weight", "weights", "section_weights", "ingredients", "curve"),
    "curve": ("weight", "weights", "section_weights"),
}
"""The fields that each of these replaces."""

_SHARE_TOLERANCE = 1e-6

_METER_POLICY = (
    "For pieces in different meters: convert them to one, with a notice, or refuse them. If absent, they are "
    "converted, and irregular meters (5/4, 7/8) are refused; `convert` converts those too."
)


class SectionWeight(RequestModel):
    """Share of the second piece in part of a blend: in sections with a label, or between two positions."""

    label: Annotated[str, Field(min_length=1, max_length=8)] | None = Field(
        None,
        description="Sections of the first piece with this label; see `/files/{file_id}/sections`.",
        examples=["B"],
    )
    start: Weight | None = Field(None, description="Where the part begins; default 0, the start of the blend.")
    end: Weight | None = Field(None, description="Where the part ends; default 1, the end of the blend.")
    weight: Weight = Field(description="Share of the second piece in this part.")

    @model_validator(mode="after")
    def _check_one_position(self) -> Self:
        has_range = self.start is not None or self.end is not None
        if self.label is not None and has_range:
            raise ValueError("`label` conflicts with `start` and `end`: send one of them.")
        if self.label is None and not has_range:
            raise ValueError("`label`, or `start` and `end`, is required.")
        if has_range and (self.start or 0.0) >= (1.0 if self.end is None else self.end):
            raise ValueError("`end` must be greater than `start`.")
        return self


class IngredientWeights(RequestModel):
    """Shares of the second piece in single ingredients: what a listener hears apart."""

    form: Weight | None = Field(None, description="The order of the phrases, what returns, and the length.")
    harmony: Weight | None = Field(None, description="The chords.")
    rhythm: Weight | None = Field(None, description="The onsets and durations of the lead.")
    contour: Weight | None = Field(None, description="The pitches of the lead.")
    bass: Weight | None = Field(None, description="The bass line.")
    texture: Weight | None = Field(None, description="How the accompaniment plays the chords.")
    groove: Weight | None = Field(None, description="The drums.")
    sound: Weight | None = Field(None, description="The instruments.")
    feel: Weight | None = Field(None, description="Tempo, dynamics, and timing off the grid.")


class BlendFields(RequestModel):
    """How two or more pieces are blended."""

    weight: Weight | None = Field(None, description="Share of the second piece; default 0.5.")
    weights: dict[RoleName, Weight] | None = Field(None, description="Shares of single roles, instead of `weight`.")
    ingredients: IngredientWeights | None = Field(
        None,
        description="Shares of single ingredients, which override `weight`, `weights`, `section_weights` and `curve`. "
        "Two pieces only.",
        examples=[{"form": 0.0, "rhythm": 1.0}],
    )
    curve: Annotated[list[CurvePoint], Field(min_length=1, max_length=1024)] | None = Field(
        None, description="[position, weight] pairs with linear interpolation; positions increase from 0 to 1."
    )
    section_weights: Annotated[list[SectionWeight], Field(min_length=1, max_length=64)] | None = Field(
        None,
        description="Shares of parts of the piece, instead of `weight`. Later entries override earlier ones, and "
        "`weights` overrides all.",
    )
    shares: Annotated[list[Weight], Field(min_length=2, max_length=8)] | None = Field(
        None, description="One share for each piece, sum 1; required for more than two pieces."
    )
    sliders: Sliders | None = Field(
        None,
        description="Less (-1) or more (1) of an attribute, evenly, in every role that has it; 0 changes nothing.",
        examples=[{"density": 0.5}],
    )
    role_sliders: Annotated[dict[RoleName, Sliders], Field(min_length=1)] | None = Field(
        None, description="The same for single roles, added to `sliders`.", examples=[{"lead": {"register": -0.5}}]
    )
    meter_policy: MeterPolicyName | None = Field(None, description=_METER_POLICY)
    key: KeyName | None = Field(None, examples=["F# minor"])
    bpm: Tempo | None = Field(None, description="Quarter notes a minute.")
    ends: Literal["model", "original"] | None = Field(
        None, description="What weights 0 and 1 give: the model's reconstruction (default), or the original notes."
    )
    temperature: Temperature | None = Field(None, description="Sampling temperature; default: chosen by the service.")
    seed: Seed | None = Field(None, description="Seed of all sampling; if absent it is random, and reported.")

    @property
    def section_labels(self) -> list[str]:
        """The labels of the sections that have weights."""
        return [each.label for each in self.section_weights or [] if each.label is not None]

    @model_validator(mode="after")
    def _check_exclusive_weights(self) -> Self:
        for exclusive, conflicting in _EXCLUSIVE_WEIGHTS.items():
            present = [name for name in conflicting if getattr(self, name) is not None]
            if getattr(self, exclusive) is not None and present:
                others = ", ".join(f"`{name}`" for name in present)
                raise ValueError(f"`{exclusive}` conflicts with {others}: send one of them.")
        return self

    @model_validator(mode="after")
    def _check_positions(self) -> Self:
        positions = [point[0] for point in self.curve or []]
        if any(later <= earlier for earlier, later in pairwise(positions)):
            raise ValueError("`curve`: each position must be greater than the one before.")
        return self

    @model_validator(mode="after")
    def _check_sum_of_shares(self) -> Self:
        if self.shares is not None and abs(sum(self.shares) - 1) > _SHARE_TOLERANCE:
            raise ValueError(f"`shares` must sum to 1, not {sum(self.shares):g}.")
        return self

    @model_validator(mode="after")
    def _check_role_attributes(self) -> Self:
        for role, sliders in (self.role_sliders or {}).items():
            if unsupported := [name for name in sliders if name in _UNSUPPORTED_ATTRIBUTES.get(role, ())]:
                has = ", ".join(name for name in get_args(AttributeName) if name not in _UNSUPPORTED_ATTRIBUTES[role])
                raise ValueError(f"`role_sliders`: {role} has no {unsupported[0]}; it has {has}.")
        return self


class BlendRequest(BlendFields):
    """The body of ``POST /generate/vae``."""

    file_ids: Annotated[list[FileId], Field(min_length=2, max_length=8)] = Field(
        description="The pieces; the same id may appear twice."
    )

    @model_validator(mode="after")
    def _check_n_shares(self) -> Self:
        n_files = len(self.file_ids)
        if self.shares is None and n_files > 2:
            raise ValueError(f"`shares` is required with {n_files} files: one share for each, sum 1.")
        if self.shares is not None and len(self.shares) != n_files:
            raise ValueError(f"`shares` has {len(self.shares)} entries for {n_files} files: send one for each.")
        return self


class InterpolateRequest(RequestModel):
    """The body of ``POST /generate/steps``."""

    file_ids: Annotated[list[FileId], Field(min_length=2, max_length=2)] = Field(
        description="The first and the last piece; the same id may appear twice."
    )
    count: Annotated[int, Field(ge=2, le=16)] = Field(
        9, description="Number of pieces, including the first and the last."
    )
    meter_policy: MeterPolicyName | None = Field(None, description=_METER_POLICY)
    key: KeyName | None = Field(None, examples=["F# minor"])
    temperature: Temperature | None = Field(None, description="Sampling temperature; default: chosen by the service.")
    seed: Seed | None = Field(None, description="Seed of all sampling; if absent it is random, and reported.")


class Mood(RequestModel):
    """The mood of a piece."""

    valence: Signed | None = Field(None, description="-1 (sad) to 1 (happy).")
    energy: Signed | None = Field(None, description="-1 (calm) to 1 (lively).")


class GenerateFields(RequestModel):
    """What a new piece is to be; what is absent is sampled from the seed."""

    style: StyleId | None = Field(None, description="An id of `/styles`.")
    key: KeyName | None = Field(None, examples=["F# minor"])
    bpm: Tempo | None = Field(None, description="Quarter notes a minute.")
    meter: Meter | None = Field(None, description="One of the meters of the style.", examples=["4/4"])
    bars: Annotated[int, Field(ge=8, le=64)] | None = None
    mood: Mood | None = None
    density: Signed | None = Field(None, description="-1 (sparse) to 1 (dense).")
    roles: Annotated[list[RoleName], Field(min_length=1, max_length=4)] | None = None
    seed: Seed | None = Field(None, description="Seed of all sampling; if absent it is random, and reported.")
    count: Annotated[int, Field(ge=1, le=16)] = Field(1, description="Number of results; each has its own seed.")


class GenerateRequest(GenerateFields):
    """The body of ``POST /generate/gan``."""


class HybridRequest(GenerateFields, BlendFields):
    """The body of ``POST /generate/hybrid``: two pieces are generated and blended."""

    styles: Annotated[list[StyleId | None], Field(min_length=2, max_length=2)] | None = Field(
        None, description="The styles of the two pieces; null leaves a style to the seed.", examples=[["funk", None]]
    )

    @model_validator(mode="after")
    def _check_exclusive_styles(self) -> Self:
        if self.style is not None and self.styles is not None:
            raise ValueError("`style` conflicts with `styles`: send one of them.")
        if self.shares is not None and len(self.shares) != 2:
            raise ValueError(f"`shares` has {len(self.shares)} entries for two pieces.")
        return self


class FileChanges(RequestModel):
    """The body of ``PATCH /files/{id}``."""

    roles: dict[TrackNumber, Literal["lead", "harmony", "bass", "drums", "none"] | None] = Field(
        default_factory=dict,
        description='Role by track number; "none" leaves the track out, null restores the detected role.',
    )
    grid: GridName | None = Field(
        None,
        description="Where beats, bars and tempo come from: the `file`, or `found` from the notes of a piece that was "
        "played freely. If absent, it stays as it is.",
    )
    name: Annotated[str, Field(max_length=100_000)] | None = Field(
        None,
        description="The title, one line of up to 120 characters, which is the name of the downloads too. If absent, "
        "it stays as it is.",
    )
    starred: bool | None = Field(
        None, description="Whether the piece is starred: it never expires. If absent, it stays as it is."
    )

    @property
    def changes_music(self) -> bool:
        """Whether roles or beats change, so that the piece has to be described again."""
        return bool({"roles", "grid"} & self.model_fields_set)

    @model_validator(mode="after")
    def _check_any_change(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("`roles`, `grid`, `name` or `starred` is required.")
        return self


class ShareRequest(RequestModel):
    """The body of ``POST /files/{id}/share``."""

    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        None, description="Days until the link ends; null for a link that lasts until its owner ends it."
    )
    published: bool = Field(False, description="Whether the gallery lists the piece.")
