"""Reader of the chunks of a MIDI file, for untrusted input, as lenient as players are.

The header may stand behind other bytes (RIFF, MacBinary), miscount the tracks or have a wrong length. Where the length
of a chunk leads to no other chunk, the end mark of its track or the next ``MTrk`` counts. A damaged or cut track is
read up to the damage. Time and memory are linear in the number of bytes.
"""

from __future__ import annotations

from operator import eq
from typing import NamedTuple

from servicekit.faults import MidiUnreadable, UnsupportedTimeDivision

from score.midi.repairs import Repairs
from score.midi.smf import RawFile, RawTrack
from score.midi.track_reader import GUARD, TrackReader

_HEADER, _TRACK = b"MThd", b"MTrk"
_HEADER_BYTES = 14
_HEADER_DATA_BYTES = 6
_CHUNK_HEAD_BYTES = 8
_MAX_LEADING_BYTES = 4096
"""Bytes before the header that are skipped: a RIFF or MacBinary header, or the head of a message."""

MAX_TRACKS = 1024
"""The most tracks that are read of a file: all that follow are left out."""

_FRAMES_PER_SECOND = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}
_QUARTERS_PER_SECOND = 2
"""Tempo at which a file without beats is read."""


class _Header(NamedTuple):
    midi_format: int
    n_tracks: int
    ticks_per_quarter: int
    microseconds_per_quarter: int | None
    end: int


def read_file(data: bytes) -> RawFile:
    """Read all chunks of a file.

    Raises
    ------
    MidiUnreadable
        If there is no header, no track, or several sequences of format 2.
    UnsupportedTimeDivision
        If the header has 0 ticks per quarter note, or counts frames of no known rate.
    """
    repairs = Repairs()
    header = _read_header(data, repairs)
    chunks = _ChunkReader(data, header.end, repairs)
    chunks.read()
    tracks = chunks.tracks
    if not tracks:
        raise MidiUnreadable(
            f"The file is cut short: its header promises {header.n_tracks} tracks, none is there.",
            promised=header.n_tracks,
            found=0,
        )
    if len(tracks) != min(header.n_tracks, MAX_TRACKS):
        repairs.add("TRACK_COUNT_WRONG", len(tracks))
    _check_format(header.midi_format, tracks, repairs)
    if not data.startswith(b"RIFF"):
        repairs.add("TRAILING_BYTES", chunks.n_trailing_bytes)
    return RawFile(header.ticks_per_quarter, tracks, repairs, header.microseconds_per_quarter)


def _read_header(data: bytes, repairs: Repairs) -> _Header:
    start = _find_header(data)
    if len(data) - start < _HEADER_BYTES:
        raise MidiUnreadable(f"The file is cut short: a MIDI header has 14 bytes, this file {len(data) - start}.")
    if data.startswith(b"RIFF"):
        repairs.add("RIFF_UNWRAPPED")
    else:
        repairs.add("LEADING_BYTES", start)
    length = int.from_bytes(data[start + 4 : start + 8], "big")
    end = start + _CHUNK_HEAD_BYTES + length
    midi_format, n_tracks, division = (int.from_bytes(data[i : i + 2], "big") for i in range(start + 8, start + 14, 2))
    if length != _HEADER_DATA_BYTES and not (length > _HEADER_DATA_BYTES and _is_chunk(data, end)):
        repairs.add("HEADER_REPAIRED")
        end = start + _HEADER_BYTES
    elif midi_format > 2 or data[start : start + 4] != _HEADER:
        repairs.add("HEADER_REPAIRED")
    ticks_per_quarter, microseconds = _read_division(division, repairs)
    return _Header(midi_format, n_tracks, ticks_per_quarter, microseconds, end)


def _find_header(data: bytes) -> int:
    """Return where the header begins; its first letters may be damaged if the first track follows it."""
    if not data:
        raise MidiUnreadable("The file is empty.")
    start = data.find(_HEADER, 0, _MAX_LEADING_BYTES)
    if start >= 0:
        return start
    if data[4:8] == _HEADER_DATA_BYTES.to_bytes(4, "big") and data[_HEADER_BYTES:].startswith(_TRACK):
        return 0
    raise MidiUnreadable("This is not a MIDI file: it does not begin with the letters MThd.")


def _read_division(division: int, repairs: Repairs) -> tuple[int, int | None]:
    """Return the ticks per quarter note and, for a file that counts frames, the microseconds per quarter note."""
    if division == 0:
        raise UnsupportedTimeDivision("The file says 0 ticks per quarter note: it should be at least 1.", division=0)
    if not division & 0x8000:
        return division, None
    rate = _FRAMES_PER_SECOND.get(256 - (division >> 8))
    ticks_per_frame = division & 0xFF
    if rate is None or ticks_per_frame == 0:
        raise UnsupportedTimeDivision(
            "The file counts time in frames of no known rate: save it with ticks per quarter note.", division=division
        )
    repairs.add("TIME_IN_FRAMES")
    ticks_per_second = rate * ticks_per_frame
    ticks_per_quarter = round(ticks_per_second / _QUARTERS_PER_SECOND)
    return ticks_per_quarter, round(1e6 * ticks_per_quarter / ticks_per_second)


def _check_format(midi_format: int, tracks: list[RawTrack], repairs: Repairs) -> None:
    if midi_format != 2:
        return
    n_sequences = sum(bool(track.notes) for track in tracks)
    if n_sequences > 1:
        raise MidiUnreadable(
            f"The file is of MIDI format 2 and holds {n_sequences} independent sequences, which is not supported: save "
            "the one that you want as format 0 or 1.",
            format=midi_format,
            sequences=n_sequences,
        )
    repairs.add("SINGLE_SEQUENCE")


class _ChunkReader:
    """Reads the chunks after the header, up to the end of the file or the header of another one."""

    def __init__(self, data: bytes, position: int, repairs: Repairs) -> None:
        self._data, self._position, self._repairs = data, position, repairs
        self._guarded = data + GUARD
        self.tracks: list[RawTrack] = []
        self.n_trailing_bytes = 0

    def read(self) -> None:
        """Read all chunks."""
        data = self._data
        while self._position < len(data):
            kind = data[self._position : self._position + 4]
            if len(self.tracks) == MAX_TRACKS:
                self._repairs.add("TRACKS_LEFT_OUT")
                return
            if _is_track_kind(kind) and self._position + _CHUNK_HEAD_BYTES <= len(data):
                self._read_track()
            elif kind != _HEADER and _is_chunk(data, self._position):
                self._skip_chunk()
            elif kind == _HEADER or not self._skip_to_track():
                self.n_trailing_bytes = len(data) - self._position
                return

    def _read_track(self) -> None:
        start, stated_end = _chunk_bounds(self._data, self._position)
        if not self._data.startswith(_TRACK, self._position):
            self._repairs.add("TRACK_MARKS_DAMAGED", track=len(self.tracks) + 1)
        is_trusted = stated_end == len(self._data) or _is_chunk(self._data, stated_end)
        end = stated_end if is_trusted else _find_track(self._data, start)
        reader = TrackReader(self._guarded, start, end, len(self.tracks) + 1, self._repairs)
        self.tracks.append(reader.read())
        follows = self._data.startswith(_TRACK, reader.position)
        self._position = reader.position if reader.has_end and (follows or not is_trusted) else end
        self._note_repair(reader, stated_end)

    def _note_repair(self, reader: TrackReader, stated_end: int) -> None:
        is_at_end = self._position >= len(self._data) < stated_end
        if is_at_end and not reader.has_end and not reader.is_damaged:
            reason = "FILE_CUT"
        elif reader.is_damaged or reader.is_cut:
            reason = "TRACKS_DAMAGED"
        elif not reader.has_end:
            reason = "TRACK_ENDS_MISSING"
        elif self._position != stated_end:
            reason = "TRACK_LENGTHS_WRONG"
        else:
            return
        self._repairs.add(reason, track=len(self.tracks))

    def _skip_chunk(self) -> None:
        start, end = _chunk_bounds(self._data, self._position)
        self._position = end if end == len(self._data) or _is_chunk(self._data, end) else start
        self._repairs.add("FOREIGN_CHUNKS")
        if self._position == start:
            self._position = _find_track(self._data, start)

    def _skip_to_track(self) -> bool:
        """Skip bytes that are no chunk; return whether a track follows, before the header of another file."""
        found = _find_track(self._data, self._position)
        if self._data.find(_HEADER, self._position, found) >= 0:
            return False
        if found + _CHUNK_HEAD_BYTES > len(self._data):
            self._repairs.add("FILE_CUT", int(found < len(self._data)))
            return False
        self._repairs.add("PADDING_BYTES", found - self._position)
        self._position = found
        return True


def _is_track_kind(kind: bytes) -> bool:
    """Return whether a chunk is a track; one of the four letters may be damaged."""
    return kind == _TRACK or sum(map(eq, kind, _TRACK)) == len(_TRACK) - 1


def _find_track(data: bytes, position: int) -> int:
    """Return the position of the next track chunk, or the end of the file."""
    found = data.find(_TRACK, position)
    return len(data) if found < 0 else found


def _chunk_bounds(data: bytes, position: int) -> tuple[int, int]:
    """Return where the contents of a chunk begin and, as it says, end."""
    start = position + _CHUNK_HEAD_BYTES
    return start, start + int.from_bytes(data[position + 4 : start], "big")


def _is_chunk(data: bytes, position: int) -> bool:
    """Return whether a chunk can begin here: a track, or four printable characters and a length within the file."""
    kind = data[position : position + 4]
    if kind in (_TRACK, _HEADER):
        return True
    return kind.isalnum() and kind.isascii() and _chunk_bounds(data, position)[1] <= len(data)
