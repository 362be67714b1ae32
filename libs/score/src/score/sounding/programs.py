"""Programs: the instrument that a track has when its first note begins, and its later changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from score.midi.smf import PROGRAM_CHANGE
from score.model import Event, Score, Track


def common_changes(score: Score) -> dict[int, list[Event]]:
    """Return the program changes in tracks without notes, by channel: they act on all tracks of the channel."""
    found: dict[int, list[Event]] = {}
    for track in score.tracks:
        if not track.notes:
            found.setdefault(track.channel, []).extend(filter(is_program_change, track.others))
    return found


def track_programs(track: Track, first_tick: int, common: Mapping[int, Sequence[Event]]) -> tuple[int, list[Event]]:
    """Return the program with which a track's first note sounds, and the changes after it.

    Parameters
    ----------
    track : Track
    first_tick : int
        When its first note that is heard begins.
    common : mapping of int to sequence of Event
        From `common_changes`.

    Examples
    --------
    >>> changes = Event(480, bytes((0xC0, 73))), Event(3840, bytes((0xC0, 56)))
    >>> program, later = track_programs(Track(others=changes), 960, {})
    >>> program, [event.tick for event in later]
    (73, [3840])
    """
    events = [*common.get(track.channel, ()), *filter(is_program_change, track.others)]
    by_tick = {event.tick: event for event in sorted(events, key=_tick)}
    later = [event for tick, event in by_tick.items() if tick > first_tick]
    earlier = list(by_tick.values())[: len(by_tick) - len(later)]
    return earlier[-1].data[1] if earlier else track.program, later


def is_program_change(event: Event) -> bool:
    """Return whether an event changes the program."""
    return event.data[0] & 0xF0 == PROGRAM_CHANGE


def _tick(event: Event) -> int:
    return event.tick
