"""Tempo map: conversion between ticks and seconds under the tempos of a piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from score.model import DEFAULT_MICROSECONDS_PER_QUARTER, Score


@dataclass(frozen=True, slots=True, eq=False)
class TempoMap:
    """The start of each tempo in ticks and in seconds.

    Attributes
    ----------
    ticks : ndarray, shape (n,), float64
        Increasing, the first one 0.
    starts_s : ndarray, shape (n,), float64
        The same points in time in seconds.
    seconds_per_tick : ndarray, shape (n,), float64
    """

    ticks: NDArray[np.float64]
    starts_s: NDArray[np.float64]
    seconds_per_tick: NDArray[np.float64]

    @classmethod
    def from_score(cls, score: Score) -> TempoMap:
        """Build the tempo map of a score; before its first tempo, it is 120 quarter notes per minute."""
        pairs = [(tempo.tick, tempo.microseconds_per_quarter) for tempo in score.tempos]
        if not pairs or pairs[0][0] > 0:
            pairs.insert(0, (0, DEFAULT_MICROSECONDS_PER_QUARTER))
        ticks = np.array([tick for tick, _ in pairs], dtype=np.float64)
        rates = np.array([tempo for _, tempo in pairs], dtype=np.float64) / (1e6 * score.ticks_per_quarter)
        starts = np.concatenate(([0.0], np.cumsum(np.diff(ticks) * rates[:-1])))
        return cls(ticks, starts, rates)

    def seconds_at(self, ticks: ArrayLike) -> NDArray[np.float64]:
        """Return ticks as seconds, in the same shape.

        Examples
        --------
        >>> from score.model import Tempo
        >>> tempo_map = TempoMap.from_score(Score(tempos=(Tempo(0, 500_000), Tempo(960, 250_000))))
        >>> tempo_map.seconds_at([0, 480, 960, 1440]).tolist()
        [0.0, 0.5, 1.0, 1.25]
        """
        at = np.asarray(ticks, dtype=np.float64)
        index = np.maximum(np.searchsorted(self.ticks, at, side="right") - 1, 0)
        return np.asarray(self.starts_s[index] + (at - self.ticks[index]) * self.seconds_per_tick[index])

    def ticks_at(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """Return seconds as ticks, not rounded, in the same shape.

        Examples
        --------
        >>> TempoMap.from_score(Score()).ticks_at([0.5, 2.0]).tolist()
        [480.0, 1920.0]
        """
        at = np.asarray(seconds, dtype=np.float64)
        index = np.maximum(np.searchsorted(self.starts_s, at, side="right") - 1, 0)
        return np.asarray(self.ticks[index] + (at - self.starts_s[index]) / self.seconds_per_tick[index])

    def seconds(self, tick: float) -> float:
        """Return one tick as seconds.

        Examples
        --------
        >>> TempoMap.from_score(Score()).seconds(240)
        0.25
        """
        return float(self.seconds_at(tick))


def mean_bpm(score: Score) -> float:
    """Return the mean tempo in quarter notes per minute up to the end of the last note; else the first tempo.

    Examples
    --------
    >>> from score.model import Tempo
    >>> mean_bpm(Score(tempos=(Tempo(0, 600_000),)))
    100.0
    """
    seconds = TempoMap.from_score(score).seconds(score.end_ticks)
    if seconds <= 0:
        return score.tempos[0].bpm if score.tempos else 60e6 / DEFAULT_MICROSECONDS_PER_QUARTER
    return 60 * score.end_ticks / score.ticks_per_quarter / seconds
