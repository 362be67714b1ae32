"""Waveform peaks, stored beside the audio file, so that drawing a waveform needs no decoding."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

_DIGITS = 4


@dataclass
class Peaks:
    """A waveform in intervals of equal length: the lowest and highest sample of each, -1 to 1."""

    minimums: list[float] = field(default_factory=list)
    maximums: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of intervals."""
        return len(self.minimums)

    def add(self, minimums: Iterable[float], maximums: Iterable[float]) -> None:
        """Append the next intervals."""
        self.minimums += [round(value, _DIGITS) for value in minimums]
        self.maximums += [round(value, _DIGITS) for value in maximums]

    def coarser(self, count: int) -> Peaks:
        """Return the waveform with neighboring intervals merged, so that at most `count` are left."""
        count = min(count, self.count)
        bounds = [index * self.count // count for index in range(count + 1)]
        return Peaks(
            [min(self.minimums[low:high]) for low, high in pairwise(bounds)],
            [max(self.maximums[low:high]) for low, high in pairwise(bounds)],
        )


def write(audio: Path, peaks: Peaks) -> None:
    """Write a waveform beside its audio file."""
    _peaks_path(audio).write_text(json.dumps(asdict(peaks)))


def read(audio: Path) -> Peaks | None:
    """Read the waveform beside an audio file; None if there is none, or none that can be read."""
    try:
        return Peaks(**json.loads(_peaks_path(audio).read_text()))
    except (FileNotFoundError, ValueError):
        return None


def delete(audio: Path) -> None:
    """Delete an audio file and its waveform."""
    audio.unlink(missing_ok=True)
    _peaks_path(audio).unlink(missing_ok=True)


def _peaks_path(audio: Path) -> Path:
    return audio.with_name(f"{audio.name}.peaks")
