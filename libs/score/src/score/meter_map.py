"""The meters of a score, and the meter map: from ticks under any meters to the steps of a grid with one meter.

The bars of a grid have 16 steps (4/4) or 12 (3/4, 6/8). Meters whose bars join or divide into those are only counted
differently (2/4, 2/2, 4/2; 3/8, 12/8, 3/2). Compound meters are counted in dotted beats, of which a bar of 6/8 has two
(two bars of 9/8 are three of 6/8). Irregular meters (5/4, 7/8) keep their rhythm, and the bar lines move. A segment of
another meter is converted by `STEP_MAPS`: beats keep their lengths, and the last one lasts until the bar line. A change
of meter begins a new bar. A first or last bar shorter than the others, in whatever meter it is written, is a pickup or
its complement: it keeps its rhythm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from score.bar_lines.pickup import PICKUP_FOUND, find_pickup_ticks
from score.encoding import STEPS_PER_BAR, STEPS_PER_QUARTER
from score.model import Meter, Notice, Score

_EQUIVALENT = {"4/4": ("2/2",)}
"""Meters whose bars have the same steps as those of a grid's meter, so that no notice is needed."""

STEP_MAPS: Final[Mapping[tuple[str, str], tuple[int, ...]]] = {
    ("3/4", "4/4"): (*range(12), 16),
    ("6/8", "4/4"): (*range(6), 8),
    ("4/4", "3/4"): (*range(8), 12),
    ("4/4", "6/8"): (*range(8), 12),
}
"""For two meters, where the steps of a bar or half bar of the first one are in the second one; the last entry is its
end, before which the last steps are lengthened. All other steps keep their lengths."""

_HOW: Final[Mapping[tuple[str, str], str]] = {
    ("3/4", "4/4"): "the last beat of each bar lasts for two",
    ("6/8", "4/4"): "each dotted beat lasts for two quarters",
    ("4/4", "3/4"): "each half bar becomes a bar, and its last beat lasts for two",
    ("4/4", "6/8"): "each half bar becomes a bar, and its last beat lasts for two",
}

_MAX_LISTED_BARS = 5

IRREGULAR_METER: Final = "IRREGULAR_METER"
"""Reason of the notice that a piece is in an irregular meter, as of the fault with which a blend refuses it."""

_MAX_IRREGULAR_SHARE = 0.1
"""The share of a piece that may be in irregular meters: an inserted bar, an introduction."""

_JUST_BEFORE_TICKS = 1e-6
_EARLY_STEPS = 0.5
"""A note that begins this much before a bar line belongs to the bar line: it is played early."""

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
        Corresponding points in time. Steps before the first bar of a grid are negative.
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

    def ticks_at(self, steps: ArrayLike) -> NDArray[np.float64]:
        """Return steps as ticks, not rounded.

        Examples
        --------
        >>> build_meter_map(Score(ticks_per_quarter=480)).ticks_at([0.0]).tolist()
        [0.0]
        """
        return np.asarray(np.interp(np.asarray(steps, dtype=np.float64), self.steps, self.ticks))

    def without_bars(self, n_bars: int) -> MeterMap:
        """Return the map to a grid that begins some bars later."""
        return replace(self, steps=self.steps - n_bars * STEPS_PER_BAR[self.meter])

    def scaled(self, factor: float) -> MeterMap:
        """Return the map to a grid of twice (2.0) or half (0.5) as many steps."""
        return replace(self, steps=self.steps * factor)


def build_meter_map(score: Score) -> MeterMap:
    """Return the map from the ticks of a score to the steps of a grid, in the meter that lasts longest.

    Examples
    --------
    >>> waltz = Score(meters=(Meter(0, 3, 4),))
    >>> build_meter_map(waltz).meter
    '3/4'
    """
    segments = _readable_segments(score)
    meter = _main_meter(segments)
    incomplete = _incomplete_bars(segments, meter, score.ticks_per_quarter)
    ticks, steps = [0.0], [0.0]
    for index, segment in enumerate(segments):
        points = _breakpoints(segment, meter, score.ticks_per_quarter, keeps_rhythm=segment in incomplete)
        start = steps[-1]
        if index == 0 and len(segments) > 1:
            start = _pickup_rest(points, meter)
        elif index > 0:
            start = _whole_bars(start, STEPS_PER_BAR[meter])
        ticks += [tick for tick, _ in points]
        steps += [start + step for _, step in points]
    whole = [segment for segment in segments if segment not in incomplete] or segments
    is_pickup_found = len(segments) > 1 and segments[0].meter.name == segments[1].meter.name
    found = (PICKUP_FOUND,) if is_pickup_found else ()
    notices = (*_corrupt_notices(score), *found, *_notices(score, whole, meter))
    return MeterMap(meter, *_strictly_rising(ticks, steps), notices)


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

    A pickup that the file does not show is a segment of its own.

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
    pickup_ticks = find_pickup_ticks(score) if len({meter.name for meter in meters}) == 1 else 0
    if pickup_ticks:
        meters = [meters[0], meters[0]._replace(tick=pickup_ticks)]
    bounds = [*(meter.tick for meter in meters), end]
    return [MeterSegment(start, stop, meter) for (start, stop), meter in zip(pairwise(bounds), meters, strict=True)]


def bar_at(score: Score, tick: int) -> int:
    """Return the bar that holds a tick, counted from 0, the first bar with a note.

    Examples
    --------
    >>> from score.model import Note, Track
    >>> piece = Score(tracks=(Track(notes=(Note(1920, 9600, 60, 80),)),))
    >>> bar_at(piece, 1920), bar_at(piece, 5800)
    (0, 2)
    """
    first_ticks = min((track.notes[0].onset_ticks for track in score.tracks if track.notes), default=0)
    return max(_bar_of_file(score, tick) - _bar_of_file(score, first_ticks), 0)


def describe_bars(bars: Iterable[int]) -> str:
    """Return bars, counted from 0, as people count them: up to five of them, else the first and the last.

    Examples
    --------
    >>> describe_bars([4]), describe_bars([7, 3]), describe_bars(range(9))
    ('bar 5', 'bars 4 and 8', 'bars 1 to 9')
    """
    numbers = [str(bar + 1) for bar in sorted(set(bars))]
    if len(numbers) == 1:
        return f"bar {numbers[0]}"
    if len(numbers) > _MAX_LISTED_BARS:
        return f"bars {numbers[0]} to {numbers[-1]}"
    return f"bars {', '.join(numbers[:-1])} and {numbers[-1]}"


def _bar_of_file(score: Score, tick: int) -> int:
    n_bars = 0
    for segment in meter_segments(score):
        ticks_per_bar = max(round(segment.meter.quarters * score.ticks_per_quarter), 1)
        if tick < segment.end_ticks:
            return n_bars + (tick - segment.start_ticks) // ticks_per_bar
        n_bars += -(-(segment.end_ticks - segment.start_ticks) // ticks_per_bar)
    return max(n_bars - 1, 0)


def meter_family(meter: Meter) -> str:
    """Return the grid meter that is nearest to a meter.

    Examples
    --------
    >>> meter_family(Meter(0, 2, 4)), meter_family(Meter(0, 9, 4)), meter_family(Meter(0, 9, 8))
    ('4/4', '3/4', '6/8')
    """
    if meter.numerator % 3:
        return "4/4"
    return "6/8" if meter.denominator >= 8 else "3/4"


def is_irregular(meter: Meter) -> bool:
    """Return whether the bars of a meter neither join nor divide into bars or dotted beats of a grid.

    Examples
    --------
    >>> [is_irregular(Meter(0, *each)) for each in ((5, 4), (7, 8), (2, 4), (9, 8))]
    [True, True, False, False]
    """
    if meter_family(meter) != "4/4":
        return False
    bar_steps, per_bar = meter.quarters * STEPS_PER_QUARTER, STEPS_PER_BAR["4/4"]
    return bool(per_bar % bar_steps and bar_steps % per_bar)


def irregular_meters(score: Score) -> list[str]:
    """Return the irregular meters of a score by name; none if they last for a tenth of it at most.

    Examples
    --------
    >>> irregular_meters(Score(meters=(Meter(0, 7, 8),)))
    ['7/8']
    """
    segments = _readable_segments(score)
    incomplete = _incomplete_bars(segments, _main_meter(segments), score.ticks_per_quarter)
    return _irregular_names([segment for segment in segments if segment not in incomplete] or segments)


def _irregular_names(segments: list[MeterSegment]) -> list[str]:
    irregular = [segment for segment in segments if is_irregular(segment.meter)]
    n_ticks = sum(segment.end_ticks - segment.start_ticks for segment in irregular)
    if n_ticks <= _MAX_IRREGULAR_SHARE * (segments[-1].end_ticks - segments[0].start_ticks):
        return []
    return list(dict.fromkeys(segment.meter.name for segment in irregular))


def _readable_segments(score: Score) -> list[MeterSegment]:
    """Return the segments by meter; a single one for a score with so many that it must be corrupt."""
    segments = meter_segments(score, merge_repeated=True)
    if len(segments) <= MAX_METERS:
        return segments
    return [MeterSegment(0, segments[-1].end_ticks, segments[0].meter)]


def _main_meter(segments: list[MeterSegment]) -> str:
    lengths: dict[str, int] = {}
    for segment in segments:
        name = meter_family(segment.meter)
        lengths[name] = lengths.get(name, 0) + segment.end_ticks - segment.start_ticks
    triple = lengths.get("3/4", 0) + lengths.get("6/8", 0)
    if lengths.get("4/4", 0) >= triple:
        return "4/4"
    return "3/4" if lengths.get("3/4", 0) >= lengths.get("6/8", 0) else "6/8"


def _incomplete_bars(segments: list[MeterSegment], meter: str, ticks_per_quarter: int) -> list[MeterSegment]:
    """Return the first and the last segment where each is a single bar shorter than those of the grid's meter."""
    if len(segments) < 2:
        return []
    bar_ticks = STEPS_PER_BAR[meter] * ticks_per_quarter / STEPS_PER_QUARTER
    return [
        segment
        for segment in (segments[0], segments[-1])
        if segment.end_ticks - segment.start_ticks < bar_ticks
        and segment.end_ticks - segment.start_ticks <= segment.meter.quarters * ticks_per_quarter
    ]


def _breakpoints(
    segment: MeterSegment, meter: str, ticks_per_quarter: int, *, keeps_rhythm: bool
) -> list[tuple[float, float]]:
    """Return corresponding ticks and steps of a segment; steps count from its start.

    Parameters
    ----------
    segment : MeterSegment
    meter : str
        The grid's meter.
    ticks_per_quarter : int
    keeps_rhythm : bool
        Whether the segment is not converted although it is in another meter.
    """
    start, stop = segment.start_ticks, segment.end_ticks
    ticks_per_step = ticks_per_quarter / STEPS_PER_QUARTER
    n_steps = (stop - start) / ticks_per_step
    steps = STEP_MAPS.get((meter_family(segment.meter), meter))
    if steps is None or keeps_rhythm:
        return [(start, 0.0), (stop, n_steps)]
    local, converted = _unit_breakpoints(steps)
    n_units = int(np.ceil(n_steps / (len(steps) - 1)))
    units = np.arange(n_units)[:, None]
    all_local = np.append((units * (len(steps) - 1) + local).ravel(), n_units * (len(steps) - 1.0))
    all_converted = np.append((units * steps[-1] + converted).ravel(), n_units * float(steps[-1]))
    end = float(np.interp(n_steps, all_local, all_converted))
    is_inside = all_local < n_steps
    points = zip(all_local[is_inside].tolist(), all_converted[is_inside].tolist(), strict=True)
    return [*((start + step * ticks_per_step, to) for step, to in points), (stop, end)]


def _unit_breakpoints(steps: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return corresponding steps within a unit of `STEP_MAPS`, which is lengthened just before its end."""
    n_steps, end = len(steps) - 1, float(steps[-1])
    jump = n_steps - _EARLY_STEPS
    local = np.array([*range(n_steps), jump - _JUST_BEFORE_TICKS, jump], dtype=np.float64)
    return local, np.array([*steps[:-1], steps[-2] + _EARLY_STEPS, end - _EARLY_STEPS], dtype=np.float64)


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


def _corrupt_notices(score: Score) -> tuple[Notice, ...]:
    segments = meter_segments(score, merge_repeated=True)
    if len(segments) <= MAX_METERS:
        return ()
    message = (
        f"The meter changes {len(segments) - 1} times, as in a corrupt file: "
        f"{segments[0].meter.name} is used throughout."
    )
    return (Notice("METER_CHANGES", message),)


def _notices(score: Score, segments: list[MeterSegment], meter: str) -> tuple[Notice, ...]:
    notices = []
    irregular = _irregular_names(segments)
    for name in dict.fromkeys(segment.meter.name for segment in segments):
        if name in (meter, *_EQUIVALENT.get(meter, ())):
            continue
        reason = IRREGULAR_METER if name in irregular else "METER_CONVERTED"
        notices.append(Notice(reason, _conversion(name, segments, meter)))
    changes = [bar_at(score, new.start_ticks) for old, new in pairwise(segments) if new.meter.name != old.meter.name]
    if changes:
        times = "once" if len(changes) == 1 else f"{len(changes)} times"
        message = f"The meter changes {times} ({describe_bars(changes)}): read as {meter}."
        notices.insert(0, Notice("METER_CHANGES", message, first_bar=changes[0], last_bar=changes[-1]))
    return tuple(notices)


def _conversion(name: str, segments: list[MeterSegment], meter: str) -> str:
    own = next(segment.meter for segment in segments if segment.meter.name == name)
    family, bar_steps, per_bar = meter_family(own), own.quarters * STEPS_PER_QUARTER, STEPS_PER_BAR[meter]
    if is_irregular(own):
        return f"{name} is not supported: read as {meter}; the notes stay where they are, the bar lines move."
    if (family, meter) in STEP_MAPS:
        return f"{name} was converted to {meter}: {_HOW[family, meter]}."
    if per_bar % bar_steps == 0 or bar_steps % per_bar == 0:
        return f"{name} is counted as {meter}: the notes stay where they are."
    return f"{name} is counted in dotted beats, two to a bar of {meter}: the notes stay where they are."
