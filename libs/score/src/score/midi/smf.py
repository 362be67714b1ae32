"""Byte format of Standard MIDI Files: names of events, raw tracks as they are read, and the writer of chunks.

Specification: *Standard MIDI Files 1.0*, MIDI Manufacturers Association, RP-001, 1996.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from score.midi.repairs import Repairs

META = 0xFF
SYSEX_START, SYSEX_MORE = 0xF0, 0xF7
NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROLLER, PROGRAM_CHANGE, PITCH_BEND = 0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xE0
META_TEXT, META_NAME, META_END, META_TEMPO, META_METER, META_KEY = 0x01, 0x03, 0x2F, 0x51, 0x58, 0x59
LAST_META_TEXT = 0x0F
"""Meta events from `META_TEXT` to this type are texts."""

_ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))


class RawNote(NamedTuple):
    """A note-on (velocity over 0) or note-off (velocity 0) at an absolute tick."""

    tick: int
    channel: int
    pitch: int
    velocity: int


class RawEvent(NamedTuple):
    """Any other event: absolute tick, status byte and payload. The payload of a meta event begins with its type."""

    tick: int
    status: int
    payload: bytes


class RawTrack(NamedTuple):
    """One track chunk: notes and events in the order of the file."""

    notes: list[RawNote]
    events: list[RawEvent]
    end_tick: int

    @property
    def last_tick(self) -> int:
        """The tick of the last note or event before the end mark."""
        last_note = self.notes[-1].tick if self.notes else 0
        return max(last_note, self.events[-1].tick if self.events else 0)


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file as its chunks give it.

    Attributes
    ----------
    ticks_per_quarter : int
    tracks : list of RawTrack
    repairs : Repairs
        What had to be repaired to read the bytes.
    microseconds_per_quarter : int or None
        The tempo of a file that counts time in frames, whatever its tempo events say; None for any other file.
    """

    ticks_per_quarter: int
    tracks: list[RawTrack]
    repairs: Repairs
    microseconds_per_quarter: int | None = None


def write_number(value: int) -> bytes:
    """Return a variable-length number, 0 to 0x0FFFFFFF.

    Examples
    --------
    >>> write_number(127).hex(), write_number(480).hex()
    ('7f', '8360')
    """
    if value < 0x80:
        return _ONE_BYTE[value]
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def write_event(data: bytes) -> bytes:
    """Return the bytes of an event, with the length that meta and system-exclusive events need.

    Examples
    --------
    >>> write_event(bytes([META, META_NAME]) + b"Lead").hex(" ")
    'ff 03 04 4c 65 61 64'
    """
    if data[0] == META:
        return data[:2] + write_number(len(data) - 2) + data[2:]
    if data[0] in (SYSEX_START, SYSEX_MORE):
        return data[:1] + write_number(len(data) - 1) + data[1:]
    return data


def write_header(n_tracks: int, ticks_per_quarter: int) -> bytes:
    """Return the header chunk of a format 1 file.

    Examples
    --------
    >>> write_header(2, 480).hex(" ", 2)
    '4d54 6864 0000 0006 0001 0002 01e0'
    """
    fields = (1, n_tracks, ticks_per_quarter)
    return b"MThd" + (6).to_bytes(4, "big") + b"".join(field.to_bytes(2, "big") for field in fields)


def write_track(events: list[tuple[int, bytes]], end_tick: int) -> bytes:
    """Return a track chunk of (absolute tick, event) pairs in order, which ends at ``end_tick`` or the last event.

    A channel event with the same status byte as the event before is written without it (running status).
    """
    body = bytearray()
    now, running = 0, 0
    for tick, data in events:
        body += write_number(tick - now)
        now = tick
        if data[0] == running and running < SYSEX_START:
            body += data[1:]
        else:
            body += write_event(data)
            running = data[0]
    body += write_number(max(end_tick - now, 0)) + bytes((META, META_END, 0))
    return b"MTrk" + len(body).to_bytes(4, "big") + bytes(body)
