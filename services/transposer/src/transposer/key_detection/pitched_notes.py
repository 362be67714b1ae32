"""The pitched notes of a piece as arrays, and the beats and bars that they stand on.

Everything counts in quarters from the beginning. Drums are left out here, once for all that looks for keys.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from score.model import Meter, Score
from servicekit.faults import NoPitchedNotes

Quarters = NDArray[np.float64]
Indices = NDArray[np.int64]

_NOTE_FIELDS = 4
_MOST_METERS = 500
"""More changes of meter than this are no music: the first is read throughout."""

_MOST_BARS = 8192
"""Nor are more bars than this, of a file of the greatest length: 4/4 is read instead."""

_NO_METER = Meter(0, 4, 4)
_EPSILON_QUARTERS = 1e-6


class Pulse(NamedTuple):
    """Beats and bars.

    ``edges`` has shape (beats + 1,): where each beat begins, and where the last ends. ``bars`` has shape (bars,): each
    bar's first beat.
    """

    edges: Quarters
    bars: Indices

    @property
    def n_beats(self) -> int:
        """How many beats there are."""
        return len(self.edges) - 1

    @property
    def bar_edges(self) -> Quarters:
        """Where each bar begins, and where the last ends; shape (bars + 1,)."""
        return np.append(self.edges[self.bars], self.edges[-1])


class Pitches(NamedTuple):
    """All notes that are no drums, each an ndarray of shape (n,), with the pulse that they stand on."""

    onsets: Quarters
    ends: Quarters
    pitches: Indices
    tracks: Indices
    pulse: Pulse


def has_pitches(score: Score) -> bool:
    """Whether anything but drums sounds."""
    return any(track.notes and not track.is_drum for track in score.tracks)


def gather(score: Score) -> Pitches:
    """Take the pitched notes out of a score.

    Raises
    ------
    NoPitchedNotes
        If only drums sound.
    """
    tracks = [track.notes for track in score.tracks if track.notes and not track.is_drum]
    if not tracks:
        raise NoPitchedNotes("Only drums sound, so the piece has no key.", tracks=len(score.tracks))
    sizes = [len(notes) for notes in tracks]
    # Notes are flat tuples: this takes a fifth of the time of `np.array(notes)`.
    flat = chain.from_iterable(chain.from_iterable(tracks))
    table = np.fromiter(flat, dtype=np.int64, count=_NOTE_FIELDS * sum(sizes)).reshape(-1, _NOTE_FIELDS)
    onsets = table[:, 0] / score.ticks_per_quarter
    ends = onsets + table[:, 1] / score.ticks_per_quarter
    owners = np.repeat(np.arange(len(sizes)), sizes)
    pulse = pulse_of(score.meters, score.ticks_per_quarter, float(ends.max()))
    return Pitches(onsets, ends, table[:, 2], owners, pulse)


def cut(pitches: Pitches, first_bar: int, stop_bar: int) -> Pitches:
    """Take whole bars out of a piece, moved to begin at 0; notes that ring on are cut at the end."""
    bars = np.append(pitches.pulse.bars, pitches.pulse.n_beats)
    edges = pitches.pulse.edges[bars[first_bar] : bars[stop_bar] + 1]
    within = (pitches.onsets >= edges[0] - _EPSILON_QUARTERS) & (pitches.onsets < edges[-1] - _EPSILON_QUARTERS)
    return Pitches(
        onsets=np.maximum(pitches.onsets[within] - edges[0], 0.0),
        ends=np.minimum(pitches.ends[within], edges[-1]) - edges[0],
        pitches=pitches.pitches[within],
        tracks=pitches.tracks[within],
        pulse=Pulse(edges - edges[0], bars[first_bar:stop_bar] - bars[first_bar]),
    )


def pulse_of(meters: tuple[Meter, ...], ticks_per_quarter: int, end: float) -> Pulse:
    """Lay out beats and bars up to ``end``, in quarters; the last bar may be cut short."""
    spans = _spans(meters, ticks_per_quarter, end)
    if sum((stop - start) / meter.quarters for start, stop, meter in spans) > _MOST_BARS:
        spans = [(0.0, end, _NO_METER)]
    edges, firsts, n_beats = [], [], 0
    for start, stop, meter in spans:
        beats = _beats_a_bar(meter)
        step = meter.quarters / beats
        count = max(1, int(np.ceil((stop - start) / step - _EPSILON_QUARTERS)))
        edges.append(start + step * np.arange(count))
        firsts.append(n_beats + np.arange(0, count, beats))
        n_beats += count
    last = max(end, float(edges[-1][-1]) + _EPSILON_QUARTERS)
    return Pulse(np.append(np.concatenate(edges), last), np.concatenate(firsts))


def _spans(meters: tuple[Meter, ...], ticks_per_quarter: int, end: float) -> list[tuple[float, float, Meter]]:
    """List the stretches of one meter that begin before the end."""
    known = list(meters if len(meters) <= _MOST_METERS else meters[:1])
    if not known or known[0].tick > 0:
        known.insert(0, _NO_METER)
    starts = [meter.tick / ticks_per_quarter for meter in known]
    stops = [min(start, end) for start in (*starts[1:], end)]
    spans = list(zip(starts, stops, known, strict=True))
    return [span for span in spans if span[0] < span[1]] or spans[:1]


def _beats_a_bar(meter: Meter) -> int:
    """Count a bar's beats: dotted ones where eighths or shorter come in threes."""
    if meter.denominator >= 8:
        return meter.numerator // 3 if meter.numerator % 3 == 0 else max(1, round(meter.quarters))
    return meter.numerator
