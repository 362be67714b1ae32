"""Beats and bars of a piece, in quarter notes, under its meters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from score.arrays import F64, I64
from score.meter_map import MAX_METERS, meters_in_force
from score.model import Meter

EPSILON_QUARTERS = 1e-6
"""Tolerance for the rounding of ticks to quarters."""

_MAX_BARS = 8192
"""Even the longest piece has fewer bars in any real meter. Beyond this the meters are ignored and 4/4 is used."""

_DEFAULT_METER = Meter(0, 4, 4)


class BeatGrid(NamedTuple):
    """Beats and bars.

    Attributes
    ----------
    beat_edges_quarters : ndarray, shape (beats + 1,), float64
        Onset of each beat, and the end of the last one.
    first_beats : ndarray, shape (bars,), int64
        Index of the first beat of each bar.
    """

    beat_edges_quarters: F64
    first_beats: I64

    @property
    def n_beats(self) -> int:
        """Number of beats."""
        return len(self.beat_edges_quarters) - 1

    @property
    def n_bars(self) -> int:
        """Number of bars."""
        return len(self.first_beats)

    @property
    def bar_onsets_quarters(self) -> F64:
        """Onset of each bar, shape (bars,)."""
        return np.asarray(self.beat_edges_quarters[self.first_beats])

    @property
    def bar_edges_quarters(self) -> F64:
        """Onset of each bar, and the end of the last one; shape (bars + 1,)."""
        return np.append(self.bar_onsets_quarters, self.beat_edges_quarters[-1])


def build_beat_grid(meters: Sequence[Meter], ticks_per_quarter: int, end_quarters: float) -> BeatGrid:
    """Build the beats and bars of a piece.

    Parameters
    ----------
    meters : sequence of Meter
        By tick. 4/4 is in force where none is given at tick 0.
    ticks_per_quarter : int
        Resolution of the meters' ticks.
    end_quarters : float
        End of the piece; the last bar may be shorter than its meter.
    """
    spans = _meter_spans(meters, ticks_per_quarter, end_quarters)
    if sum((stop - start) / meter.quarters for start, stop, meter in spans) > _MAX_BARS:
        spans = [(0.0, end_quarters, _DEFAULT_METER)]
    onsets, first_beats, n_beats = [], [], 0
    for start, stop, meter in spans:
        beats_per_bar = _beats_per_bar(meter)
        beat_quarters = meter.quarters / beats_per_bar
        count = max(1, int(np.ceil((stop - start) / beat_quarters - EPSILON_QUARTERS)))
        onsets.append(start + beat_quarters * np.arange(count))
        first_beats.append(n_beats + np.arange(0, count, beats_per_bar))
        n_beats += count
    last = max(end_quarters, float(onsets[-1][-1]) + EPSILON_QUARTERS)
    return BeatGrid(np.append(np.concatenate(onsets), last), np.concatenate(first_beats))


def _meter_spans(
    meters: Sequence[Meter], ticks_per_quarter: int, end_quarters: float
) -> list[tuple[float, float, Meter]]:
    """List the spans of one meter each that begin before the end: onset and end in quarters, and the meter."""
    in_force = meters_in_force(meters if len(meters) <= MAX_METERS else meters[:1])
    starts = [meter.tick / ticks_per_quarter for meter in in_force]
    stops = [min(start, end_quarters) for start in (*starts[1:], end_quarters)]
    spans = list(zip(starts, stops, in_force, strict=True))
    return [span for span in spans if span[0] < span[1]] or spans[:1]


def _beats_per_bar(meter: Meter) -> int:
    """Return the number of beats in a bar; beats are dotted where eighths or shorter notes come in threes."""
    if meter.denominator >= 8:
        return meter.numerator // 3 if meter.numerator % 3 == 0 else max(1, round(meter.quarters))
    return meter.numerator
