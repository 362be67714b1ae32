"""Load split: a performance divided into two of about the same synthesis time, for two threads on two cores.

Reverb and chorus are linear in their input, so the two halves add up to the whole. Notes that affect each other must
stay together: a drum kit (a closed hi-hat ends an open one), the same key of a channel (a note ends the one before
it), and a channel that glides from note to note. The split depends on the notes alone, never on the machine, so the
same piece always gives the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from renderer.synthesis.performance import Message, Part, Performance

_NOTE_OFF, _NOTE_ON, _CONTROLLER = 0x80, 0x90, 0xB0
_PORTAMENTO_CONTROLLERS = frozenset((65, 84))
"""Portamento on and off, and the key that it starts from."""

_RELEASE_S = 0.5
"""Approximate duration of a note's release, and of a drum's whole sound."""

_Group = tuple[int, int]
"""Channel, and the key, or `_ALL_KEYS` for all keys of a channel."""
_ALL_KEYS = -1


def split_balanced(performance: Performance) -> tuple[Performance, Performance]:
    """Split a performance in two; each note goes to one half, all other messages to both."""
    whole_channels = _indivisible_channels(performance.messages, performance.parts)
    half_of = _balance(_costs(performance, whole_channels))
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


def _indivisible_channels(messages: Sequence[Message], parts: Sequence[Part]) -> frozenset[int]:
    """Return the channels whose notes must stay together."""
    glides = {m.channel for m in messages if m.data[0] & 0xF0 == _CONTROLLER and m.data[1] in _PORTAMENTO_CONTROLLERS}
    return frozenset(glides) | {channel for channel, part in enumerate(parts) if part.is_drums}


def _group(message: Message, whole_channels: frozenset[int]) -> _Group:
    return message.channel, _ALL_KEYS if message.channel in whole_channels else message.data[1]


def _costs(performance: Performance, whole_channels: frozenset[int]) -> dict[_Group, float]:
    """Return the sounding time of each group's voices, in frames."""
    release_frames = _RELEASE_S * performance.sample_rate_hz
    costs: dict[_Group, float] = defaultdict(float)
    for message in filter(_is_note, performance.messages):
        group = _group(message, whole_channels)
        is_onset = message.data[0] & 0xF0 == _NOTE_ON
        if is_onset:
            costs[group] += release_frames
        if not performance.parts[message.channel].is_drums:
            # The sum over a note is its end minus its onset.
            costs[group] += -message.frame if is_onset else message.frame
    return costs


def _balance(costs: Mapping[_Group, float]) -> dict[_Group, int]:
    """Assign each group to the half with the smaller sum so far, the costliest group first."""
    sums = [0.0, 0.0]
    half_of: dict[_Group, int] = {}
    for group in sorted(costs, key=lambda group: (-costs[group], group)):
        half = int(sums[1] < sums[0])
        half_of[group] = half
        sums[half] += costs[group]
    return half_of
