"""Ticks <-> seconds <-> quarter notes under a tempo map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from score.model import DEFAULT_MICROSECONDS_PER_QUARTER, Score


@dataclass(frozen=True, slots=True, eq=False)
class TempoMap:
    """Where each tempo begins, in ticks and in seconds.

    Attributes
    ----------
    ticks : ndarray, shape (n,), float64
        Rising, the first 0.
    starts_s : ndarray, shape (n,), float64
        The same moments in seconds.
    seconds_per_tick : ndarray, shape (n,), float64
    """

    ticks: NDArray[np.float64]
    starts_s: NDArray[np.float64]
    seconds_per_tick: NDArray[np.float64]

    @classmethod
    def from_score(cls, score: Score) -> TempoMap:
        """Build the map of a score; before its first tempo, the first tempo holds if it stands at 0, else 120 BPM."""
        pairs = [(tempo.tick, tempo.microseconds_per_quarter) for tempo in score.tempos]
        if not pairs or pairs[0][0] > 0:
            pairs.insert(0, (0, DEFAULT_MICROSECONDS_PER_QUARTER))
        ticks = np.array([tick for tick, _ in pairs], dtype=np.float64)
        rates = np.array([tempo for _, tempo in pairs], dtype=np.float64) / (1e6 * score.ticks_per_quarter)
        starts = np.concatenate(([0.0], np.cumsum(np.diff(ticks) * rates[:-1])))
        return cls(ticks, starts, rates)

    def seconds_at(self, ticks: ArrayLike) -> NDArray[np.float64]:
        """Convert ticks to seconds, any shape."""
        at = np.asarray(ticks, dtype=np.float64)
        index = np.maximum(np.searchsorted(self.ticks, at, side="right") - 1, 0)
        return np.asarray(self.starts_s[index] + (at - self.ticks[index]) * self.seconds_per_tick[index])

    def ticks_at(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """Convert seconds to ticks (not rounded), any shape."""
        at = np.asarray(seconds, dtype=np.float64)
        index = np.maximum(np.searchsorted(self.starts_s, at, side="right") - 1, 0)
        return np.asarray(self.ticks[index] + (at - self.starts_s[index]) / self.seconds_per_tick[index])

    def seconds(self, tick: float) -> float:
        """Convert one tick to seconds."""
        return float(self.seconds_at(tick))


def mean_bpm(score: Score) -> float:
    """Average quarters a minute up to the last note; the first tempo of a piece without length."""
    seconds = TempoMap.from_score(score).seconds(score.end_ticks)
    if seconds <= 0:
        return score.tempos[0].bpm if score.tempos else 60e6 / DEFAULT_MICROSECONDS_PER_QUARTER
    return 60 * score.end_ticks / score.ticks_per_quarter / seconds
