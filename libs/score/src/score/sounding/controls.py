"""The channel messages that act on a track, and controllers as curves over ticks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from score.arrays import F64, I64
from score.midi.smf import CONTROLLER, PITCH_BEND, PROGRAM_CHANGE, SYSEX_START
from score.model import Event, Score

VOLUME, EXPRESSION, SUSTAIN, SOSTENUTO = 7, 11, 64, 66
DATA_COARSE, DATA_FINE, RPN_FINE, RPN_COARSE = 6, 38, 100, 101
NRPN_FINE, NRPN_COARSE = 98, 99
ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF = 120, 121, 123
_FINE = 32
"""Distance from a controller to its fine value."""

OF_SOUND = frozenset(
    (
        *(VOLUME, EXPRESSION, VOLUME + _FINE, EXPRESSION + _FINE),
        *(SUSTAIN, SOSTENUTO, ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF),
    )
)
"""Controllers of the length and loudness of notes."""

OF_PITCH = frozenset((DATA_COARSE, DATA_FINE, RPN_COARSE, RPN_FINE, NRPN_COARSE, NRPN_FINE))
"""Controllers of bends and tuning."""

_MAX_COMMON_MESSAGES = 2_000_000
"""With more messages for all instruments of a channel together, which no music has, they are not read."""


class Part(NamedTuple):
    """The tracks that share an instrument, and its channel messages in the order of time."""

    tracks: tuple[int, ...]
    events: tuple[Event, ...]
    is_drum: bool


def group_parts(score: Score) -> list[Part]:
    """Return the instruments of a score that receive channel messages.

    Tracks with the same channel and the same first program share an instrument. A message in a track without notes goes
    to every instrument of its channel.
    """
    members: dict[tuple[int, int, bool], list[int]] = {}
    for index, track in enumerate(score.tracks):
        if track.notes:
            members.setdefault((track.channel, track.program, track.is_drum), []).append(index)
    common: dict[int, list[Event]] = {}
    for track in score.tracks:
        if not track.notes:
            common.setdefault(track.channel, []).extend(filter(_acts, track.others))
    n_parts = Counter(channel for channel, _, _ in members)
    parts = []
    for (channel, _, is_drum), tracks in members.items():
        if len(common.get(channel, ())) * n_parts[channel] > _MAX_COMMON_MESSAGES:
            common[channel] = []
        own = chain.from_iterable(filter(_acts, score.tracks[at].others) for at in tracks)
        events = [*common.get(channel, ()), *own]
        if events:
            events.sort(key=_tick)
            parts.append(Part(tuple(tracks), tuple(events), is_drum))
    return parts


def controller(events: Iterable[Event], number: int) -> list[tuple[int, int]]:
    """Return the ticks and values of one controller.

    Examples
    --------
    >>> controller([Event(0, bytes((0xB0, 7, 100))), Event(9, bytes((0xB0, 11, 5)))], VOLUME)
    [(0, 100)]
    """
    return [
        (event.tick, event.data[2])
        for event in events
        if event.data[0] & 0xF0 == CONTROLLER and event.data[1] == number
    ]


@dataclass(frozen=True, slots=True, eq=False)
class StepCurve:
    """A value over time that stays until it changes.

    Attributes
    ----------
    ticks : ndarray, shape (n,), int64
        Increasing; the first one is before every note.
    values : ndarray, shape (n,), float64
    """

    ticks: I64
    values: F64

    @classmethod
    def from_changes(cls, changes: Sequence[tuple[int, float]], initial: float) -> StepCurve:
        """Return the curve of changes in the order of time; of several at one tick the last one counts."""
        last = {-1: initial} | dict(changes)
        return cls(np.array(list(last), dtype=np.int64), np.array(list(last.values()), dtype=np.float64))

    def at(self, ticks: I64) -> F64:
        """Return the values at ticks.

        Examples
        --------
        >>> StepCurve.from_changes([(10, 1.0)], 0.0).at(np.array([9, 10])).tolist()
        [0.0, 1.0]
        """
        values: F64 = self.values[np.maximum(np.searchsorted(self.ticks, ticks, side="right") - 1, 0)]
        return values

    def mean(self, starts: I64, ends: I64) -> F64:
        """Return the mean values between ticks.

        Examples
        --------
        >>> StepCurve.from_changes([(10, 1.0)], 0.0).mean(np.array([0]), np.array([40])).tolist()
        [0.75]
        """
        areas = np.concatenate(([0.0], np.cumsum(np.diff(self.ticks) * self.values[:-1])))
        bounds = []
        for ticks in (starts, ends):
            index = np.maximum(np.searchsorted(self.ticks, ticks, side="right") - 1, 0)
            bounds.append(areas[index] + (ticks - self.ticks[index]) * self.values[index])
        return np.asarray((bounds[1] - bounds[0]) / np.maximum(ends - starts, 1))


def product(first: StepCurve, second: StepCurve) -> StepCurve:
    """Return the product of two curves."""
    ticks = np.union1d(first.ticks, second.ticks)
    return StepCurve(ticks, first.at(ticks) * second.at(ticks))


def is_channel_event(event: Event) -> bool:
    """Return whether an event acts on a channel, unlike texts and system messages."""
    return event.data[0] < SYSEX_START


def _acts(event: Event) -> bool:
    """Return whether an event may change what is heard."""
    kind = event.data[0] & 0xF0
    if kind == CONTROLLER:
        return event.data[1] in OF_SOUND or event.data[1] in OF_PITCH
    return kind in (PITCH_BEND, PROGRAM_CHANGE)


def _tick(event: Event) -> int:
    return event.tick
