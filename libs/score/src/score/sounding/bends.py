"""Pitch bends: a bend of a semitone or more is another pitch, a smaller one is expression.

A note takes the pitch at which it is held. A bend that reaches its pitch at once, or that slides there, does not begin
a new note; a bend from one held pitch to another one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from score.arrays import F64, I64, Bool
from score.midi.smf import CONTROLLER, PITCH_BEND
from score.model import Event
from score.sounding.controls import (
    DATA_COARSE,
    DATA_FINE,
    NRPN_COARSE,
    NRPN_FINE,
    RESET_CONTROLLERS,
    RPN_COARSE,
    RPN_FINE,
    StepCurve,
)
from score.sounding.note_array import END, ONSET, PITCH, RELEASE
from score.tempo_map import TempoMap

_MAX_BENDS_UNDER_NOTES = 20_000_000
"""With more bends during all notes together, which no music has, none is read as a pitch: reading stays short."""

_CENTRE = 8192
_DEFAULT_RANGE_SEMITONES = 2.0
_MIN_SEMITONES = 0.75
"""Smaller bends are no other pitch."""

_STEADY_SEMITONES = 0.25
"""A held pitch is this near to a semitone."""

_MIN_HELD_S, _MIN_HELD_SHARE, _ALWAYS_HELD_S = 0.09, 0.2, 0.25
"""A pitch is held if it lasts for 90 ms and for a fifth of the note, or for 250 ms."""

_BEND_RANGE, _FINE_TUNING, _COARSE_TUNING = (0, 0), (0, 1), (0, 2)
_MAX_PITCH = 127


class _Run(NamedTuple):
    """A stretch of a bend that is nearest to one semitone."""

    semitones: int
    first: int
    stop: int
    seconds: float
    steady_s: float


def bend_curve(events: Sequence[Event]) -> StepCurve | None:
    """Return bend and tuning in semitones over time; None if they never reach another pitch.

    Examples
    --------
    >>> up = Event(10, bytes((0xE0, 0x7F, 0x7F)))
    >>> bend_curve([up]).values.round(2).tolist()
    [0.0, 2.0]
    """
    reader = _BendReader()
    for event in events:
        reader.read(event)
    if all(abs(semitones) < _MIN_SEMITONES for _, semitones in reader.changes):
        return None
    return StepCurve.from_changes(reader.changes, 0.0)


def apply_bends(notes: I64, curve: StepCurve, tempo_map: TempoMap) -> tuple[I64, Bool]:
    """Return an instrument's notes at the pitches that sound, and which of them are bent there.

    Parameters
    ----------
    notes : ndarray, shape (n, 6), int64
        A note array, no two notes of which have one key at a time.
    curve : StepCurve
        From `bend_curve`.
    tempo_map : TempoMap
        The piece's.
    """
    spans = np.searchsorted(curve.ticks, notes[:, END]) - np.searchsorted(curve.ticks, notes[:, ONSET])
    if int(spans.sum()) > _MAX_BENDS_UNDER_NOTES:
        return notes, np.zeros(len(notes), dtype=np.bool_)
    is_bent = np.abs(curve.values) >= _MIN_SEMITONES
    shares = StepCurve(curve.ticks, is_bent.astype(np.float64)).mean(notes[:, ONSET], notes[:, END])
    sounding: list[I64] = [notes[shares <= 0]]
    is_other_pitch = [np.zeros(len(sounding[0]), dtype=np.bool_)]
    for note in notes[shares > 0]:
        rows = _bend_note(note, curve, tempo_map)
        sounding.append(rows)
        is_other_pitch.append(rows[:, PITCH] != note[PITCH])
    return np.concatenate(sounding), np.concatenate(is_other_pitch)


class _BendReader:
    """Follows the bend wheel, its range and the tuning of a channel."""

    def __init__(self) -> None:
        self.changes: list[tuple[int, float]] = []
        self._parameter: tuple[int, int] | None = None
        self._selected = [127, 127]
        self._values: dict[tuple[int, int], list[int]] = {
            _BEND_RANGE: [int(_DEFAULT_RANGE_SEMITONES), 0],
            _FINE_TUNING: [64, 0],
            _COARSE_TUNING: [64, 0],
        }
        self._wheel = 0

    def read(self, event: Event) -> None:
        """Read one channel message."""
        kind = event.data[0] & 0xF0
        if kind == PITCH_BEND:
            self._wheel = (event.data[1] | event.data[2] << 7) - _CENTRE
        elif kind != CONTROLLER or not self._read_controller(event.data[1], event.data[2]):
            return
        self.changes.append((event.tick, self._semitones()))

    def _read_controller(self, number: int, value: int) -> bool:
        """Read a controller; return whether it may change the pitch."""
        if number in (RPN_COARSE, RPN_FINE):
            self._selected[number == RPN_FINE] = value
            self._parameter = (self._selected[0], self._selected[1])
        elif number in (NRPN_COARSE, NRPN_FINE):
            self._parameter = None
        elif number in (DATA_COARSE, DATA_FINE) and self._parameter in self._values:
            self._values[self._parameter][number == DATA_FINE] = value
            return True
        elif number == RESET_CONTROLLERS:
            self._wheel = 0
            return True
        return False

    def _semitones(self) -> float:
        coarse, cents = self._values[_BEND_RANGE]
        fine = self._values[_FINE_TUNING]
        tuning = self._values[_COARSE_TUNING][0] - 64 + ((fine[0] << 7 | fine[1]) - _CENTRE) / _CENTRE
        return self._wheel / _CENTRE * (coarse + cents / 100) + tuning


def _bend_note(note: I64, curve: StepCurve, tempo_map: TempoMap) -> I64:
    """Return the notes that one note sounds as, in the order of time."""
    onset, end = int(note[ONSET]), int(note[END])
    first = int(np.searchsorted(curve.ticks, onset, side="right")) - 1
    stop = int(np.searchsorted(curve.ticks, end, side="left"))
    starts = np.maximum(curve.ticks[first:stop], onset)
    values = curve.values[first:stop]
    runs = _runs(values, np.diff(tempo_map.seconds_at(np.append(starts, end))))
    held = _held_runs(runs)
    edges = [onset, *(_crossing(starts, values, *pair) for pair in pairwise(held)), end]
    rows = np.repeat(note[None], len(held), axis=0)
    rows[:, ONSET], rows[:, END] = edges[:-1], edges[1:]
    rows[:-1, RELEASE] = edges[1:-1]
    rows[:, PITCH] = np.clip(rows[:, PITCH] + [run.semitones for run in held], 0, _MAX_PITCH)
    return rows


def _runs(values: F64, durations_s: F64) -> list[_Run]:
    nearest = np.where(np.abs(values) < _MIN_SEMITONES, 0, np.rint(values)).astype(np.int64)
    is_steady = np.abs(values - nearest) <= _STEADY_SEMITONES
    bounds = [0, *(np.flatnonzero(np.diff(nearest)) + 1).tolist(), len(nearest)]
    seconds = np.add.reduceat(durations_s, bounds[:-1])
    steady_s = np.add.reduceat(durations_s * is_steady, bounds[:-1])
    semitones = nearest[bounds[:-1]]
    columns = (semitones.tolist(), bounds[:-1], bounds[1:], seconds.tolist(), steady_s.tolist())
    return [_Run(*row) for row in zip(*columns, strict=True)]


def _held_runs(runs: Sequence[_Run]) -> list[_Run]:
    """Return the pitches that are held, neighbours differing; else the one that sounds for longest."""
    total_s = sum(run.seconds for run in runs)
    min_s = max(_MIN_HELD_S, min(_MIN_HELD_SHARE * total_s, _ALWAYS_HELD_S))
    held: list[_Run] = []
    for run in runs:
        if run.steady_s < min_s:
            continue
        if held and held[-1].semitones == run.semitones:
            held[-1] = held[-1]._replace(stop=run.stop)
        else:
            held.append(run)
    if held:
        return held
    lengths: dict[int, float] = {}
    for run in runs:
        lengths[run.semitones] = lengths.get(run.semitones, 0.0) + run.seconds
    longest = max(lengths, key=lambda semitones: lengths[semitones])
    return [next(run for run in runs if run.semitones == longest)]


def _crossing(starts: I64, values: F64, earlier: _Run, later: _Run) -> int:
    """Return the tick at which a bend between two held pitches passes the middle between them."""
    middle = (earlier.semitones + later.semitones) / 2
    sign = 1 if later.semitones > earlier.semitones else -1
    passed = np.flatnonzero((values[earlier.stop : later.first] - middle) * sign >= 0)
    return int(starts[earlier.stop + int(passed[0]) if len(passed) else later.first])
