"""Byte codec of Standard MIDI Files: chunks, variable-length numbers and events, for untrusted input.

Specification: *Standard MIDI Files 1.0*, MIDI Manufacturers Association, RP-001, 1996. The reader takes time and memory
linear in the number of bytes, and rejects incomplete files.
"""

from __future__ import annotations

from typing import NamedTuple

from servicekit.faults import MidiUnreadable, UnsupportedTimeDivision

META = 0xFF
SYSEX_START, SYSEX_MORE = 0xF0, 0xF7
NOTE_OFF, NOTE_ON, CONTROLLER, PROGRAM_CHANGE, PITCH_BEND = 0x80, 0x90, 0xB0, 0xC0, 0xE0
META_TEXT, META_NAME, META_END, META_TEMPO, META_METER, META_KEY = 0x01, 0x03, 0x2F, 0x51, 0x58, 0x59

_HEADER_BYTES = 14
_CHUNK_HEAD_BYTES = 8
# Data bytes by the high nibble of the status: program change and channel pressure carry one, the others two.
_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_AFTER_NOTE_ON = 0xA0
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
    has_end: bool

    @property
    def last_tick(self) -> int:
        """The tick of the last note or event before the end mark."""
        last_note = self.notes[-1].tick if self.notes else 0
        return max(last_note, self.events[-1].tick if self.events else 0)


class RawFile(NamedTuple):
    """A file as its chunks give it."""

    midi_format: int
    ticks_per_quarter: int
    tracks: list[RawTrack]
    n_foreign_chunks: int
    n_trailing_bytes: int


def read_file(data: bytes) -> RawFile:
    """Read all chunks of a file.

    Raises
    ------
    MidiUnreadable
        If the bytes are not a complete Standard MIDI File of format 0 or 1.
    UnsupportedTimeDivision
        If time is counted in SMPTE frames, or in 0 ticks per quarter note.
    """
    midi_format, n_tracks, ticks_per_quarter, position = _read_header(data)
    tracks: list[RawTrack] = []
    n_foreign = 0
    while len(tracks) < n_tracks and position < len(data):
        kind, start, end = _chunk_bounds(data, position, len(tracks) + 1)
        if kind == b"MTrk":
            tracks.append(_TrackReader(data, start, end, len(tracks) + 1).read())
        else:
            n_foreign += 1
        position = end
    if len(tracks) < n_tracks:
        raise MidiUnreadable(
            f"The file is cut short: its header promises {n_tracks} tracks, {len(tracks)} are there.",
            promised=n_tracks,
            found=len(tracks),
        )
    return RawFile(midi_format, ticks_per_quarter, tracks, n_foreign, len(data) - position)


def _read_header(data: bytes) -> tuple[int, int, int, int]:
    if not data:
        raise MidiUnreadable("The file is empty.")
    if data[:4] != b"MThd":
        raise MidiUnreadable("This is not a MIDI file: it does not begin with the letters MThd.")
    if len(data) < _HEADER_BYTES:
        raise MidiUnreadable(f"The file is cut short: a MIDI header has 14 bytes, this file {len(data)}.")
    length = int.from_bytes(data[4:8], "big")
    if length < 6 or _CHUNK_HEAD_BYTES + length > len(data):
        raise MidiUnreadable(f"The MIDI header is wrong: its length should be 6, not {length}.")
    midi_format, n_tracks, division = (int.from_bytes(data[i : i + 2], "big") for i in (8, 10, 12))
    if midi_format not in (0, 1):
        raise MidiUnreadable(
            f"MIDI format {midi_format} is not supported: save the file as format 0 or 1.", format=midi_format
        )
    _check_division(division)
    if n_tracks == 0:
        raise MidiUnreadable("The file has no tracks.")
    return midi_format, n_tracks, division, _CHUNK_HEAD_BYTES + length


def _check_division(division: int) -> None:
    if division & 0x8000:
        raise UnsupportedTimeDivision(
            "The file counts time in SMPTE frames: save it with ticks per quarter note.", division=division
        )
    if division == 0:
        raise UnsupportedTimeDivision("The file says 0 ticks per quarter note: it should be at least 1.", division=0)


def _chunk_bounds(data: bytes, position: int, track_number: int) -> tuple[bytes, int, int]:
    start = position + _CHUNK_HEAD_BYTES
    if start > len(data):
        raise MidiUnreadable(f"The file is cut short within the head of track {track_number}.", track=track_number)
    length = int.from_bytes(data[position + 4 : start], "big")
    if start + length > len(data):
        raise MidiUnreadable(
            f"Track {track_number} says it has {length} bytes, but the file ends after {len(data) - start}.",
            track=track_number,
            promised_bytes=length,
            found_bytes=len(data) - start,
        )
    return data[position : position + 4], start, start + length


class _TrackReader:
    """Reads the events of one track chunk."""

    def __init__(self, data: bytes, start: int, end: int, number: int) -> None:
        self._data, self._position, self._end, self._number = data, start, end, number
        self._tick = 0
        self._notes: list[RawNote] = []
        self._events: list[RawEvent] = []

    def read(self) -> RawTrack:
        """Read until the end-of-track event, or to the end of the chunk if that event is missing."""
        data, end = self._data, self._end
        running = 0
        while self._position < end:
            self._tick += self._read_number()
            if self._position >= end:
                raise self._fault("ends within an event")
            status = data[self._position]
            if status < 0x80:
                status = running
                if not status:
                    raise self._fault(f"has the data byte {data[self._position]:#04x} where an event should begin")
            else:
                self._position += 1
            if status < 0xF0:
                running = status
                self._read_channel_event(status)
            else:
                running = 0
                if self._read_long_event(status):
                    return RawTrack(self._notes, self._events, self._tick, has_end=True)
        return RawTrack(self._notes, self._events, self._tick, has_end=False)

    def _read_channel_event(self, status: int) -> None:
        data, position = self._data, self._position
        stop = position + _DATA_BYTES[status >> 4]
        if stop > self._end:
            raise self._fault("ends within an event")
        if data[position] > 127 or data[stop - 1] > 127:
            raise self._fault("has a data byte over 127")
        self._position = stop
        if status < _AFTER_NOTE_ON:
            velocity = data[position + 1] if status >= NOTE_ON else 0
            self._notes.append(RawNote(self._tick, status & 0x0F, data[position], velocity))
        else:
            self._events.append(RawEvent(self._tick, status, data[position:stop]))

    def _read_long_event(self, status: int) -> bool:
        """Read a meta or system-exclusive event; return whether it ends the track."""
        if status not in (META, SYSEX_START, SYSEX_MORE):
            raise self._fault(f"has the event {status:#04x}, which no MIDI file may hold")
        head = b""
        if status == META:
            if self._position >= self._end:
                raise self._fault("ends within an event")
            head = self._data[self._position : self._position + 1]
            self._position += 1
        length = self._read_number()
        stop = self._position + length
        if stop > self._end:
            raise self._fault(f"has an event of {length} bytes that runs over its end")
        payload = self._data[self._position : stop]
        self._position = stop
        if head and head[0] == META_END:
            return True
        self._events.append(RawEvent(self._tick, status, head + payload))
        return False

    def _read_number(self) -> int:
        """Read a variable-length number of at most four bytes."""
        data, position, end = self._data, self._position, self._end
        if position < end and data[position] < 0x80:
            self._position = position + 1
            return data[position]
        value = 0
        for _ in range(4):
            if position >= end:
                raise self._fault("ends within a number")
            byte = data[position]
            position += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                self._position = position
                return value
        raise self._fault("has a number of more than four bytes")

    def _fault(self, problem: str) -> MidiUnreadable:
        return MidiUnreadable(
            f"The file is damaged: track {self._number} {problem} (byte {self._position}).",
            track=self._number,
            byte=self._position,
        )


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
