"""A waveform as numbers: kept beside the audio that it belongs to, so that nobody decodes the audio to draw it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

_DIGITS = 4


@dataclass
class Peaks:
    """A waveform in parts of the same length: the lowest and the highest sample of each, -1 to 1."""

    minimums: list[float] = field(default_factory=list)
    maximums: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many parts."""
        return len(self.minimums)

    def add(self, minimums: Iterable[float], maximums: Iterable[float]) -> None:
        """Put the next parts behind those that are there."""
        self.minimums += [round(value, _DIGITS) for value in minimums]
        self.maximums += [round(value, _DIGITS) for value in maximums]

    def coarser(self, count: int) -> Peaks:
        """Put neighbouring parts together, so that at most `count` are left."""
        count = min(count, self.count)
        bounds = [place * self.count // count for place in range(count + 1)]
        return Peaks(
            [min(self.minimums[low:high]) for low, high in pairwise(bounds)],
            [max(self.maximums[low:high]) for low, high in pairwise(bounds)],
        )


def write(audio: Path, peaks: Peaks) -> None:
    """Keep a waveform beside its audio."""
    _beside(audio).write_text(json.dumps(asdict(peaks)))


def read(audio: Path) -> Peaks | None:
    """Read the waveform beside audio; None where there is none that can be read."""
    try:
        return Peaks(**json.loads(_beside(audio).read_text()))
    except (FileNotFoundError, ValueError):
        return None


def forget(audio: Path) -> None:
    """Remove audio and its waveform."""
    audio.unlink(missing_ok=True)
    _beside(audio).unlink(missing_ok=True)


def _beside(audio: Path) -> Path:
    return audio.with_name(f"{audio.name}.peaks")
