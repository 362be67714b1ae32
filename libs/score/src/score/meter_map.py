"""The meters of a score, and the meter map: from ticks under any meters to the steps of a grid with one meter.

The bars of a grid have 16 steps (4/4) or 12 (3/4, 6/8). Meters whose bars join or divide into those are only counted
differently (2/4, 2/2, 4/2; 3/8, 12/8, 3/2). Meters that do not fit (5/4, 7/8, 9/8) keep their rhythm, and the bar lines
move. A segment whose meter belongs to the other family is converted bar by bar: three beats become four by doubling
the length of the last beat, four become three by halving the last two. A change of meter begins a new bar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from score.encoding import STEPS_PER_BAR, STEPS_PER_QUARTER
from score.model import Meter, Notice, Score

_EQUIVALENT = {"4/4": ("2/2",)}
"""Meters whose bars have the same steps as those of a grid's meter, so that no notice is needed."""

_JUST_BEFORE_TICKS = 1e-6
_BREAKPOINT = 8

MAX_METERS = 500
"""A file with more meters is treated as corrupt (each change may add a bar): only its first meter is used."""


@dataclass(frozen=True, slots=True)
class MeterSegment:
    """A segment of a piece with one meter, in ticks."""

    start_ticks: int
    end_ticks: int
    meter: Meter


@dataclass(frozen=True, slots=True, eq=False)
class MeterMap:
    """A strictly increasing, piecewise linear map from ticks to steps.

    Attributes
    ----------
    meter : str
        The grid's meter: ``"4/4"``, ``"3/4"`` or ``"6/8"``.
    ticks, steps : ndarray, shape (n,), float64
        Corresponding points in time.
    notices : tuple of Notice
        How meters that a grid does not have were converted.
    """

    meter: str
    ticks: NDArray[np.float64]
    steps: NDArray[np.float64]
    notices: tuple[Notice, ...]

    def steps_at(self, ticks: ArrayLike) -> NDArray[np.float64]:
        """Return ticks as steps, not rounded.

        Examples
        --------
        >>> from score.model import Note, Track
        >>> track = Track(notes=(Note(0, 1920, 60, 80),))
        >>> build_meter_map(Score(ticks_per_quarter=480, tracks=(track,))).steps_at([0, 480, 720]).tolist()
        [0.0, 4.0, 6.0]
        """
        return np.asarray(np.interp(np.asarray(ticks, dtype=np.float64), self.ticks, self.steps))


def build_meter_map(score: Score) -> MeterMap:
    """Return the map from the ticks of a score to the steps of a grid, in the meter that lasts longest.

    Examples
    --------
    >>> waltz = Score(meters=(Meter(0, 3, 4),))
    >>> build_meter_map(waltz).meter
    '3/4'
    """
    segments = meter_segments(score, merge_repeated=True)
    corrupt: tuple[Notice, ...] = ()
    if len(segments) > MAX_METERS:
        message = (
            f"The meter changes {len(segments) - 1} times, as in a corrupt file: "
            f"{segments[0].meter.name} is used throughout."
        )
        corrupt = (Notice("METER_CHANGES", message),)
        segments = [MeterSegment(0, segments[-1].end_ticks, segments[0].meter)]
    meter = _main_meter(segments)
    ticks, steps = [0.0], [0.0]
    for index, segment in enumerate(segments):
        points = _breakpoints(segment, meter, score.ticks_per_quarter)
        start = steps[-1]
        if index == 0 and len(segments) > 1:
            start = _pickup_rest(points, meter)
        elif index > 0:
            start = _whole_bars(start, STEPS_PER_BAR[meter])
        ticks += [tick for tick, _ in points]
        steps += [start + step for _, step in points]
    return MeterMap(meter, *_strictly_rising(ticks, steps), corrupt + _notices(segments, meter))


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
    """Return the segments of a piece by meter, from tick 0 to the end of the last note.

    Parameters
    ----------
    score : Score
    merge_repeated : bool
        Whether a meter that is repeated while it is in force begins no new segment.
    """
    end = max(score.end_ticks, 1)
    meters = meters_in_force(meter for meter in score.meters if meter.tick < end)
    if merge_repeated:
        meters = meters[:1] + [new for old, new in pairwise(meters) if new.name != old.name]
    bounds = [*(meter.tick for meter in meters), end]
    return [MeterSegment(start, stop, meter) for (start, stop), meter in zip(pairwise(bounds), meters, strict=True)]


def meter_family(meter: Meter) -> str:
    """Return the grid meter that is nearest to a meter.

    Examples
    --------
    >>> meter_family(Meter(0, 2, 4)), meter_family(Meter(0, 9, 8)), meter_family(Meter(0, 12, 8))
    ('4/4', '3/4', '6/8')
    """
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


def _breakpoints(segment: MeterSegment, meter: str, ticks_per_quarter: int) -> list[tuple[float, float]]:
    """Return corresponding ticks and steps of a segment; steps count from its start."""
    start, stop = segment.start_ticks, segment.end_ticks
    ticks_per_step = ticks_per_quarter / STEPS_PER_QUARTER
    own = STEPS_PER_BAR[meter_family(segment.meter)]
    n_steps = (stop - start) / ticks_per_step
    if own == STEPS_PER_BAR[meter]:
        return [(start, 0.0), (stop, n_steps)]
    # Within a bar the map has one breakpoint, at step 8: after it the last beat (of 12 steps) is doubled, or the last
    # two beats (of 16 steps) are halved.
    scale = 2.0 if own == 12 else 0.5
    starts = np.arange(0.0, n_steps, own)
    local = np.unique(np.minimum(np.concatenate([starts, starts + _BREAKPOINT, [n_steps]]), n_steps))
    bar, rest = np.divmod(local, own)
    warped = bar * STEPS_PER_BAR[meter] + np.minimum(rest, _BREAKPOINT) + np.maximum(rest - _BREAKPOINT, 0) * scale
    return [(start + step * ticks_per_step, to) for step, to in zip(local.tolist(), warped.tolist(), strict=True)]


def _pickup_rest(points: list[tuple[float, float]], meter: str) -> float:
    """Return the steps of rest before a first segment shorter than a bar: a pickup, which ends on the bar line."""
    n_steps, per_bar = points[-1][1], STEPS_PER_BAR[meter]
    return per_bar - n_steps if n_steps < per_bar else 0.0


def _whole_bars(steps: float, per_bar: int) -> float:
    return float(np.ceil(round(steps / per_bar, 6)) * per_bar)


def _strictly_rising(ticks: list[float], steps: list[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the breakpoints with distinct ticks: where an incomplete bar was completed, one tick has two steps."""
    at, to = np.array(ticks, dtype=np.float64), np.array(steps, dtype=np.float64)
    at[:-1] -= np.where(np.diff(at) > 0, 0.0, _JUST_BEFORE_TICKS)
    return at, to


def _notices(segments: list[MeterSegment], meter: str) -> tuple[Notice, ...]:
    notices = []
    for name in dict.fromkeys(segment.meter.name for segment in segments):
        if name in (meter, *_EQUIVALENT.get(meter, ())):
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
        how = "the last beat of each bar is doubled" if per_bar == 16 else "the last two beats of each bar are halved"
        return f"{name} was converted to {meter}: {how}."
    if bar_steps and (per_bar % bar_steps == 0 or bar_steps % per_bar == 0):
        return f"{name} is counted as {meter}: the notes stay where they are."
    return f"{name} is not supported: read as {meter}; the notes stay where they are, the bar lines move."
