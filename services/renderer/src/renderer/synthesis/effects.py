"""Reverb and chorus: what can be set, and within which ranges.

The defaults are FluidSynth 2.3's own, and so are the ranges but two: more than 16 chorus voices take more time than the
notes do, and a depth of 21 ms is what is safe at every sample rate (pyfluidsynth's note on it).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from servicekit.faults import InvalidInput


@dataclass(frozen=True, slots=True)
class Reverb:
    """The room that the notes sound in.

    Attributes
    ----------
    level : float
        How loud, 0 (off) to 1.
    room_size : float
        0 to 1.
    damping : float
        How much the walls take of the treble, 0 to 1.
    width : float
        How far left and right differ, 0 to 100.

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
    """Copies of the notes, a little out of tune.

    Attributes
    ----------
    level : float
        How loud, 0 (off) to 10.
    voice_count : int
        Copies, 1 to 16.
    speed_hz : float
        How often a second their tuning sways, 0.1 to 5.
    depth_ms : float
        How far, 0 to 21.

    Raises
    ------
    InvalidInput
        If a value is out of range.
    """

    level: float = 2.0
    voice_count: int = 3
    speed_hz: float = 0.3
    depth_ms: float = 8.0

    def __post_init__(self) -> None:
        check_range("chorus.level", self.level, 0, 10)
        check_range("chorus.voice_count", self.voice_count, 1, 16)
        check_range("chorus.speed_hz", self.speed_hz, 0.1, 5)
        check_range("chorus.depth_ms", self.depth_ms, 0, 21)


@dataclass(frozen=True, slots=True)
class Effects:
    """What is done to the notes' sound."""

    reverb: Reverb = field(default_factory=Reverb)
    chorus: Chorus = field(default_factory=Chorus)


def check_range(name: str, value: float, lowest: float, highest: float) -> None:
    """Refuse a value that is out of its range, or no number.

    Raises
    ------
    InvalidInput
        Saying the range.
    """
    if not lowest <= value <= highest:
        raise InvalidInput(
            f"The {name.replace('_', ' ').replace('.', ' ')} is {value:g}; it can be {lowest:g} to {highest:g}.",
            field=name,
            value=value,
            lowest=lowest,
            limit=highest,
        )
