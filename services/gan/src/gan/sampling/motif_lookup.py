"""What a line has done before, as hints of what it may do next: figures that come again, as they were or moved.

A melody is made of few figures. After the intervals that a line has just gone it often goes on as it did when it last
went the same; and at the places that a step may bring back (`N_REPEAT_SOURCES`) it often does there what it did then,
from another note: a sequence. The generator is told both as events, and learns how much to make of each. The first is
what induction heads do (Olsson et al., *In-context Learning and Induction Heads*, 2022), by look-up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import I16, I64
from score.encoding import OFF

from gan.network.dims import (
    DRUM_CHANNEL,
    EVENT_VOCAB_SIZES,
    MAX_CONTEXT,
    MAX_INTERVAL,
    N_CHANNELS,
    N_COPY_HINTS,
    N_REPEAT_SOURCES,
)
from gan.sampling.jit import jit

NO_HINT = -1

FIRST_NOTE, NOTE_LIMIT = OFF + 1, EVENT_VOCAB_SIZES[-1]
_INTERVALS = 2 * MAX_INTERVAL + 1
_SLOTS = 4093
"""Of longer contexts there are more than fit: they share slots, by a remainder."""

_LINES = N_CHANNELS - 1
_FIRST_LINE = DRUM_CHANNEL + 1
_HALF_AS_WAS, _HALF_MOVED = N_REPEAT_SOURCES, N_REPEAT_SOURCES + 1
_FIRST_RECALLED = N_REPEAT_SOURCES + 2

_NOWHERE = -1000
"""An interval where no note begins: it leads to no event."""


_LAST, _SINCE, _CONTEXT, _RECALLED, _DUE = 0, 1, 2, 2 + MAX_CONTEXT, 2 + 2 * MAX_CONTEXT
"""What is kept of a line as it is now: the note event that it began last, or 0, and the steps since; its latest
intervals, the last one first, or -1; the events that followed on each context of these, or `NO_HINT`, and when."""


class Lines(NamedTuple):
    """What the lines of a batch have done, or those of one of its rows; lines are the channels but drums.

    Attributes
    ----------
    now : ndarray, shape (batch, lines, 2 + 3 * MAX_CONTEXT), int64
        As `_LAST` and those after it say.
    moved : ndarray, shape (batch, steps, lines), int64
        The interval to the note that began at a step, or `_NOWHERE`.
    after : ndarray, shape (batch, lines, MAX_CONTEXT, _SLOTS, 2), int16
        Which interval followed a context, or -1, and after how many steps.
    """

    now: I64
    moved: I64
    after: I16


def begin(last: I64, steps: int) -> Lines:
    """Begin to follow a batch for so many steps; ``last`` is the note event that each channel began last, or 0."""
    batch = len(last)
    now = np.zeros((batch, _LINES, 2 + 3 * MAX_CONTEXT), np.int64)
    now[:, :, _LAST] = last[:, _FIRST_LINE:]
    now[:, :, _CONTEXT:_RECALLED] = -1
    now[:, :, _RECALLED:_DUE] = NO_HINT
    return Lines(
        now=now,
        moved=np.full((batch, steps, _LINES), _NOWHERE, np.int64),
        after=np.full((batch, _LINES, MAX_CONTEXT, _SLOTS, 2), -1, np.int16),
    )


@jit
def hint(now: I64, moved: I64, events: I64, origin: I64, half_bar: int, step: int, hints: I64) -> None:
    """Say which events a coming step of a row is hinted at, or `NO_HINT`.

    Parameters
    ----------
    now, moved : ndarray
        Of `Lines`.
    events : ndarray, shape (steps, N_CHANNELS), int64
        Known before the step.
    origin : ndarray, shape (N_REPEAT_SOURCES,), int64
        The earlier steps that it may bring back, or `NO_SOURCE`.
    half_bar : int
        I64 of half a bar.
    step : int
    hints : ndarray, shape (N_CHANNELS, N_COPY_HINTS), int64
        Written to.
    """
    half = step - half_bar
    for channel in range(N_CHANNELS):
        for kind in range(N_COPY_HINTS):
            hints[channel, kind] = NO_HINT
        if half >= 0:
            hints[channel, _HALF_AS_WAS] = events[half, channel]
    for line in range(_LINES):
        own, line_now = hints[_FIRST_LINE + line], now[line]
        for echo in range(N_REPEAT_SOURCES):
            own[echo] = _go_on(line_now[_LAST], moved, origin[echo], line)
        own[_HALF_MOVED] = _go_on(line_now[_LAST], moved, half, line)
        for length in range(MAX_CONTEXT):
            is_due = line_now[_DUE + length] == line_now[_SINCE]
            own[_FIRST_RECALLED + 2 * length + is_due] = line_now[_RECALLED + length]


@jit
def _go_on(last: int, moved: I64, place: int, line: int) -> int:
    """Go from where a line is by the interval it made at a place."""
    if place < 0 or last <= 0:
        return NO_HINT
    event = last + moved[place, line]
    return event if FIRST_NOTE <= event < NOTE_LIMIT else NO_HINT


@jit
def take_in(now: I64, moved: I64, after: I16, step: int, said: I64) -> None:
    """Go on by a step of a row whose events are known: (N_CHANNELS,)."""
    for line in range(_LINES):
        now[line, _SINCE] += 1
        note = said[_FIRST_LINE + line]
        if note >= FIRST_NOTE:
            if now[line, _LAST] > 0:
                moved[step, line] = note - now[line, _LAST]
                _learn(now[line], after[line], moved[step, line])
            now[line, _LAST], now[line, _SINCE] = note, 0
            _recall(now[line], after[line])


@jit
def _learn(now: I64, after: I16, moved: int) -> None:
    """Keep of each context of a line that it was followed by an interval, which is then the latest."""
    interval = min(max(moved, -MAX_INTERVAL), MAX_INTERVAL) + MAX_INTERVAL
    key = 0
    for length in range(MAX_CONTEXT):
        key = _longer(key, now[_CONTEXT + length])
        if now[_CONTEXT + length] >= 0:
            after[length, key, 0], after[length, key, 1] = interval, now[_SINCE]
    for length in range(MAX_CONTEXT - 1, 0, -1):
        now[_CONTEXT + length] = now[_CONTEXT + length - 1]
    now[_CONTEXT] = interval


@jit
def _recall(now: I64, after: I16) -> None:
    """Look up how a line went on after what it has done now."""
    key = 0
    for length in range(MAX_CONTEXT):
        interval = now[_CONTEXT + length]
        key = _longer(key, interval)
        found = after[length, key, 0]
        event = now[_LAST] + found - MAX_INTERVAL
        is_there = interval >= 0 and found >= 0 and FIRST_NOTE <= event < NOTE_LIMIT
        now[_RECALLED + length] = event if is_there else NO_HINT
        now[_DUE + length] = after[length, key, 1] - 1


@jit
def _longer(key: int, interval: int) -> int:
    """Make a context one interval longer: its slot. Where there is no such interval, there is none longer either."""
    return (key * _INTERVALS + max(interval, 0) + 1) % _SLOTS


def trace_hints(events: I64, origin: I64, last: I64, half_bars: I64) -> I64:
    """Say what hints each step of known music has: (batch, steps, N_CHANNELS, N_COPY_HINTS).

    Parameters
    ----------
    events : ndarray, shape (batch, steps, N_CHANNELS), int64
    origin : ndarray, shape (batch, steps, N_REPEAT_SOURCES), int64
    last : ndarray, shape (batch, N_CHANNELS), int64
        Before the first step.
    half_bars : ndarray, shape (batch,), int64
    """
    hints = np.empty((*events.shape, N_COPY_HINTS), np.int64)
    lines = begin(last, events.shape[1])
    for row in range(len(events)):
        now, moved, after = (part[row] for part in lines)
        _follow(now, moved, after, np.ascontiguousarray(events[row]), origin[row], half_bars[row], hints[row])
    return hints


@jit
def _follow(now: I64, moved: I64, after: I16, events: I64, origin: I64, half_bar: int, hints: I64) -> None:
    for step in range(len(events)):
        hint(now, moved, events, origin[step], half_bar, step, hints[step])
        take_in(now, moved, after, step, events[step])
