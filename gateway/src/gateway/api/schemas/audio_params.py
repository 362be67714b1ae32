"""Query parameters of the calls that give sound, validated field by field."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, get_args

from contract.roles import RoleName
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.api.schemas.fields import SampleRate
from gateway.audio.render_spec import RenderOptions

_LEVEL = rf" *(?:{'|'.join(get_args(RoleName))}) *: *(?:[01]?\.\d{{1,4}}|[01]\.?|2\.?0*) *"
_LEVELS = re.compile(f"{_LEVEL}(?:,{_LEVEL})*")


class RenderParams(BaseModel):
    """How a piece is rendered: the query of ``/play`` and, for audio, of ``/download``."""

    model_config = ConfigDict(extra="forbid")

    roles: str | None = Field(
        None, max_length=40, description="The roles to render, such as `lead,bass`; default: all.", examples=["drums"]
    )
    loudness: Annotated[float, Field(ge=-40, le=-10)] | None = Field(
        None, description="Loudness of the whole piece in LUFS; default -16."
    )
    gain: Annotated[float, Field(gt=0, le=10)] | None = Field(
        None, description="Gain of the synthesizer, instead of a loudness."
    )
    reverb: Annotated[float, Field(ge=0, le=1)] | None = Field(None, description="Level; 0 for none.")
    chorus: Annotated[float, Field(ge=0, le=10)] | None = Field(None, description="Level; 0 for none.")
    sample_rate: SampleRate | None = Field(None, description="In Hz: 22050, 44100 (the default) or 48000.")
    soundfont: Annotated[str, Field(max_length=100)] | None = Field(None, description="Name of an installed SoundFont.")
    levels: str | None = Field(
        None,
        max_length=80,
        description="Levels of roles, as factors of the amplitude from 0 to 2; 1 for the others.",
        examples=["lead:0.8,drums:0"],
    )

    @property
    def is_plain(self) -> bool:
        """Whether no parameter is set, so that a recording may be sent as it is."""
        return not any(getattr(self, name) is not None for name in RenderParams.model_fields)

    @property
    def role_names(self) -> list[str]:
        """The roles to render; empty for all."""
        return sorted({name.strip() for name in self.roles.split(",")}) if self.roles is not None else []

    def to_options(self) -> RenderOptions:
        """Return the parameters for `gateway.audio.render_spec.build_render_spec`."""
        return RenderOptions(
            loudness=self.loudness,
            gain=self.gain,
            reverb=self.reverb,
            chorus=self.chorus,
            sample_rate=self.sample_rate,
            soundfont=self.soundfont,
            role_names=tuple(self.role_names),
            levels=self.role_levels,
        )

    @property
    def role_levels(self) -> tuple[tuple[str, float], ...]:
        """The levels other than 1, sorted by role."""
        entries = [entry.partition(":") for entry in (self.levels or "").split(",") if entry]
        levels = {name.strip(): float(level) for name, _, level in entries}
        return tuple((name, levels[name]) for name in sorted(levels) if levels[name] != 1.0)

    @model_validator(mode="after")
    def _check_levels(self) -> Self:
        if self.levels is not None and not _LEVELS.fullmatch(self.levels):
            raise ValueError("`levels` is a list such as `lead:0.8,drums:0`: a role and a factor from 0 to 2 each.")
        return self

    @model_validator(mode="after")
    def _check_roles(self) -> Self:
        if unknown := [name for name in self.role_names if name not in get_args(RoleName)]:
            raise ValueError(f"`roles`: {unknown[0]!r} is not one of {', '.join(get_args(RoleName))}.")
        return self

    @model_validator(mode="after")
    def _check_exclusive_loudness(self) -> Self:
        if self.gain is not None and self.loudness is not None:
            raise ValueError("`gain` conflicts with `loudness`: send one of them.")
        return self


class PlayParams(RenderParams):
    """The query of ``/play``."""

    format: Literal["wav", "opus"] = Field(
        "wav", description="PCM, or Opus of about a twentieth of the size, which is sent without a known length."
    )

    @model_validator(mode="after")
    def _check_opus_rate(self) -> Self:
        _check_opus_rate(self.format, self.sample_rate)
        return self


class PeaksParams(PlayParams):
    """The query of ``/files/{id}/peaks``."""

    count: Annotated[int, Field(ge=1, le=4096)] = Field(1024, description="Number of intervals.")


class DownloadParams(RenderParams):
    """The query of ``/download``."""

    format: Literal["mid", "wav", "flac", "ogg", "opus", "mp3", "stems", "original"] = Field(
        "mid",
        description="The file format; `stems` gives a ZIP of each role and the mix as WAV, the MIDI file and a "
        "manifest, `original` a recording as it was uploaded.",
    )

    @model_validator(mode="after")
    def _check_audio_params(self) -> Self:
        if self.format in {"mid", "original"} and not self.is_plain:
            raise ValueError(f"`format={self.format}` takes no audio parameters; request wav, flac, ogg, opus or mp3.")
        if self.format == "stems" and (self.roles is not None or self.levels is not None):
            raise ValueError("`format=stems` gives all roles as loud as they are: leave out `roles` and `levels`.")
        return self

    @model_validator(mode="after")
    def _check_opus_rate(self) -> Self:
        _check_opus_rate(self.format, self.sample_rate)
        return self


def _check_opus_rate(audio_format: str, sample_rate: int | None) -> None:
    if audio_format == "opus" and sample_rate not in {None, 48000}:
        raise ValueError("Opus supports only a `sample_rate` of 48000.")
