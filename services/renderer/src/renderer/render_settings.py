"""Render settings: sample rate, SoundFont, effects, gain and loudness, each checked against its range."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from servicekit.faults import InvalidInput

from renderer.synthesis.effects import Effects, check_range

SAMPLE_RATES_HZ = (22_050, 44_100, 48_000)
DEFAULT_SAMPLE_RATE_HZ = 44_100
MAX_GAIN = 10.0
"""FluidSynth's own limit."""

DEFAULT_TARGET_LUFS = -16.0
"""The level of music players and podcasts (Apple's Sound Check, AES TD1008 for streams of mixed content)."""
MIN_TARGET_LUFS = -40.0
MAX_TARGET_LUFS = -10.0


class LoudnessMethod(StrEnum):
    """How the gain for a target loudness is found: predicted from the notes, or measured from the audio."""

    PREDICTED = "predicted"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class LoudnessTarget:
    """The loudness of the whole piece.

    Attributes
    ----------
    target_lufs : float
        Integrated loudness (ITU-R BS.1770-4), `MIN_TARGET_LUFS` to `MAX_TARGET_LUFS`.
    method : LoudnessMethod
        How the gain for it is found.

    Raises
    ------
    InvalidInput
        If the target is out of range.
    """

    target_lufs: float = DEFAULT_TARGET_LUFS
    method: LoudnessMethod = LoudnessMethod.PREDICTED

    def __post_init__(self) -> None:
        check_range("loudness.target_lufs", self.target_lufs, MIN_TARGET_LUFS, MAX_TARGET_LUFS)


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How a piece is rendered.

    Attributes
    ----------
    sample_rate_hz : int
        One of `SAMPLE_RATES_HZ`.
    soundfont : str
        Name; empty for the default one.
    effects : Effects
        Reverb and chorus.
    gain : float or None
        The synthesizer's gain, above 0, at most `MAX_GAIN`; None for the gain that gives the loudness.
    loudness : LoudnessTarget
        The loudness if no gain is given.

    Raises
    ------
    InvalidInput
        If a value is out of range.
    """

    sample_rate_hz: int = DEFAULT_SAMPLE_RATE_HZ
    soundfont: str = ""
    effects: Effects = field(default_factory=Effects)
    gain: float | None = None
    loudness: LoudnessTarget = field(default_factory=LoudnessTarget)

    def __post_init__(self) -> None:
        if self.sample_rate_hz not in SAMPLE_RATES_HZ:
            raise InvalidInput(
                f"The sample rate is {self.sample_rate_hz} Hz; it can be 22050, 44100 or 48000.",
                field="sample_rate_hz",
                value=self.sample_rate_hz,
            )
        if self.gain is not None and not 0.0 < self.gain <= MAX_GAIN:
            raise InvalidInput(
                f"The gain is {self.gain:g}; it can be above 0 and at most {MAX_GAIN:g}.",
                field="gain",
                value=self.gain,
                limit=MAX_GAIN,
            )
