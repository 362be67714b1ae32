"""How a piece is rendered: everything that a caller can choose about the sound, checked."""

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
"""What music players and podcasts agree on (Apple's Sound Check, AES TD1008 for streams of mixed content)."""
LOWEST_TARGET_LUFS = -40.0
HIGHEST_TARGET_LUFS = -10.0


class Method(StrEnum):
    """How the gain for a loudness is found: from the notes, or from the sound itself."""

    PREDICTED = "predicted"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud the whole piece shall be.

    Attributes
    ----------
    target_lufs : float
        Integrated loudness (ITU-R BS.1770-4), `LOWEST_TARGET_LUFS` to `HIGHEST_TARGET_LUFS`.
    method : Method
        How the gain for it is found.

    Raises
    ------
    InvalidInput
        If the target is out of range.
    """

    target_lufs: float = DEFAULT_TARGET_LUFS
    method: Method = Method.PREDICTED

    def __post_init__(self) -> None:
        check_range("loudness.target_lufs", self.target_lufs, LOWEST_TARGET_LUFS, HIGHEST_TARGET_LUFS)


@dataclass(frozen=True, slots=True)
class Sound:
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
        The synthesiser's, above 0, at most `MAX_GAIN`; None for the one that gives the loudness.
    loudness : Loudness
        How loud the piece shall be where no gain is given.

    Raises
    ------
    InvalidInput
        If a value is out of range.
    """

    sample_rate_hz: int = DEFAULT_SAMPLE_RATE_HZ
    soundfont: str = ""
    effects: Effects = field(default_factory=Effects)
    gain: float | None = None
    loudness: Loudness = field(default_factory=Loudness)

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
