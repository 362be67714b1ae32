"""Reader of the events of one track chunk, as lenient as players are; it raises nothing.

A data byte over 127 is brought into range, running status outlives meta and system events, and system messages are
skipped. Where none of that helps, the track ends before the damage. Time and memory are linear in the number of bytes.
"""

from __future__ import annotations

from collections import Counter

from score.midi.repairs import Repairs
from score.midi.smf import (
    CONTROLLER,
    KEY_PRESSURE,
    META,
    META_END,
    NOTE_OFF,
    NOTE_ON,
    SYSEX_MORE,
    SYSEX_START,
    RawEvent,
    RawNote,
    RawTrack,
)

# Data bytes by the high nibble of the status: program change and channel pressure carry one, the others two.
_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
"""Data bytes of MIDI time code, song position and song select; all other system messages carry none."""

_REAL_TIME = 0xF8
_MAX_NUMBER = 0x0FFFFFFF
GUARD = b"\xff\xff\xff"
"""Bytes that must follow those of the file, so that an event may be looked at before it is known to be whole."""

_LOOKAHEAD_EVENTS = 6
_MAX_LOOKAHEADS = 1000


class _DamageError(Exception):
    """The bytes make no event."""


class _CutError(_DamageError):
    """The bytes end within an event."""


class TrackReader:
    """Reads the events of one track chunk.

    Attributes
    ----------
    position : int
        After the end mark, if there is one.
    has_end : bool
        Whether there is an end mark.
    is_damaged : bool
        Whether reading stopped at bytes that make no event.
    is_cut : bool
        Whether the bytes end within an event.
    """

    def __init__(self, data: bytes, start: int, end: int, number: int, repairs: Repairs) -> None:
        """Prepare the reading of a track.

        Parameters
        ----------
        data : bytes
            The file, followed by `GUARD`.
        start, end : int
            Bounds of the track's events.
        number : int
            Of the track.
        repairs : Repairs
            To which repairs are added.
        """
        self._data, self.position, self._end = data, start, end
        self._number, self._repairs = number, repairs
        self._counts: Counter[str] = Counter()
        self._notes: list[RawNote] = []
        self._events: list[RawEvent] = []
        self._tick = self._resumable = self._n_lookaheads = 0
        self.has_end = self.is_damaged = self.is_cut = False

    def read(self) -> RawTrack:
        """Read until the end mark; without one, to the end of the chunk or to the damage."""
        try:
            self._read_events()
        except _CutError:
            self.is_cut = True
        except _DamageError:
            self.is_damaged = True
        for reason, n in self._counts.items():
            self._repairs.add(reason, n, track=self._number)
        track = RawTrack(self._notes, self._events, self._tick)
        return track._replace(end_tick=max(self._tick, track.last_tick))

    def _read_events(self) -> None:
        data, end, add_note = self._data, self._end, self._notes.append
        new = tuple.__new__  # Half the time of calling the named tuple, of which there are thousands.
        position, tick, running = self.position, 0, 0
        while position < end:
            delta = data[position]
            position += 1
            if delta > 0x7F:
                delta, position = self._read_number(position - 1)
            tick += delta
            status = data[position]
            if status > 0x7F:
                position += 1
            else:
                status = running
            if NOTE_OFF <= status < KEY_PRESSURE:
                pitch, velocity = data[position], data[position + 1]
                if pitch < 0x80 and velocity < 0x80:
                    position += 2
                    running = status
                    add_note(new(RawNote, (tick, status & 0x0F, pitch, velocity if status >= NOTE_ON else 0)))
                    continue
            position, running = self._read_other(status, position, tick, running)
            self.position, self._tick = position, tick
            if self.has_end:
                return
        if position > end:
            self._notes.pop()
            raise _CutError
        self._tick = tick

    def _read_other(self, status: int, position: int, tick: int, running: int) -> tuple[int, int]:
        """Read an event that is not a valid note; return the position after it and the running status.

        Parameters
        ----------
        status : int
            Status byte, 0 if the event has none.
        position : int
            Of the first byte after the status.
        tick : int
            Of the event.
        running : int
            The running status before the event.
        """
        if status == 0:
            status = self._resume(position)
        if status < SYSEX_START:
            self._read_channel_event(status, position, tick)
            return self.position, status
        self._resumable = running or self._resumable
        if status == META:
            return self._read_payload(status, position + 1, position, tick), 0
        if status in (SYSEX_START, SYSEX_MORE):
            return self._read_payload(status, position, position, tick), 0
        self._check_room(position, 0)
        self._counts["SYSTEM_MESSAGES"] += 1
        for _ in range(_SYSTEM_DATA_BYTES.get(status, 0)):
            position += self._data[position] < 0x80
        return position, running

    def _resume(self, position: int) -> int:
        """Return the running status from before the last meta or system event."""
        self._check_room(position, 1)
        if not self._resumable:
            raise _DamageError
        self._counts["RUNNING_STATUS_RESUMED"] += 1
        return self._resumable

    def _read_channel_event(self, status: int, position: int, tick: int) -> None:
        n_bytes = _DATA_BYTES[status >> 4]
        self._check_room(position, n_bytes)
        payload = self._data[position : position + n_bytes]
        self.position = position + n_bytes
        if max(payload) > 0x7F:
            payload = self._repair_payload(status, position, n_bytes)
        if status < KEY_PRESSURE:
            velocity = payload[1] if status >= NOTE_ON else 0
            self._notes.append(RawNote(tick, status & 0x0F, payload[0], velocity))
        else:
            self._events.append(RawEvent(tick, status, payload))

    def _repair_payload(self, status: int, position: int, n_bytes: int) -> bytes:
        """Return the data bytes of an event in which one is over 127.

        A pitch loses its high bit, as in most players; other values become 127. A real-time message among the data
        bytes is skipped if that leaves more events in order.
        """
        in_place = self._data[position : position + n_bytes]
        others = bytearray()
        after = position
        while len(others) < n_bytes and after < self._end:
            if self._data[after] < _REAL_TIME:
                others.append(self._data[after])
            after += 1
        if (
            len(others) == n_bytes
            and max(others) < 0x80
            and self._count_in_order(after, status) > self._count_in_order(self.position, status)
        ):
            self._counts["SYSTEM_MESSAGES"] += after - position - n_bytes
            self.position = after
            return bytes(others)
        self._counts["VALUES_OUT_OF_RANGE"] += 1
        has_pitch = status < CONTROLLER
        return bytes(
            byte & 0x7F if has_pitch and index == 0 else min(byte, 0x7F) for index, byte in enumerate(in_place)
        )

    def _count_in_order(self, position: int, running: int) -> int:
        """Return how many of the next events have no fault; all of them if the track ends there."""
        self._n_lookaheads += 1
        if self._n_lookaheads > _MAX_LOOKAHEADS:
            return 0
        data, end = self._data, self._end
        for count in range(_LOOKAHEAD_EVENTS):
            if position >= end:
                break
            try:
                _, position = self._read_number(position)
                if data[position] > 0x7F:
                    running = data[position]
                    position += 1
                if running >= SYSEX_START:
                    position = self._skip_payload(running, position)
                    continue
            except _DamageError:
                return count
            n_bytes = _DATA_BYTES[running >> 4]
            if position + n_bytes > end or max(data[position : position + n_bytes]) > 0x7F:
                return count
            position += n_bytes
        return _LOOKAHEAD_EVENTS

    def _skip_payload(self, status: int, position: int) -> int:
        if status not in (META, SYSEX_START, SYSEX_MORE):
            raise _DamageError
        length, position = self._read_number(position + (status == META))
        self._check_room(position, length)
        return position + length

    def _read_payload(self, status: int, position: int, payload_start: int, tick: int) -> int:
        """Read a meta or system-exclusive event; return the position after it.

        Parameters
        ----------
        status : int
            Status byte.
        position : int
            Of the length.
        payload_start : int
            Of the type of a meta event, which is the first byte of its payload.
        tick : int
            Of the event.
        """
        length, start = self._read_number(position)
        self._check_room(start, length)
        stop = start + length
        if status == META and self._data[payload_start] == META_END:
            self.has_end = True
        else:
            payload = self._data[payload_start:position] + self._data[start:stop]
            self._events.append(RawEvent(tick, status, payload))
        return stop

    def _check_room(self, position: int, n_bytes: int) -> None:
        if position + n_bytes > self._end:
            raise _CutError

    def _read_number(self, position: int) -> tuple[int, int]:
        """Return a variable-length number, and the position after it; more than four bytes may begin with zeros."""
        data, end, value = self._data, self._end, 0
        while position < end:
            byte = data[position]
            position += 1
            value = value << 7 | byte & 0x7F
            if value > _MAX_NUMBER:
                raise _DamageError
            if byte < 0x80:
                return value, position
        raise _CutError
