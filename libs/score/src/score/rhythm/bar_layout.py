"""Beats laid out in bars from second 0 on, with ticks and meters.

Bar 1 is the one in which the first note begins. Silence before it is counted in beats of about the same length: in
whole bars if that fits, otherwise the first of its bars is incomplete.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from score.arrays import F64, I64
from score.model import Meter
from score.rhythm.tracker import BeatTrack

TICKS_PER_QUARTER = 960
ANTICIPATION_BEATS = 0.3
"""A first note that begins at most this much before a beat belongs to it."""
MAX_LEAD_IN_CHANGE = 1.1
"""Silence is counted in whole bars if their tempo differs from that of the music by at most this factor."""
MIN_LEAD_IN_S = 0.06
"""A shorter silence is added to the first beat."""


class BarLayout(NamedTuple):
    """Beats with their ticks, and the meters of the bars.

    Attributes
    ----------
    beats_s : ndarray, shape (beats,), float64
        The first one is 0; the last one is after the end of the piece.
    ticks : ndarray, shape (beats,), int64
    meters : tuple of Meter
    """

    beats_s: F64
    ticks: I64
    meters: tuple[Meter, ...]


def layout_bars(track: BeatTrack, first_s: float, last_s: float) -> BarLayout:
    """Lay the beats of a piece out in bars.

    Parameters
    ----------
    track : BeatTrack
    first_s, last_s : float
        The first onset, and the last point in time that must be covered.
    """
    beats_s, positions = _cover(track, first_s, last_s)
    per_bar = track.beats_per_bar
    n_pickup = int(np.argmax(positions == 0)) if (positions == 0).any() else 0
    interval_s = float(np.median(np.diff(beats_s[:5])))
    if beats_s[0] < MIN_LEAD_IN_S:
        lead_in_s = np.zeros(0)
        beats_s = np.concatenate(([0.0], beats_s[1:]))
    else:
        lead_in_s = np.arange(_lead_in_beats(float(beats_s[0]) / interval_s, n_pickup, per_bar), dtype=np.float64)
        lead_in_s *= beats_s[0] / len(lead_in_s)
    n_before = len(lead_in_s) + n_pickup
    downbeats = [*range(n_before % per_bar, n_before, per_bar)]
    downbeats += (len(lead_in_s) + np.flatnonzero(positions == 0)).tolist()
    ticks_per_beat = round(TICKS_PER_QUARTER * track.quarters_per_beat)
    all_s = np.concatenate((lead_in_s, beats_s))
    return BarLayout(all_s, np.arange(len(all_s)) * ticks_per_beat, _meters(downbeats, track, ticks_per_beat))


def _lead_in_beats(length_beats: float, n_pickup: int, per_bar: int) -> int:
    """Return the number of beats of silence before the first beat: such that whole bars result, if they fit."""
    whole = [n for n in range(int(length_beats * 2) + per_bar + 1) if n > 0 and (n + n_pickup) % per_bar == 0]
    best = min(whole, key=lambda n: abs(np.log(n / length_beats)))
    if abs(np.log(best / length_beats)) <= np.log(MAX_LEAD_IN_CHANGE):
        return best
    return max(1, round(length_beats))


def _cover(track: BeatTrack, first_s: float, last_s: float) -> tuple[F64, I64]:
    """Return the beats from that of the first note to one after the end, and the position of each in its bar."""
    beats_s, per_bar = track.beats_s, track.beats_per_bar
    before_s, after_s = (float(np.median(np.diff(part))) for part in (beats_s[:5], beats_s[-5:]))
    n_before = max(0, int(np.ceil((beats_s[0] - first_s) / before_s - ANTICIPATION_BEATS)))
    n_before = min(n_before, int(max(beats_s[0], 0) / before_s + ANTICIPATION_BEATS))
    n_after = max(0, int((last_s - beats_s[-1]) / after_s)) + 1
    head_s = beats_s[0] - before_s * np.arange(n_before, 0, -1)
    tail_s = beats_s[-1] + after_s * np.arange(1, n_after + 1)
    positions = _positions(track.is_downbeat, per_bar, n_before, n_after)
    all_s = np.concatenate((head_s, beats_s, tail_s))
    first = int(np.searchsorted(all_s + ANTICIPATION_BEATS * -before_s, first_s, side="right")) - 1
    first = max(first, 0)
    return np.maximum(all_s[first:], 0.0), positions[first:]


def _positions(is_downbeat: np.typing.NDArray[np.bool_], per_bar: int, n_before: int, n_after: int) -> I64:
    """Return the position of each beat in its bar, also before the first downbeat and after the last beat."""
    downbeats = np.flatnonzero(is_downbeat)
    first = int(downbeats[0]) if len(downbeats) else 0
    index = np.arange(-n_before, len(is_downbeat) + n_after)
    starts = np.concatenate(([first], downbeats))
    last_start = starts[np.searchsorted(starts, np.maximum(index, first), side="right") - 1]
    offsets = index - last_start
    is_tail = index >= (downbeats[-1] if len(downbeats) else 0)
    return np.where((index < first) | is_tail, offsets % per_bar, offsets)


def _meters(downbeats: list[int], track: BeatTrack, ticks_per_beat: int) -> tuple[Meter, ...]:
    """Return the meters of bars that begin on the given beats; one of fewer beats before the first of them."""
    starts = downbeats if downbeats and downbeats[0] == 0 else [0, *downbeats]
    meters: list[Meter] = []
    lengths = [after - at for at, after in pairwise(starts)] + [track.beats_per_bar]
    for start, length in zip(starts, lengths, strict=True):
        meter = _meter(start * ticks_per_beat, length, is_compound=track.is_compound)
        if not meters or meters[-1].name != meter.name:
            meters.append(meter)
    return tuple(meters)


def _meter(tick: int, n_beats: int, *, is_compound: bool) -> Meter:
    return Meter(tick, 3 * n_beats, 8) if is_compound else Meter(tick, n_beats, 4)
