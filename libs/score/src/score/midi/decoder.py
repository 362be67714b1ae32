"""Decoder from the raw tracks of a MIDI file to a `Score`, with repairs of what is broken in the file."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from operator import itemgetter

from score.midi import smf
from score.midi.drum_parts import mark_drum_parts
from score.midi.smf import RawEvent, RawFile, RawNote, RawTrack
from score.model import DRUM_CHANNEL, Event, KeySignature, Meter, Note, Notice, Score, Tempo, Track

PROVENANCE_MARK = b"segue:"
"""Prefix of the text event that holds a score's provenance."""

_BY_ONSET_PITCH_LENGTH = itemgetter(0, 2, 1)
_MAX_UNENDED_QUARTERS = 4
"""Length at which a note without an end is ended."""
_BANK_SELECT = (0, 32)
_MAX_DENOMINATOR_POWER = 6

_REPAIRS = {
    "NOTES_UNENDED": "Notes without an end, each ended after a whole note at the latest: {}.",
    "NOTES_OVERLAPPING": "Notes that begin while the same key still sounds, which ends the note before: {}.",
    "NOTES_LENGTHENED": "Notes of zero length, extended to one tick: {}.",
    "NOTE_ENDS_UNMATCHED": "Note ends without a note, ignored: {}.",
    "EVENTS_MEANINGLESS": "Tempos, meters or key signatures with invalid values, ignored: {}.",
    "TRACK_ENDS_MISSING": "Tracks without an end mark, read to their last byte: {}.",
    "FOREIGN_CHUNKS": "Chunks that are not tracks, ignored: {}.",
    "TRAILING_BYTES": "Bytes after the last track, ignored: {}.",
}


def decode_score(raw_file: RawFile) -> Score:
    """Return the score of a file; it has no notes if the file has none."""
    return _ScoreDecoder(raw_file).decode()


class _ScoreDecoder:
    """Collects tempos, meters, keys and repairs while the tracks are decoded one after the other."""

    def __init__(self, raw_file: RawFile) -> None:
        self._file = raw_file
        self._tempos: dict[int, Tempo] = {}
        self._meters: dict[int, Meter] = {}
        self._keys: dict[int, KeySignature] = {}
        self._provenance: dict[str, object] = {}
        self._repairs: Counter[str] = Counter()

    def decode(self) -> Score:
        title, tracks = "", list[Track]()
        texts: tuple[Event, ...] = ()
        programs = _first_programs(self._file.tracks)
        for index, raw in enumerate(self._file.tracks):
            name, others = self._extract_meta(raw.events, is_first=index == 0)
            channels = _channels(raw)
            if index == 0 and not channels:
                title, texts = name, tuple(_event(event) for event in others)
            elif not channels:
                tracks.append(Track(name=name, others=tuple(_event(event) for event in others)))
            for channel in channels:
                own = [event for event in others if _belongs(event, channel, is_first=channel == channels[0])]
                tracks.append(self._track(raw, own, name, channel, programs.get(channel, 0)))
        return Score(
            ticks_per_quarter=self._file.ticks_per_quarter,
            tempos=tuple(self._tempos[tick] for tick in sorted(self._tempos)),
            meters=tuple(self._meters[tick] for tick in sorted(self._meters)),
            keys=tuple(self._keys[tick] for tick in sorted(self._keys)),
            tracks=mark_drum_parts(tracks, texts, self._file.ticks_per_quarter),
            title=title,
            others=texts,
            provenance=self._provenance,
            notices=self._notices(),
        )

    def _track(self, raw: RawTrack, events: Sequence[RawEvent], name: str, channel: int, inherited: int) -> Track:
        program, others = _extract_program(events, inherited)
        notes = self._pair_notes(
            [note for note in raw.notes if note.channel == channel],
            raw.end_tick,
            _MAX_UNENDED_QUARTERS * self._file.ticks_per_quarter,
        )
        return Track(name, program, channel, tuple(notes), tuple(_event(event) for event in others))

    def _pair_notes(self, raw: Iterable[RawNote], end_tick: int, max_ticks: int) -> list[Note]:
        """Pair note-ons with note-offs, first in first out for each pitch; unended notes last up to ``max_ticks``."""
        sounding: dict[int, deque[tuple[int, int]]] = {}
        notes: list[Note] = []
        repairs = self._repairs
        for tick, channel, pitch, velocity in raw:
            queue = sounding.get(pitch)
            if queue is None:
                queue = sounding[pitch] = deque()
            if velocity:
                if queue and channel != DRUM_CHANNEL:
                    repairs["NOTES_OVERLAPPING"] += 1
                queue.append((tick, velocity))
            elif queue:
                onset, onset_velocity = queue.popleft()
                if tick == onset:
                    repairs["NOTES_LENGTHENED"] += 1
                notes.append(Note(onset, tick - onset or 1, pitch, onset_velocity))
            else:
                repairs["NOTE_ENDS_UNMATCHED"] += 1
        for pitch, queue in sounding.items():
            for onset, onset_velocity in queue:
                repairs["NOTES_UNENDED"] += 1
                notes.append(Note(onset, max(min(end_tick - onset, max_ticks), 1), pitch, onset_velocity))
        notes.sort(key=_BY_ONSET_PITCH_LENGTH)
        return notes

    def _extract_meta(self, events: Iterable[RawEvent], *, is_first: bool) -> tuple[str, list[RawEvent]]:
        """Collect name, tempos, meters, keys and provenance of a track; return the name and the other events."""
        name, others = "", []
        for event in events:
            if event.status != smf.META:
                others.append(event)
                continue
            kind, payload = event.payload[0], event.payload[1:]
            if kind == smf.META_NAME and not name:
                name = decode_text(payload)
            elif kind in (smf.META_TEMPO, smf.META_METER, smf.META_KEY):
                self._repairs["EVENTS_MEANINGLESS"] += not self._add_map_event(event.tick, kind, payload)
            elif not (is_first and kind == smf.META_TEXT and self._add_provenance(payload)):
                others.append(event)
        return name, others

    def _add_map_event(self, tick: int, kind: int, payload: bytes) -> bool:
        """Add a tempo, meter or key signature, the last one at a tick counts; return whether its values are valid."""
        if kind == smf.META_TEMPO and _is_tempo(payload):
            self._tempos[tick] = Tempo(tick, int.from_bytes(payload, "big"))
        elif kind == smf.META_METER and _is_meter(payload):
            self._meters[tick] = Meter(tick, payload[0], 1 << payload[1], payload[2], payload[3])
        elif kind == smf.META_KEY and _is_key(payload):
            self._keys[tick] = KeySignature(tick, _signed(payload[0]), payload[1] == 1)
        else:
            return False
        return True

    def _add_provenance(self, payload: bytes) -> bool:
        if self._provenance or not payload.startswith(PROVENANCE_MARK):
            return False
        try:
            found = json.loads(payload[len(PROVENANCE_MARK) :])
            json.dumps(found, allow_nan=False)
        except (ValueError, RecursionError):
            return False
        if not isinstance(found, dict) or not found:
            return False
        self._provenance = found
        return True

    def _notices(self) -> tuple[Notice, ...]:
        self._repairs["TRACK_ENDS_MISSING"] = sum(not track.has_end for track in self._file.tracks)
        self._repairs["FOREIGN_CHUNKS"] = self._file.n_foreign_chunks
        self._repairs["TRAILING_BYTES"] = self._file.n_trailing_bytes
        return tuple(
            Notice(reason, message.format(self._repairs[reason]))
            for reason, message in _REPAIRS.items()
            if self._repairs[reason]
        )


def decode_text(payload: bytes) -> str:
    """Return a text of a MIDI file, decoded as UTF-8, or as Latin-1 if it is not valid UTF-8.

    Examples
    --------
    >>> decode_text("Für Elise".encode()), decode_text("Für Elise".encode("latin-1"))
    ('Für Elise', 'Für Elise')
    """
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return payload.decode("latin-1")


def _is_tempo(payload: bytes) -> bool:
    return len(payload) == 3 and any(payload)


def _is_meter(payload: bytes) -> bool:
    return len(payload) == 4 and payload[0] > 0 and payload[1] <= _MAX_DENOMINATOR_POWER


def _is_key(payload: bytes) -> bool:
    return len(payload) == 2 and payload[1] <= 1 and -7 <= _signed(payload[0]) <= 7


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _event(raw: RawEvent) -> Event:
    return Event(raw.tick, bytes((raw.status,)) + raw.payload)


def _is_channel_event(event: RawEvent) -> bool:
    return event.status < smf.SYSEX_START


def _belongs(event: RawEvent, channel: int, *, is_first: bool) -> bool:
    """Return whether an event belongs to a channel; events without a channel belong to the first one."""
    return event.status & 0x0F == channel if _is_channel_event(event) else is_first


def _channels(raw: RawTrack) -> list[int]:
    """Return the channels of a track chunk in the order of their first note, then of their first event."""
    events = (event.status & 0x0F for event in raw.events if _is_channel_event(event))
    return list(dict.fromkeys([*dict.fromkeys(note.channel for note in raw.notes), *events]))


def _first_programs(tracks: Sequence[RawTrack]) -> dict[int, int]:
    """Return the first program of each channel in the whole file: tracks that share a channel share its program."""
    programs: dict[int, tuple[int, int]] = {}
    for track in tracks:
        for event in track.events:
            if event.status & 0xF0 == smf.PROGRAM_CHANGE:
                found = (event.tick, event.payload[0])
                channel = event.status & 0x0F
                if channel not in programs or found[0] < programs[channel][0]:
                    programs[channel] = found
    return {channel: program for channel, (_, program) in programs.items()}


def _extract_program(events: Sequence[RawEvent], inherited: int) -> tuple[int, list[RawEvent]]:
    """Return the program of a track, and its events without the program change at the beginning.

    A program change after a bank select (which must precede it) or after tick 0 stays among the events, and the track
    has the inherited program.
    """
    for index, event in enumerate(events):
        if event.status & 0xF0 == smf.CONTROLLER and event.payload[0] in _BANK_SELECT:
            break
        if event.status & 0xF0 == smf.PROGRAM_CHANGE:
            if event.tick > 0:
                break
            return event.payload[0], [*events[:index], *events[index + 1 :]]
    return inherited, list(events)
