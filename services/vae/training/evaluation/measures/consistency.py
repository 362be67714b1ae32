"""Consistency and variance of whole pieces: framewise self-similarity by Mittal, Engel, Hawthorne and Simon.

A Gaussian of the pitches and one of the durations summarize the notes of each frame of four bars; frames hop by two
bars. The overlap of the Gaussians of neighboring frames measures how little the music changes. A set of pieces is as
consistent as real music if the mean of its overlaps is the same, and as varied if their variance is:

    consistency = max(0, 1 - |mean - real mean| / real mean),  variance likewise of the variances.

The overlap is the area under the lower of the two densities, in closed form. A frame of fewer than two notes has no
Gaussian and is skipped, with its pairs. A standard deviation of 0 is replaced by a small one, as a density needs a
width.

References
----------
Mittal, Engel, Hawthorne and Simon, *Symbolic Music Generation with Diffusion Models*, ISMIR 2021, section 5.2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from score.arrays import I32
from score.quantization.note_table import END, ONSET, PITCH, NoteTable

FRAME_BARS = 4
HOP_BARS = 2
MIN_DEVIATION = 0.1
"""In semitones, and in steps: far less than either can differ by."""


class Gaussian(NamedTuple):
    """Mean and standard deviation."""

    mean: float
    deviation: float


class SelfSimilarity(NamedTuple):
    """How a set of pieces compares with real ones, 0 to 1 each."""

    consistency: float
    variance: float


def overlap(first: Gaussian, second: Gaussian) -> float:
    """Return the area that lies under both densities, 0 to 1."""
    if first == second:
        return 1.0
    narrow, wide = sorted([first, second], key=lambda each: each.deviation)
    crossings = _crossings(narrow, wide)
    if len(crossings) == 1:
        left, right = sorted([first, second], key=lambda each: each.mean)
        return _cdf(crossings[0], right) + 1.0 - _cdf(crossings[0], left)
    lower, upper = crossings
    # The narrower density is the lower one outside of the crossings, the wider one between them.
    return _cdf(lower, narrow) + 1.0 - _cdf(upper, narrow) + _cdf(upper, wide) - _cdf(lower, wide)


def _crossings(narrow: Gaussian, wide: Gaussian) -> list[float]:
    """Return where two densities are equal, in order: at one place if they are equally wide, else at two."""
    if math.isclose(narrow.deviation, wide.deviation):
        return [(narrow.mean + wide.mean) / 2.0]
    # The logarithms of the densities are equal at the roots of a x^2 - 2 b x + c + 2 log(ratio of deviations).
    a = 1.0 / narrow.deviation**2 - 1.0 / wide.deviation**2
    b = narrow.mean / narrow.deviation**2 - wide.mean / wide.deviation**2
    c = narrow.mean**2 / narrow.deviation**2 - wide.mean**2 / wide.deviation**2
    root = math.sqrt(max(b * b - a * (c + 2.0 * math.log(narrow.deviation / wide.deviation)), 0.0))
    return [(b - root) / a, (b + root) / a]


def _cdf(value: float, gaussian: Gaussian) -> float:
    return 0.5 * (1.0 + math.erf((value - gaussian.mean) / (gaussian.deviation * math.sqrt(2.0))))


def frame_overlaps(notes: NoteTable, steps_per_bar: int) -> tuple[list[float], list[float]]:
    """Return the overlaps of neighboring frames of a part: of pitches, and of durations.

    Parameters
    ----------
    notes : ndarray, shape (n, 4), int32
        From `Grid.notes`.
    steps_per_bar : int
    """
    if not len(notes):
        return [], []
    last_bar = int(notes[:, ONSET].max()) // steps_per_bar
    starts = range(0, max(last_bar - FRAME_BARS + 2, 1), HOP_BARS)
    frames = [_frame(notes, first_bar, steps_per_bar) for first_bar in starts]
    pitches = [_gaussian(frame[:, PITCH]) for frame in frames]
    durations = [_gaussian(frame[:, END] - frame[:, ONSET]) for frame in frames]
    return _neighbor_overlaps(pitches), _neighbor_overlaps(durations)


def _frame(notes: NoteTable, first_bar: int, steps_per_bar: int) -> NoteTable:
    bars = notes[:, ONSET] // steps_per_bar
    return np.asarray(notes[(bars >= first_bar) & (bars < first_bar + FRAME_BARS)])


def _gaussian(values: I32) -> Gaussian | None:
    if len(values) < 2:
        return None
    return Gaussian(float(values.mean()), max(float(values.std()), MIN_DEVIATION))


def _neighbor_overlaps(frames: Sequence[Gaussian | None]) -> list[float]:
    pairs = pairwise(frames)
    return [overlap(first, second) for first, second in pairs if first is not None and second is not None]


def compare_overlaps(overlaps: Iterable[float], real_overlaps: Iterable[float]) -> SelfSimilarity | None:
    """Compare the overlaps of a set of pieces with those of real ones; None if either set is empty."""
    own, real = np.fromiter(overlaps, np.float64), np.fromiter(real_overlaps, np.float64)
    if not len(own) or not len(real):
        return None
    return SelfSimilarity(_relative_agreement(own.mean(), real.mean()), _relative_agreement(own.var(), real.var()))


def _relative_agreement(value: np.floating, real: np.floating) -> float:
    if real == 0.0:
        return 1.0 if value == 0.0 else 0.0
    return max(0.0, 1.0 - abs(float(value) - float(real)) / float(real))
