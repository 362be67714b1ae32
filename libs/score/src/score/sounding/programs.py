"""Programs: the instrument that a track has when its first note begins."""

from __future__ import annotations

from collections.abc import Sequence

from score.midi.smf import PROGRAM_CHANGE
from score.model import Event, Track


def program_at_first_note(track: Track, events: Sequence[Event]) -> int:
    """Return the program with which a track's first note sounds.

    Parameters
    ----------
    track : Track
        Without notes, its own program stands.
    events : sequence of Event
        Its instrument's channel messages.

    Examples
    --------
    >>> from score.model import Note
    >>> program_at_first_note(Track(notes=(Note(960, 480, 60, 80),)), [Event(480, bytes((0xC0, 73)))])
    73
    """
    first_tick = track.notes[0].onset_ticks if track.notes else -1
    changes = [event.data[1] for event in events if is_program_change(event) and event.tick <= first_tick]
    return changes[-1] if changes else track.program


def is_program_change(event: Event) -> bool:
    """Return whether an event changes the program."""
    return event.data[0] & 0xF0 == PROGRAM_CHANGE
