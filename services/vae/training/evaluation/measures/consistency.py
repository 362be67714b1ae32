"""Consistency and variance of whole pieces, by Mittal, Engel, Hawthorne and Simon (ISMIR 2021, section 5.2).

The notes of each four-bar frame, hopping two bars, are summed up by a Gaussian of their pitches and one of their
durations. How far the Gaussians of neighbouring frames overlap says how much the music stays as it was; a set of pieces
is as consistent as real music if the mean of its overlaps is as there, and as varied if their variance is:

    consistency = max(0, 1 - |mean - real mean| / real mean),  variance likewise of the variances.

The overlap is the area under the lower of the two densities, in closed form. A frame of fewer than two notes has no
Gaussian and is left out with its pairs. A deviation of nothing is set to a least one, as a density needs a width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from score.quantization.note_table import END, ONSET, PITCH

Floats = npt.NDArray[np.float64]
NoteTable = npt.NDArray[np.int32]

FRAME_BARS = 4
HOP_BARS = 2
LEAST_DEVIATION = 0.1
"""In semitones, and in steps: far less than either can differ by."""


class Gaussian(NamedTuple):
    """Mean and standard deviation."""

    mean: float
    deviation: float


class Likeness(NamedTuple):
    """How a set of pieces compares with real ones, 0 to 1 each."""

    consistency: float
    variance: float


def overlap(first: Gaussian, second: Gaussian) -> float:
    """Return the area that lies under both densities, 0 to 1."""
    if first == second:
        return 1.0
    low, high = sorted([first, second], key=lambda each: each.deviation)
    crossings = _crossings(low, high)
    if len(crossings) == 1:
        left, right = sorted([first, second], key=lambda each: each.mean)
        return _below(crossings[0], right) + 1.0 - _below(crossings[0], left)
    inner, outer = crossings
    # The narrower density is the lower one outside of the crossings, the wider one between them.
    return _below(inner, low) + 1.0 - _below(outer, low) + _below(outer, high) - _below(inner, high)


def _crossings(low: Gaussian, high: Gaussian) -> list[float]:
    """Return where two densities are equal: one place if they are equally wide, else two, in order."""
    if math.isclose(low.deviation, high.deviation):
        return [(low.mean + high.mean) / 2.0]
    a = 1.0 / low.deviation**2 - 1.0 / high.deviation**2
    b = low.mean / low.deviation**2 - high.mean / high.deviation**2
    c = low.mean**2 / low.deviation**2 - high.mean**2 / high.deviation**2
    root = math.sqrt(max(b * b - a * (c + 2.0 * math.log(low.deviation / high.deviation)), 0.0))
    return [(b - root) / a, (b + root) / a]


def _below(value: float, of: Gaussian) -> float:
    return 0.5 * (1.0 + math.erf((value - of.mean) / (of.deviation * math.sqrt(2.0))))


def overlaps(notes: NoteTable, steps_per_bar: int) -> tuple[list[float], list[float]]:
    """Return the overlaps of neighbouring frames of a part: of pitches, and of durations.

    Parameters
    ----------
    notes : ndarray, shape (n, 4), int32
        As `Grid.notes` lists them.
    steps_per_bar : int
    """
    if not len(notes):
        return [], []
    last = int(notes[:, ONSET].max()) // steps_per_bar
    frames = [_frame(notes, first, steps_per_bar) for first in range(0, max(last - FRAME_BARS + 2, 1), HOP_BARS)]
    pitches = [_gaussian(frame[:, PITCH]) for frame in frames]
    durations = [_gaussian(frame[:, END] - frame[:, ONSET]) for frame in frames]
    return _neighbours(pitches), _neighbours(durations)


def _frame(notes: NoteTable, first_bar: int, steps_per_bar: int) -> NoteTable:
    bars = notes[:, ONSET] // steps_per_bar
    return np.asarray(notes[(bars >= first_bar) & (bars < first_bar + FRAME_BARS)])


def _gaussian(values: npt.NDArray[np.int32]) -> Gaussian | None:
    if len(values) < 2:
        return None
    return Gaussian(float(values.mean()), max(float(values.std()), LEAST_DEVIATION))


def _neighbours(frames: Sequence[Gaussian | None]) -> list[float]:
    pairs = pairwise(frames)
    return [overlap(one, other) for one, other in pairs if one is not None and other is not None]


def compare(found: Iterable[float], real: Iterable[float]) -> Likeness | None:
    """Compare the overlaps of a set of pieces with those of real ones; None if either set has none."""
    mine, theirs = np.fromiter(found, np.float64), np.fromiter(real, np.float64)
    if not len(mine) or not len(theirs):
        return None
    return Likeness(_near(mine.mean(), theirs.mean()), _near(mine.var(), theirs.var()))


def _near(value: np.floating, real: np.floating) -> float:
    if real == 0.0:
        return 1.0 if value == 0.0 else 0.0
    return max(0.0, 1.0 - abs(float(value) - float(real)) / float(real))
