"""What a line has done before, as hints of what it may do next: figures that come again, as they were or moved.

A melody is made of few figures. After the intervals that a line has just gone it often goes on as it did when it last
went the same; and at the places that a step may bring back (`gan.shapes.ECHOES`) it often does there what it did then,
from another note: a sequence. The generator is told both as events, and learns how much to make of each. The first is
what induction heads do (Olsson et al., *In-context Learning and Induction Heads*, 2022), by look-up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from score.encoding import OFF

from gan.channels import NO_SOURCE, Steps
from gan.shapes import CHANNEL_COUNT, CHOICES, DRUM_CHANNEL, ECHOES, HINTS, REACH, RECALLED

NO_HINT = -1

FIRST_NOTE, NOTE_LIMIT = OFF + 1, CHOICES[-1]
_INTERVALS = 2 * REACH + 1
_SLOTS = 4093
"""Of longer contexts there are more than fit: they share slots, by a remainder."""

_LINES = CHANNEL_COUNT - 1
_HALF_AS_WAS, _HALF_MOVED = ECHOES, ECHOES + 1
_FIRST_RECALLED = ECHOES + 2


class Motifs:
    """Follows the lines of a batch and hints at what may come next.

    Parameters
    ----------
    last : ndarray, shape (batch, CHANNEL_COUNT), int64
        The note event that each channel began last, or 0.
    half_bars : ndarray, shape (batch,), int64
        Steps of half a bar.
    steps : int
        That will be followed, at most.
    """

    def __init__(self, last: Steps, half_bars: Steps, steps: int) -> None:
        batch = len(last)
        self._last = last[:, DRUM_CHANNEL + 1 :].copy()
        self._half_bars = half_bars
        self._events = np.zeros((steps, batch, CHANNEL_COUNT), np.int64)
        self._moved = np.full((steps, batch, _LINES), _NOWHERE, np.int64)
        self._step = 0
        self._since = np.zeros((batch, _LINES), np.int64)
        self._context = np.full((RECALLED, batch, _LINES), -1, np.int64)
        self._next = np.full((RECALLED, batch, _LINES, _SLOTS), -1, np.int8)
        self._wait = np.zeros((RECALLED, batch, _LINES, _SLOTS), np.int16)
        self._recalled = np.full((batch, _LINES, RECALLED), NO_HINT, np.int64)
        self._due = np.zeros((batch, _LINES, RECALLED), np.int64)
        self._rows = np.arange(batch)[:, None]

    def hint(self, origin: Steps) -> Steps:
        """Say which events the coming step is hinted at, or `NO_HINT`: (batch, CHANNEL_COUNT, HINTS).

        Parameters
        ----------
        origin : ndarray, shape (batch, ECHOES), int64
            The earlier steps that it may bring back, or `NO_SOURCE`.
        """
        hints = np.full((len(origin), CHANNEL_COUNT, HINTS), NO_HINT, np.int64)
        half = self._step - self._half_bars[:, None]
        places = np.concatenate([origin, np.where(half >= 0, half, NO_SOURCE)], axis=1)
        back = self._moved[places, self._rows] + self._last[:, None]
        is_there = (places != NO_SOURCE)[:, :, None] & (self._last > 0)[:, None]
        back = np.where(is_there & (back >= FIRST_NOTE) & (back < NOTE_LIMIT), back, NO_HINT)
        hints[:, 1:, :ECHOES] = back[:, :ECHOES].swapaxes(1, 2)
        hints[:, 1:, _HALF_MOVED] = back[:, ECHOES]
        hints[:, :, _HALF_AS_WAS] = np.where(half >= 0, self._events[half[:, 0], self._rows[:, 0]], NO_HINT)
        is_due = self._due == self._since[..., None]
        hints[:, 1:, _FIRST_RECALLED::2] = np.where(is_due, NO_HINT, self._recalled)
        hints[:, 1:, _FIRST_RECALLED + 1 :: 2] = np.where(is_due, self._recalled, NO_HINT)
        return hints

    def take_in(self, events: Steps) -> None:
        """Go on by a step whose events are known: (batch, CHANNEL_COUNT)."""
        self._events[self._step] = events
        lines = events[:, DRUM_CHANNEL + 1 :]
        self._since += 1
        row, line = np.nonzero(lines >= FIRST_NOTE)
        if len(row):
            self._begin(row, line, lines[row, line])
        self._step += 1

    def _begin(self, row: Steps, line: Steps, note: Steps) -> None:
        before = self._last[row, line]
        goes = before > 0
        row_on, line_on, moved = row[goes], line[goes], (note - before)[goes]
        self._moved[self._step, row_on, line_on] = moved
        interval = np.clip(moved, -REACH, REACH) + REACH
        waited = self._since[row_on, line_on]
        key: Steps = np.zeros(len(row_on), np.int64)
        context = self._context[:, row_on, line_on]
        for length in range(RECALLED):
            key, is_known = _longer(key, context[length])
            at = length, row_on[is_known], line_on[is_known], key[is_known]
            self._next[at], self._wait[at] = interval[is_known], waited[is_known]
        self._context[1:, row_on, line_on] = context[:-1]
        self._context[0, row_on, line_on] = interval
        self._last[row, line], self._since[row, line] = note, 0
        self._recall(row, line, note)

    def _recall(self, row: Steps, line: Steps, note: Steps) -> None:
        """Look up how lines went on after what they have done now."""
        key: Steps = np.zeros(len(row), np.int64)
        context = self._context[:, row, line]
        for length in range(RECALLED):
            key, is_known = _longer(key, context[length])
            found = self._next[length, row, line, key].astype(np.int64)
            event = note + found - REACH
            is_there = is_known & (found >= 0) & (event >= FIRST_NOTE) & (event < NOTE_LIMIT)
            self._recalled[row, line, length] = np.where(is_there, event, NO_HINT)
            self._due[row, line, length] = self._wait[length, row, line, key] - 1


_NOWHERE = -1000
"""An interval where no note begins: it leads to no event."""


def _longer(key: Steps, interval: Steps) -> tuple[Steps, npt.NDArray[np.bool_]]:
    """Make a context one interval longer: its slot, and whether there is such an interval (then none longer too)."""
    return (key * _INTERVALS + np.maximum(interval, 0) + 1) % _SLOTS, interval >= 0


def trace(events: Steps, origin: Steps, last: Steps, half_bars: Steps) -> Steps:
    """Say what hints each step of known music has: (batch, steps, CHANNEL_COUNT, HINTS).

    Parameters
    ----------
    events : ndarray, shape (batch, steps, CHANNEL_COUNT), int64
    origin : ndarray, shape (batch, steps, ECHOES), int64
    last : ndarray, shape (batch, CHANNEL_COUNT), int64
        Before the first step.
    half_bars : ndarray, shape (batch,), int64
    """
    motifs = Motifs(last, half_bars, events.shape[1])
    hints = np.empty((*events.shape, HINTS), np.int64)
    for step in range(events.shape[1]):
        hints[:, step] = motifs.hint(origin[:, step])
        motifs.take_in(events[:, step])
    return hints
