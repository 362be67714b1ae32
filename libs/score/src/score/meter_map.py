"""Where the bars are: from the ticks of a score, with whatever meters it has, to the steps of a grid of one meter.

A grid counts bars of 16 steps (4/4) or 12 (3/4, 6/8). Meters whose bars join or divide into those are only counted
differently (2/4, 2/2, 4/2; 3/8, 12/8, 3/2). Meters that do not fit (5/4, 7/8, 9/8) keep their rhythm, and the bar lines
move. A stretch of the other family is converted bar by bar: three beats become four by doubling the last beat's
length, four become three by halving the last two. Where the meter changes, a new bar begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from score.encoding import STEPS_PER_BAR, STEPS_PER_QUARTER
from score.model import Meter, Notice, Score

_READ_ALIKE = {"4/4": ("2/2",)}
"""Meters whose bars are the same bars."""

_JUST_BEFORE_TICKS = 1e-6

MAX_METERS = 500
"""A file with more meters is treated as corrupt (each change may add a bar): only its first meter is used."""


@dataclass(frozen=True, slots=True)
class MeterSegment:
    """A stretch of one meter, in ticks."""

    start_ticks: int
    end_ticks: int
    meter: Meter


@dataclass(frozen=True, slots=True, eq=False)
class MeterMap:
    """A rising, piecewise linear map from ticks to steps.

    Attributes
    ----------
    meter : str
        The grid's meter: ``"4/4"``, ``"3/4"`` or ``"6/8"``.
    ticks, steps : ndarray, shape (n,), float64
        Corresponding moments.
    notices : tuple of Notice
        What happened to meters that a grid does not have.
    """

    meter: str
    ticks: NDArray[np.float64]
    steps: NDArray[np.float64]
    notices: tuple[Notice, ...]

    def steps_at(self, ticks: ArrayLike) -> NDArray[np.float64]:
        """Convert ticks to steps (not rounded)."""
        return np.asarray(np.interp(np.asarray(ticks, dtype=np.float64), self.ticks, self.steps))


def build_meter_map(score: Score) -> MeterMap:
    """Lay the bars of a score out on the steps of one meter, the one that lasts longest."""
    segments = meter_segments(score, merge_repeated=True)
    extra: tuple[Notice, ...] = ()
    if len(segments) > MAX_METERS:
        message = f"The meter changes {len(segments) - 1} times, which is no music: {segments[0].meter.name} was read."
        extra = (Notice("METER_CHANGES", message),)
        segments = [MeterSegment(0, segments[-1].end_ticks, segments[0].meter)]
    meter = _main_meter(segments)
    ticks, steps = [0.0], [0.0]
    for index, segment in enumerate(segments):
        points = _points(segment, meter, score.ticks_per_quarter)
        start = steps[-1]
        if index == 0 and len(segments) > 1:
            start = _pickup_rest(points, meter)
        elif index > 0:
            start = _whole_bars(start, STEPS_PER_BAR[meter])
        ticks += [tick for tick, _ in points]
        steps += [start + step for _, step in points]
    return MeterMap(meter, *_strictly_rising(ticks, steps), extra + _notices(segments, meter))


def meters_in_force(meters: Iterable[Meter]) -> list[Meter]:
    """Return the meters of a piece, with 4/4 in force from tick 0 on where none is given there.

    Examples
    --------
    >>> [(meter.tick, meter.name) for meter in meters_in_force([Meter(960, 3, 4)])]
    [(0, '4/4'), (960, '3/4')]
    """
    known = list(meters)
    if not known or known[0].tick > 0:
        known.insert(0, Meter(0, 4, 4))
    return known


def meter_segments(score: Score, *, merge_repeated: bool = False) -> list[MeterSegment]:
    """Return the stretches of one meter, from tick 0 to the end of the last note.

    Parameters
    ----------
    score : Score
    merge_repeated : bool
        Whether a meter that is given again while it is in force leaves its stretch whole.
    """
    end = max(score.end_ticks, 1)
    meters = meters_in_force(meter for meter in score.meters if meter.tick < end)
    if merge_repeated:
        meters = meters[:1] + [new for old, new in pairwise(meters) if new.name != old.name]
    bounds = [*(meter.tick for meter in meters), end]
    return [MeterSegment(start, stop, meter) for (start, stop), meter in zip(pairwise(bounds), meters, strict=True)]


def meter_family(meter: Meter) -> str:
    """Name the grid meter that a meter is nearest to."""
    if meter.numerator % 3:
        return "4/4"
    is_compound = meter.denominator >= 8 and meter.numerator != 9
    return "6/8" if is_compound else "3/4"


def _main_meter(segments: list[MeterSegment]) -> str:
    lengths: dict[str, int] = {}
    for segment in segments:
        name = meter_family(segment.meter)
        lengths[name] = lengths.get(name, 0) + segment.end_ticks - segment.start_ticks
    triple = lengths.get("3/4", 0) + lengths.get("6/8", 0)
    if lengths.get("4/4", 0) >= triple:
        return "4/4"
    return "3/4" if lengths.get("3/4", 0) >= lengths.get("6/8", 0) else "6/8"


def _points(segment: MeterSegment, meter: str, ticks_per_quarter: int) -> list[tuple[float, float]]:
    """Corresponding ticks and steps of a segment, counted from its first step."""
    start, stop = segment.start_ticks, segment.end_ticks
    ticks_per_step = ticks_per_quarter / STEPS_PER_QUARTER
    own = STEPS_PER_BAR[meter_family(segment.meter)]
    n_steps = (stop - start) / ticks_per_step
    if own == STEPS_PER_BAR[meter]:
        return [(start, 0.0), (stop, n_steps)]
    # The last beat doubled or the last two halved: only the knee of each bar has to be said.
    knee, scale = (8, 2.0) if own == 12 else (8, 0.5)
    starts = np.arange(0.0, n_steps, own)
    local = np.minimum(np.concatenate([starts, starts + knee, [n_steps]]), n_steps)
    local = np.unique(local)
    bar, rest = np.divmod(local, own)
    warped = bar * STEPS_PER_BAR[meter] + np.minimum(rest, knee) + np.maximum(rest - knee, 0) * scale
    return [(start + step * ticks_per_step, to) for step, to in zip(local.tolist(), warped.tolist(), strict=True)]


def _pickup_rest(points: list[tuple[float, float]], meter: str) -> float:
    """Steps of rest before a first stretch that is shorter than a bar: it is a pickup, and ends on the bar line."""
    n_steps, per_bar = points[-1][1], STEPS_PER_BAR[meter]
    return per_bar - n_steps if n_steps < per_bar else 0.0


def _whole_bars(steps: float, per_bar: int) -> float:
    return float(np.ceil(round(steps / per_bar, 6)) * per_bar)


def _strictly_rising(ticks: list[float], steps: list[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a bar was filled up one tick has two steps: the first is moved to just before it."""
    at, to = np.array(ticks, dtype=np.float64), np.array(steps, dtype=np.float64)
    at[:-1] -= np.where(np.diff(at) > 0, 0.0, _JUST_BEFORE_TICKS)
    return at, to


def _notices(segments: list[MeterSegment], meter: str) -> tuple[Notice, ...]:
    notices = []
    for name in dict.fromkeys(segment.meter.name for segment in segments):
        if name in (meter, *_READ_ALIKE.get(meter, ())):
            continue
        notices.append(Notice("METER_CONVERTED", _conversion(name, segments, meter)))
    if len(segments) > 1:
        notices.insert(0, Notice("METER_CHANGES", f"The meter changes {len(segments) - 1} times: read as {meter}."))
    return tuple(notices)


def _conversion(name: str, segments: list[MeterSegment], meter: str) -> str:
    own = next(segment.meter for segment in segments if segment.meter.name == name)
    bar_steps = own.quarters * STEPS_PER_QUARTER
    per_bar = STEPS_PER_BAR[meter]
    if STEPS_PER_BAR[meter_family(own)] != per_bar:
        how = "each last beat doubled" if per_bar == 16 else "the last two beats of each bar halved"
        return f"{name} was made {meter}, with {how}."
    if bar_steps and (per_bar % bar_steps == 0 or bar_steps % per_bar == 0):
        return f"{name} is counted as {meter}: the notes stay where they are."
    return f"{name} is not supported: read as {meter}; the notes stay where they are, the bar lines move."
