"""A performance divided into two that take about the same time to synthesise, for two synthesisers on two cores.

Reverb and chorus are linear in what is sent to them, so the two add up to the whole. What notes do to each other must
stay together: a drum kit (an open hi-hat ends when a closed one begins), the same key of a channel (a note ends the one
before it), and a channel that glides from note to note. The division follows from the notes alone, never from the
machine, so the same piece always gives the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from renderer.synthesis.performance import Message, Part, Performance

_NOTE_OFF, _NOTE_ON, _CONTROLLER = 0x80, 0x90, 0xB0
_GLIDE_CONTROLLERS = frozenset((65, 84))
"""Portamento on and off, and the key it begins at."""

_AFTERSOUND_S = 0.5
"""What a note's release takes, roughly; a drum's whole sound."""

_Group = tuple[int, int]
"""Channel, and the key, or `_WHOLE` for all of a channel's."""
_WHOLE = -1


def halves(performance: Performance) -> tuple[Performance, Performance]:
    """Divide a performance; controllers go to both halves, each note to one."""
    whole_channels = _undivided(performance.messages, performance.parts)
    costs = _costs(performance, whole_channels)
    half_of = _balanced(costs)
    messages: tuple[list[Message], list[Message]] = ([], [])
    for message in performance.messages:
        if _is_note(message):
            messages[half_of[_group(message, whole_channels)]].append(message)
        else:
            messages[0].append(message)
            messages[1].append(message)
    first, second = (replace(performance, messages=tuple(half)) for half in messages)
    return first, second


def _is_note(message: Message) -> bool:
    return message.data[0] & 0xF0 in {_NOTE_OFF, _NOTE_ON}


def _undivided(messages: Sequence[Message], parts: Sequence[Part]) -> frozenset[int]:
    """Give the channels whose notes must stay together."""
    glides = {m.channel for m in messages if m.data[0] & 0xF0 == _CONTROLLER and m.data[1] in _GLIDE_CONTROLLERS}
    return frozenset(glides) | {channel for channel, part in enumerate(parts) if part.is_drums}


def _group(message: Message, whole_channels: frozenset[int]) -> _Group:
    return message.channel, _WHOLE if message.channel in whole_channels else message.data[1]


def _costs(performance: Performance, whole_channels: frozenset[int]) -> dict[_Group, float]:
    """Give how long each group's voices sound, in frames."""
    aftersound = _AFTERSOUND_S * performance.sample_rate_hz
    costs: dict[_Group, float] = defaultdict(float)
    for message in filter(_is_note, performance.messages):
        group = _group(message, whole_channels)
        is_onset = message.data[0] & 0xF0 == _NOTE_ON
        if is_onset:
            costs[group] += aftersound
        if not performance.parts[message.channel].is_drums:
            costs[group] += -message.frame if is_onset else message.frame
    return costs


def _balanced(costs: Mapping[_Group, float]) -> dict[_Group, int]:
    """Give each group to the half that has less so far, the costliest group first."""
    sums = [0.0, 0.0]
    half_of: dict[_Group, int] = {}
    for group in sorted(costs, key=lambda group: (-costs[group], group)):
        half = int(sums[1] < sums[0])
        half_of[group] = half
        sums[half] += costs[group]
    return half_of
