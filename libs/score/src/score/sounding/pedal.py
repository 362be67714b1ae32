"""Pedals: notes sound on after their keys are released."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from score.arrays import I64, Bool
from score.meter_map import meter_segments
from score.model import Event, Score
from score.sounding.controls import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    RESET_CONTROLLERS,
    SOSTENUTO,
    SUSTAIN,
    controller,
)
from score.sounding.note_array import END, ONSET, RELEASE

_DOWN = 64
"""Controller value from which a pedal is down."""

_NEVER = np.iinfo(np.int64).max


def lengthen(notes: I64, events: Sequence[Event], limit_ticks: int) -> None:
    """Set the ends of the sound of an instrument's notes, in place.

    At one tick, notes end before a pedal moves, and a pedal moves before notes begin.

    Parameters
    ----------
    notes : ndarray, shape (n, 6), int64
        A note array.
    events : sequence of Event
        The instrument's channel messages.
    limit_ticks : int
        No note is lengthened beyond this tick.
    """
    _end_by_messages(notes, events)
    resets = [tick for tick, _ in controller(events, RESET_CONTROLLERS)]
    releases = notes[:, END].copy()
    for number in (SUSTAIN, SOSTENUTO):
        moves = controller(events, number)
        if any(value >= _DOWN for _, value in moves):
            moves = sorted([*moves, *((tick, 0) for tick in resets)], key=lambda move: move[0])
            held = _releases(notes, moves, is_sostenuto=number == SOSTENUTO)
            releases = np.maximum(releases, np.minimum(held, limit_ticks))
    silences = np.array([tick for tick, _ in controller(events, ALL_SOUND_OFF)], dtype=np.int64)
    notes[:, RELEASE] = np.minimum(releases, _next_tick(silences, notes[:, END]))


def last_bar_line(score: Score) -> int:
    """Return the end of the bar in which the last note ends; that end, where it is just after a bar line.

    Examples
    --------
    >>> from score.model import Note, Track
    >>> last_bar_line(Score(tracks=(Track(notes=(Note(0, 2400, 60, 80),)),)))
    3840
    """
    segment = meter_segments(score)[-1]
    ticks_per_bar = max(round(segment.meter.quarters * score.ticks_per_quarter), 1)
    sixteenth = score.ticks_per_quarter // 4
    n_bars = max(-(-(segment.end_ticks - segment.start_ticks - sixteenth) // ticks_per_bar), 1)
    return max(segment.start_ticks + n_bars * ticks_per_bar, segment.end_ticks)


def _end_by_messages(notes: I64, events: Sequence[Event]) -> None:
    """End the notes that sound when all notes are switched off."""
    ticks = sorted(tick for number in (ALL_SOUND_OFF, ALL_NOTES_OFF) for tick, _ in controller(events, number))
    if ticks:
        notes[:, END] = np.minimum(notes[:, END], _next_tick(np.array(ticks, dtype=np.int64), notes[:, ONSET] + 1))


def _releases(notes: I64, moves: Sequence[tuple[int, int]], *, is_sostenuto: bool) -> I64:
    """Return when the pedal lets go of each note: its own end, where the pedal does not hold it."""
    ticks = np.array([tick for tick, _ in moves], dtype=np.int64)
    is_down = np.array([value >= _DOWN for _, value in moves], dtype=np.bool_)
    last = np.searchsorted(ticks, notes[:, END], side="left") - 1
    is_held = (last >= 0) & is_down[last]
    if is_sostenuto:
        is_held &= _pressed(ticks, is_down)[last] >= notes[:, ONSET]
    return np.where(is_held, _next_tick(ticks[~is_down], notes[:, END]), notes[:, END])


def _pressed(ticks: I64, is_down: Bool) -> I64:
    """Return, for each move of a pedal, when it was last pressed."""
    is_press = is_down & ~np.concatenate(([False], is_down[:-1]))
    pressed: I64 = ticks[np.maximum.accumulate(np.where(is_press, np.arange(len(ticks)), 0))]
    return pressed


def _next_tick(ticks: I64, after: I64) -> I64:
    """Return the first of some sorted ticks at or after each time."""
    found: I64 = np.append(ticks, _NEVER)[np.searchsorted(ticks, after, side="left")]
    return found
