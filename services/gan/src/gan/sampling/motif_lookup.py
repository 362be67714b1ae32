"""Copy hints: events that continue a line as it went on before, literally or transposed.

Melodies are made of few motifs. After its latest intervals a line often goes on as it did when it last had the same
intervals; and at a step that may repeat an earlier one (`N_REPEAT_SOURCES`) it often makes the same interval as there,
from another note: a sequence. The generator is given both as candidate events, and learns how much to rely on each. The
first does by table look-up what induction heads learn to do (Olsson et al., *In-context Learning and Induction Heads*,
2022).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import I16, I64
from score.encoding import FIRST_PITCH_EVENT

from gan.network.dims import (
    DRUM_CHANNEL,
    MAX_CONTEXT,
    MAX_INTERVAL,
    N_CHANNELS,
    N_COPY_HINTS,
    N_INTERVALS,
    N_PITCHED_EVENTS,
    N_REPEAT_SOURCES,
)
from gan.sampling.jit import jit

NO_HINT = -1

_N_LINES = N_CHANNELS - 1
_FIRST_LINE = DRUM_CHANNEL + 1
"""Lines are the pitched channels."""

_N_SLOTS = 4093
"""Slots of the table of continuations for each length of context. There are more contexts of three intervals than
slots: they share slots by a prime remainder."""

_NO_INTERVAL = -1000
"""In place of an interval where no note begins. No event is this far from another."""

# Indices into the last axis of hints.
_HALF_BAR_EVENT, _HALF_BAR_INTERVAL = N_REPEAT_SOURCES, N_REPEAT_SOURCES + 1
_FIRST_CONTINUATION = N_REPEAT_SOURCES + 2

# Indices into a line's state: its last note event, or 0; steps since then; its latest intervals, the last one first,
# or -1; the continuations of these contexts, or `NO_HINT`; and the steps from the last note after which they are due.
_LAST, _ELAPSED, _CONTEXT, _CONTINUATION, _DUE = 0, 1, 2, 2 + MAX_CONTEXT, 2 + 2 * MAX_CONTEXT


class LineHistory(NamedTuple):
    """What the lines of a batch have played, or those of one of its rows.

    Attributes
    ----------
    line_states : ndarray, shape (batch, lines, 2 + 3 * MAX_CONTEXT), int64
        Indexed by `_LAST` and the constants after it.
    intervals : ndarray, shape (batch, steps, lines), int64
        The interval to the note that began at a step, or `_NO_INTERVAL`.
    continuations : ndarray, shape (batch, lines, MAX_CONTEXT, slots, 2), int16
        The interval that last followed a context, or -1, and after how many steps.
    """

    line_states: I64
    intervals: I64
    continuations: I16


def init_history(last_notes: I64, n_steps: int) -> LineHistory:
    """Return the history of a batch before its first step.

    ``last_notes``, (batch, N_CHANNELS), are the note events that the channels began last, or 0.
    """
    batch = len(last_notes)
    line_states = np.zeros((batch, _N_LINES, 2 + 3 * MAX_CONTEXT), np.int64)
    line_states[:, :, _LAST] = last_notes[:, _FIRST_LINE:]
    line_states[:, :, _CONTEXT:_CONTINUATION] = -1
    line_states[:, :, _CONTINUATION:_DUE] = NO_HINT
    return LineHistory(
        line_states=line_states,
        intervals=np.full((batch, n_steps, _N_LINES), _NO_INTERVAL, np.int64),
        continuations=np.full((batch, _N_LINES, MAX_CONTEXT, _N_SLOTS, 2), -1, np.int16),
    )


@jit
def suggest(
    line_states: I64, intervals: I64, events: I64, repeat_steps: I64, half_bar_steps: int, step: int, hints: I64
) -> None:
    """Write the hints for the coming step of a row, or `NO_HINT`.

    Parameters
    ----------
    line_states, intervals : ndarray
        The row's part of `LineHistory`.
    events : ndarray, shape (steps, N_CHANNELS), int64
        Known before the step.
    repeat_steps : ndarray, shape (N_REPEAT_SOURCES,), int64
        The earlier steps that it may repeat, or -1.
    half_bar_steps : int
        Steps of half a bar.
    step : int
    hints : ndarray, shape (N_CHANNELS, N_COPY_HINTS), int64
        Written to.
    """
    half_bar_ago = step - half_bar_steps
    for channel in range(N_CHANNELS):
        for kind in range(N_COPY_HINTS):
            hints[channel, kind] = NO_HINT
        if half_bar_ago >= 0:
            hints[channel, _HALF_BAR_EVENT] = events[half_bar_ago, channel]
    for line in range(_N_LINES):
        own, state = hints[_FIRST_LINE + line], line_states[line]
        for source in range(N_REPEAT_SOURCES):
            own[source] = _repeat_interval(state[_LAST], intervals, repeat_steps[source], line)
        own[_HALF_BAR_INTERVAL] = _repeat_interval(state[_LAST], intervals, half_bar_ago, line)
        for length in range(MAX_CONTEXT):
            # Two hints a length: one while the continuation is awaited, one when it is due, so that rhythm counts.
            is_due = state[_DUE + length] == state[_ELAPSED]
            own[_FIRST_CONTINUATION + 2 * length + is_due] = state[_CONTINUATION + length]


@jit
def _repeat_interval(last: int, intervals: I64, step: int, line: int) -> int:
    """Return the event that is as far from a line's last note as the note of an earlier step was from its own."""
    if step < 0 or last <= 0:
        return NO_HINT
    event = last + intervals[step, line]
    return event if FIRST_PITCH_EVENT <= event < N_PITCHED_EVENTS else NO_HINT


@jit
def update(line_states: I64, intervals: I64, continuations: I16, step: int, events: I64) -> None:
    """Advance a row's history by a step whose events are known.

    Parameters
    ----------
    line_states, intervals, continuations : ndarray
        The row's part of `LineHistory`; written to.
    step : int
    events : ndarray, shape (N_CHANNELS,), int64
    """
    for line in range(_N_LINES):
        state = line_states[line]
        state[_ELAPSED] += 1
        note = events[_FIRST_LINE + line]
        if note >= FIRST_PITCH_EVENT:
            if state[_LAST] > 0:
                intervals[step, line] = note - state[_LAST]
                _store(state, continuations[line], intervals[step, line])
            state[_LAST], state[_ELAPSED] = note, 0
            _look_up(state, continuations[line])


@jit
def _store(state: I64, continuations: I16, interval: int) -> None:
    """Store an interval as the continuation of each context of a line, and make it the latest of its intervals."""
    index = min(max(interval, -MAX_INTERVAL), MAX_INTERVAL) + MAX_INTERVAL
    slot = 0
    for length in range(MAX_CONTEXT):
        slot = _extend(slot, state[_CONTEXT + length])
        if state[_CONTEXT + length] >= 0:
            continuations[length, slot, 0], continuations[length, slot, 1] = index, state[_ELAPSED]
    for length in range(MAX_CONTEXT - 1, 0, -1):
        state[_CONTEXT + length] = state[_CONTEXT + length - 1]
    state[_CONTEXT] = index


@jit
def _look_up(state: I64, continuations: I16) -> None:
    """Look up how the line went on after each of its present contexts."""
    slot = 0
    for length in range(MAX_CONTEXT):
        context = state[_CONTEXT + length]
        slot = _extend(slot, context)
        index = continuations[length, slot, 0]
        event = state[_LAST] + index - MAX_INTERVAL
        is_found = context >= 0 and index >= 0 and FIRST_PITCH_EVENT <= event < N_PITCHED_EVENTS
        state[_CONTINUATION + length] = event if is_found else NO_HINT
        state[_DUE + length] = continuations[length, slot, 1] - 1


@jit
def _extend(slot: int, interval: int) -> int:
    """Return the slot of a context that is one interval longer. An interval of -1, none, is hashed like any other."""
    return (slot * N_INTERVALS + max(interval, 0) + 1) % _N_SLOTS


def trace_hints(events: I64, repeat_steps: I64, last_notes: I64, half_bar_steps: I64) -> I64:
    """Return the hints for each step of known music.

    Parameters
    ----------
    events : ndarray, shape (batch, steps, N_CHANNELS), int64
    repeat_steps : ndarray, shape (batch, steps, N_REPEAT_SOURCES), int64
        The earlier steps that each step may repeat, or -1.
    last_notes : ndarray, shape (batch, N_CHANNELS), int64
        The latest note events before the first step, or 0.
    half_bar_steps : ndarray, shape (batch,), int64
        Steps of half a bar.

    Returns
    -------
    ndarray, shape (batch, steps, N_CHANNELS, N_COPY_HINTS), int64
        Events, or `NO_HINT`.
    """
    hints = np.empty((*events.shape, N_COPY_HINTS), np.int64)
    history = init_history(last_notes, events.shape[1])
    for row in range(len(events)):
        states, intervals, continuations = (part[row] for part in history)
        own = np.ascontiguousarray(events[row])
        _trace_row(states, intervals, continuations, own, repeat_steps[row], half_bar_steps[row], hints[row])
    return hints


@jit
def _trace_row(
    line_states: I64,
    intervals: I64,
    continuations: I16,
    events: I64,
    repeat_steps: I64,
    half_bar_steps: int,
    hints: I64,
) -> None:
    for step in range(len(events)):
        suggest(line_states, intervals, events, repeat_steps[step], half_bar_steps, step, hints[step])
        update(line_states, intervals, continuations, step, events[step])
