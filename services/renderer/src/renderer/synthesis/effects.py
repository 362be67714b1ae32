"""Parameters of reverb and chorus, with their defaults and ranges.

The defaults and ranges are those of FluidSynth 2.3, except two ranges: more than 16 chorus voices take more time than
the notes do, and a chorus depth of 21 ms is the largest that is safe at every sample rate (a note in pyfluidsynth).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from servicekit.faults import InvalidInput


@dataclass(frozen=True, slots=True)
class Reverb:
    """Parameters of the reverb.

    Attributes
    ----------
    level : float
        Output level, 0 (off) to 1.
    room_size : float
        0 to 1.
    damping : float
        Absorption of high frequencies, 0 to 1.
    width : float
        Stereo width, 0 to 100.

    Raises
    ------
    InvalidInput
        If a value is out of range.
    """

    level: float = 0.9
    room_size: float = 0.2
    damping: float = 0.0
    width: float = 0.5

    def __post_init__(self) -> None:
        check_range("reverb.level", self.level, 0, 1)
        check_range("reverb.room_size", self.room_size, 0, 1)
        check_range("reverb.damping", self.damping, 0, 1)
        check_range("reverb.width", self.width, 0, 100)


@dataclass(frozen=True, slots=True)
class Chorus:
    """Parameters of the chorus: delayed copies of the signal with a modulated delay.

    Attributes
    ----------
    level : float
        Output level, 0 (off) to 10.
    n_voices : int
        Number of copies, 1 to 16.
    speed_hz : float
        Modulation frequency, 0.1 to 5.
    depth_ms : float
        Modulation depth, 0 to 21.

    Raises
    ------
    InvalidInput
        If a value is out of range.
    """

    level: float = 2.0
    n_voices: int = 3
    speed_hz: float = 0.3
    depth_ms: float = 8.0

    def __post_init__(self) -> None:
        check_range("chorus.level", self.level, 0, 10)
        check_range("chorus.voice_count", self.n_voices, 1, 16)
        check_range("chorus.speed_hz", self.speed_hz, 0.1, 5)
        check_range("chorus.depth_ms", self.depth_ms, 0, 21)


@dataclass(frozen=True, slots=True)
class Effects:
    """Parameters of both effects."""

    reverb: Reverb = field(default_factory=Reverb)
    chorus: Chorus = field(default_factory=Chorus)


def check_range(name: str, value: float, minimum: float, maximum: float) -> None:
    """Raise a fault if a value is out of its range, or not a number.

    Parameters
    ----------
    name : str
        The field as the contract names it, e.g. ``"reverb.level"``.
    value : float
        Its value.
    minimum, maximum : float
        The range, both included.

    Raises
    ------
    InvalidInput
        With the range in its message.
    """
    if not minimum <= value <= maximum:
        raise InvalidInput(
            f"The {name.replace('_', ' ').replace('.', ' ')} is {value:g}; it can be {minimum:g} to {maximum:g}.",
            field=name,
            value=value,
            lowest=minimum,
            limit=maximum,
        )
