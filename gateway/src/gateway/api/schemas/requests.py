"""What a client may ask for: the bodies of the POST and PATCH calls, checked field by field."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from servicekit.faults import Fault, UnknownKey

from gateway import keys
from gateway.ids import SEED_LIMIT

RoleName = Literal["lead", "harmony", "bass", "drums"]
AttributeName = Literal["density", "register", "syncopation", "polyphony"]
Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Signed = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Tempo = Annotated[float, Field(ge=20, le=400, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=SEED_LIMIT)]
FileId = Annotated[str, Field(min_length=1, max_length=64)]
StyleId = Annotated[str, Field(min_length=1, max_length=64)]
Meter = Annotated[str, Field(pattern=r"^[0-9]{1,2}/[0-9]{1,2}$")]
KeyName = Annotated[str, Field(max_length=40), AfterValidator(lambda text: _key_name(text))]
TrackNumber = Annotated[str, Field(pattern=r"^[0-9]{1,5}$")]
Point = Annotated[list[Weight], Field(min_length=2, max_length=2)]
Temperature = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
Sliders = Annotated[dict[AttributeName, Signed], Field(min_length=1)]

_LACKS: dict[str, tuple[str, ...]] = {"lead": ("polyphony",), "bass": ("polyphony",), "drums": ("register",)}
"""What a role has no measure of: one voice no polyphony, drums no register."""

_SHARE_TOLERANCE = 1e-6


class Unfit(ValueError):
    """A field's value that a fault of its own kind explains."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Ask(BaseModel):
    """A body; fields that it does not know are refused, and texts are not read as numbers."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def facts(self) -> dict[str, Any]:
        """Give the fields that were asked, as JSON."""
        return self.model_dump(mode="json", exclude_none=True)


class SectionWeight(Ask):
    """The second piece's share in part of a blend: in sections by their name, or in a stretch."""

    label: Annotated[str, Field(min_length=1, max_length=8)] | None = Field(
        None, description="The first piece's sections of this name; see `/files/{file_id}/sections`.", examples=["B"]
    )
    start: Weight | None = Field(None, description="Where a stretch begins, 0 (of the blend) unless asked.")
    end: Weight | None = Field(None, description="Where it ends, 1 (of the blend) unless asked.")
    weight: Weight = Field(description="The second piece's share there.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        is_stretch = self.start is not None or self.end is not None
        if self.label is not None and is_stretch:
            raise ValueError("`label` conflicts with `start` and `end`: send one of them.")
        if self.label is None and not is_stretch:
            raise ValueError("`label`, or `start` and `end`, must say where the weight is for.")
        if is_stretch and (self.start or 0.0) >= (1.0 if self.end is None else self.end):
            raise ValueError("`end` must be greater than `start`.")
        return self


class BlendFields(Ask):
    """How two or more pieces are blended."""

    weight: Weight | None = Field(None, description="The second piece's share; 0.5 unless asked.")
    weights: dict[RoleName, Weight] | None = Field(None, description="Shares of single roles, in place of `weight`.")
    curve: Annotated[list[Point], Field(min_length=1, max_length=1024)] | None = Field(
        None, description="[position, weight] pairs, linear between them, positions rising from 0 to 1."
    )
    section_weights: Annotated[list[SectionWeight], Field(min_length=1, max_length=64)] | None = Field(
        None, description="Shares of parts of the piece, in place of `weight`; a later one wins, `weights` over all."
    )
    shares: Annotated[list[Weight], Field(min_length=2, max_length=8)] | None = Field(
        None, description="One share for each piece, sum 1; for more than two."
    )
    sliders: Sliders | None = Field(
        None, description="Less (-1) or more (1) of it, in every role that has it.", examples=[{"density": 0.5}]
    )
    role_sliders: Annotated[dict[RoleName, Sliders], Field(min_length=1)] | None = Field(
        None, description="The same for single roles, added to `sliders`.", examples=[{"lead": {"register": -0.5}}]
    )
    meter_policy: Literal["convert", "refuse"] | None = Field(
        None, description="What becomes of pieces in different meters: one is taken, with a notice, unless refused."
    )
    key: KeyName | None = Field(None, examples=["F# minor"])
    bpm: Tempo | None = Field(None, description="Quarter notes a minute.")
    ends: Literal["model", "original"] | None = Field(None, description="What weight 0 and 1 give.")
    temperature: Temperature | None = Field(None, description="Of the sampling; the service's own unless asked.")
    seed: Seed | None = Field(None, description="Drawn and reported when absent.")

    @property
    def section_labels(self) -> list[str]:
        """List the names of sections that are asked for."""
        return [each.label for each in self.section_weights or [] if each.label is not None]

    @model_validator(mode="after")
    def _one_way_of_weighing(self) -> Self:
        ways = ("weight", "weights", "section_weights", "curve", "shares")
        given = [name for name in ways if getattr(self, name) is not None]
        alone = "shares" if "shares" in given else "curve" if "curve" in given else None
        if alone and len(given) > 1:
            others = ", ".join(f"`{name}`" for name in given if name != alone)
            raise ValueError(f"`{alone}` conflicts with {others}: send one of them.")
        return self

    @model_validator(mode="after")
    def _positions_rise(self) -> Self:
        positions = [point[0] for point in self.curve or []]
        if any(later <= earlier for earlier, later in pairwise(positions)):
            raise ValueError("`curve`: each position must be greater than the one before.")
        return self

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        if self.shares is not None and abs(sum(self.shares) - 1) > _SHARE_TOLERANCE:
            raise ValueError(f"`shares` must sum to 1, not {sum(self.shares):g}.")
        return self

    @model_validator(mode="after")
    def _roles_have_what_is_moved(self) -> Self:
        for role, sliders in (self.role_sliders or {}).items():
            if lacking := [name for name in sliders if name in _LACKS.get(role, ())]:
                has = ", ".join(name for name in get_args(AttributeName) if name not in _LACKS[role])
                raise ValueError(f"`role_sliders`: there is no {lacking[0]} of {role}, but {has}.")
        return self


class BlendAsk(BlendFields):
    """The body of ``POST /generate/vae``."""

    file_ids: Annotated[list[FileId], Field(min_length=2, max_length=8)] = Field(
        description="The pieces; the same may stand twice."
    )

    @model_validator(mode="after")
    def _shares_for_many(self) -> Self:
        count = len(self.file_ids)
        if self.shares is None and count > 2:
            raise ValueError(f"`shares` is required with {count} files: one share for each, sum 1.")
        if self.shares is not None and len(self.shares) != count:
            raise ValueError(f"`shares` has {len(self.shares)} entries for {count} files: one for each is right.")
        return self


class StepsAsk(Ask):
    """The body of ``POST /generate/steps``."""

    file_ids: Annotated[list[FileId], Field(min_length=2, max_length=2)] = Field(
        description="The pieces at both ends; the same may stand twice."
    )
    count: Annotated[int, Field(ge=2, le=16)] = Field(9, description="How many pieces, both ends among them.")
    key: KeyName | None = Field(None, examples=["F# minor"])
    temperature: Temperature | None = Field(None, description="Of the sampling; the service's own unless asked.")
    seed: Seed | None = Field(None, description="Drawn and reported when absent.")


class Mood(Ask):
    """What a piece should feel like."""

    valence: Signed | None = Field(None, description="-1 (sad) to 1 (happy).")
    energy: Signed | None = Field(None, description="-1 (calm) to 1 (lively).")


class GenerateFields(Ask):
    """What a new piece should be; whatever is absent is drawn from the seed."""

    style: StyleId | None = Field(None, description="An id of `/styles`.")
    key: KeyName | None = Field(None, examples=["F# minor"])
    bpm: Tempo | None = Field(None, description="Quarter notes a minute.")
    meter: Meter | None = Field(None, description="One of the style's.", examples=["4/4"])
    bars: Annotated[int, Field(ge=8, le=64)] | None = None
    mood: Mood | None = None
    density: Signed | None = Field(None, description="-1 (sparse) to 1 (dense).")
    roles: Annotated[list[RoleName], Field(min_length=1, max_length=4)] | None = None
    seed: Seed | None = Field(None, description="Drawn and reported when absent.")
    count: Annotated[int, Field(ge=1, le=16)] = Field(1, description="Results; each has its own seed.")


class GenerateAsk(GenerateFields):
    """The body of ``POST /generate/gan``."""


class HybridAsk(GenerateFields, BlendFields):
    """The body of ``POST /generate/hybrid``: two pieces are generated and blended."""

    styles: Annotated[list[StyleId], Field(min_length=2, max_length=2)] | None = Field(
        None, description="The styles of the two pieces."
    )
    weights: dict[RoleName, Weight] | None = Field(
        None,
        description="Shares of single roles, in place of `weight`. Unless sent, harmony and bass are wholly those of "
        "the piece that `weight` is nearer to, the first at half.",
    )

    @model_validator(mode="after")
    def _one_way_of_styling(self) -> Self:
        if self.style is not None and self.styles is not None:
            raise ValueError("`style` conflicts with `styles`: send one of them.")
        if self.shares is not None and len(self.shares) != 2:
            raise ValueError(f"`shares` has {len(self.shares)} entries for two pieces.")
        return self


class RolesAsk(Ask):
    """The body of ``PATCH /files/{id}``."""

    roles: dict[TrackNumber, Literal["lead", "harmony", "bass", "drums", "none"] | None]
    """By track number; "none" leaves a track out, null takes the guess back."""


class SoundAsk(BaseModel):
    """How a piece is to sound: the query of ``/play`` and, for audio, of ``/download``."""

    model_config = ConfigDict(extra="forbid")

    roles: str | None = Field(
        None, max_length=40, description="Which roles sound, such as `lead,bass`; all by default.", examples=["drums"]
    )
    loudness: Annotated[float, Field(ge=-40, le=-10)] | None = Field(
        None, description="Of the whole piece, in LUFS; -16 by default."
    )
    gain: Annotated[float, Field(gt=0, le=10)] | None = Field(
        None, description="The synthesizer's own, in place of a loudness."
    )
    reverb: Annotated[float, Field(ge=0, le=1)] | None = Field(None, description="Its level; 0 for none.")
    chorus: Annotated[float, Field(ge=0, le=10)] | None = Field(None, description="Its level; 0 for none.")
    sample_rate: Annotated[int, AfterValidator(lambda rate: _sample_rate(rate))] | None = Field(
        None, description="22050, 44100 (the default) or 48000 frames a second."
    )
    soundfont: Annotated[str, Field(max_length=100)] | None = Field(None, description="One that is installed.")

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked, so that a recording may be given as it is."""
        return not any(getattr(self, name) is not None for name in SoundAsk.model_fields)

    @property
    def role_names(self) -> list[str]:
        """List the roles that sound; none means all."""
        return sorted({name.strip() for name in self.roles.split(",")}) if self.roles is not None else []

    @model_validator(mode="after")
    def _known_roles(self) -> Self:
        if unknown := [name for name in self.role_names if name not in get_args(RoleName)]:
            raise ValueError(f"`roles`: {unknown[0]!r} is none of {', '.join(get_args(RoleName))}.")
        return self

    @model_validator(mode="after")
    def _one_way_of_loudness(self) -> Self:
        if self.gain is not None and self.loudness is not None:
            raise ValueError("`gain` conflicts with `loudness`: send one of them.")
        return self


class PeaksAsk(SoundAsk):
    """The query of ``/files/{id}/peaks``."""

    count: Annotated[int, Field(ge=1, le=4096)] = Field(1024, description="How many parts.")


class DownloadAsk(SoundAsk):
    """The query of ``/download``."""

    format: Literal["mid", "wav", "flac", "ogg", "opus", "mp3", "original"] = Field(
        "mid", description="The file format; `original` gives a recording as it was uploaded."
    )

    @model_validator(mode="after")
    def _sound_for_sound(self) -> Self:
        if self.format in {"mid", "original"} and not self.is_plain:
            raise ValueError(f"`format={self.format}` takes no settings of sound; ask for wav, flac, ogg, opus or mp3.")
        return self

    @model_validator(mode="after")
    def _opus_has_one_rate(self) -> Self:
        if self.format == "opus" and self.sample_rate not in {None, 48000}:
            raise ValueError("`sample_rate` of Opus is 48000.")
        return self


def _sample_rate(rate: int) -> int:
    if rate not in {22050, 44100, 48000}:
        raise ValueError("22050, 44100 or 48000 is right.")
    return rate


def _key_name(text: str) -> str:
    """Give a key its usual spelling."""
    try:
        return keys.name(keys.parse(text))
    except UnknownKey as fault:
        raise Unfit(fault) from fault
