"""Decoder from the raw tracks of a MIDI file to a `Score`, with repairs of what is broken in the file."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from score.midi import smf
from score.midi.drum_parts import mark_drum_parts
from score.midi.silence import cut_after_silence
from score.midi.smf import RawEvent, RawFile, RawNote, RawTrack
from score.model import DRUM_CHANNEL, Event, KeySignature, Meter, Note, Score, Tempo, Track
from score.texts import decode_text, detect_encoding, display_text

PROVENANCE_MARK = b"segue:"
"""Prefix of the text event that holds a score's provenance."""

_BY_ONSET_PITCH_LENGTH = itemgetter(0, 2, 1)
_MAX_UNENDED_QUARTERS = 4
"""Length at which a note without an end is ended."""
_BANK_SELECT = (0, 32)
_MAX_DENOMINATOR_POWER = 6


def decode_score(raw_file: RawFile) -> Score:
    """Return the score of a file; it has no notes if the file has none."""
    return _ScoreDecoder(raw_file).decode()


class _ScoreDecoder:
    """Collects tempos, meters, keys and repairs while the tracks are decoded one after the other."""

    def __init__(self, raw_file: RawFile) -> None:
        self._file, self._repairs = raw_file, raw_file.repairs
        self._tempos: dict[int, Tempo] = {}
        self._meters: dict[int, Meter] = {}
        self._keys: dict[int, KeySignature] = {}
        self._provenance: dict[str, object] = {}
        self._encoding = detect_encoding(_texts(raw_file.tracks))

    def decode(self) -> Score:
        title, tracks, names = "", list[Track](), list[str]()
        texts: tuple[Event, ...] = ()
        programs = _first_programs(self._file.tracks)
        for index, raw in enumerate(self._file.tracks):
            name, others = self._extract_meta(raw.events, index + 1)
            names.append(display_text(name))
            notes, events = _by_channel(raw.notes, others)
            if index == 0 and not events:
                title, texts = name, tuple(_event(event) for event in others)
            elif not events:
                tracks.append(Track(name=name, others=tuple(_event(event) for event in others)))
            for channel, own in events.items():
                program, own_others = _extract_program(own, programs.get(channel, 0))
                paired = self._pair_notes(notes.get(channel, ()), raw.end_tick, index + 1)
                others_of_channel = tuple(_event(event) for event in own_others)
                tracks.append(Track(name, program, channel, tuple(paired), others_of_channel))
        score = Score(
            ticks_per_quarter=self._file.ticks_per_quarter,
            tempos=self._sorted_tempos(),
            meters=tuple(self._meters[tick] for tick in sorted(self._meters)),
            keys=tuple(self._keys[tick] for tick in sorted(self._keys)),
            tracks=tuple(tracks),
            title=title,
            others=texts,
            provenance=self._provenance,
            text_encoding=self._encoding,
        )
        score, silent_quarters = cut_after_silence(score)
        self._repairs.add("LONG_SILENCE", silent_quarters)
        marked = mark_drum_parts(score.tracks, score.others, score.ticks_per_quarter)
        return replace(score, tracks=marked, notices=self._repairs.notices(names))

    def _sorted_tempos(self) -> tuple[Tempo, ...]:
        """Return the tempos by tick; a file that counts frames has one."""
        fixed = self._file.microseconds_per_quarter
        return (Tempo(0, fixed),) if fixed else tuple(self._tempos[tick] for tick in sorted(self._tempos))

    def _pair_notes(self, raw: Iterable[RawNote], end_tick: int, number: int) -> list[Note]:
        """Pair note-ons with note-offs, first in first out for each pitch.

        Parameters
        ----------
        raw : iterable of RawNote
            Of one channel.
        end_tick : int
            End of the track: notes without an end last until then, and a whole note at most.
        number : int
            Of the track.
        """
        sounding: dict[int, deque[tuple[int, int]]] = {}
        notes: list[Note] = []
        repairs: Counter[str] = Counter()
        new = tuple.__new__
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
                notes.append(new(Note, (onset, tick - onset or 1, pitch, onset_velocity)))
            else:
                repairs["NOTE_ENDS_UNMATCHED"] += 1
        unended = self._end_notes(sounding, notes, end_tick)
        repairs["NOTES_UNENDED"] = len(unended)
        notes += unended
        notes.sort(key=_BY_ONSET_PITCH_LENGTH)
        for reason, n in repairs.items():
            self._repairs.add(reason, n, track=number)
        return notes

    def _end_notes(
        self, sounding: Mapping[int, Iterable[tuple[int, int]]], ended: Iterable[Note], end_tick: int
    ) -> list[Note]:
        """Return the notes that have no end of their own.

        Parameters
        ----------
        sounding : mapping of int to iterable of (int, int)
            Their onsets and velocities, by pitch.
        ended : iterable of Note
            The other notes: those of one key end in the order they began, so none ends before an earlier one.
        end_tick : int
            End of the track.
        """
        if not any(sounding.values()):
            return []
        max_ticks = _MAX_UNENDED_QUARTERS * self._file.ticks_per_quarter
        last_ends: dict[int, int] = {}
        for note in ended:
            last_ends[note.pitch] = max(note.end_ticks, last_ends.get(note.pitch, 0))
        notes = []
        for pitch, queue in sounding.items():
            for onset, velocity in queue:
                end = max(min(end_tick, onset + max_ticks), last_ends.get(pitch, 0), onset + 1)
                notes.append(Note(onset, end - onset, pitch, velocity))
        return notes

    def _extract_meta(self, events: Iterable[RawEvent], number: int) -> tuple[str, list[RawEvent]]:
        """Collect name, tempos, meters, keys and provenance of a track; return the name and the other events."""
        name, others = "", []
        for event in events:
            if event.status != smf.META:
                others.append(event)
                continue
            kind, payload = event.payload[0], event.payload[1:]
            if kind == smf.META_NAME and not name:
                name = decode_text(payload, self._encoding)
            elif kind in (smf.META_TEMPO, smf.META_METER, smf.META_KEY):
                is_valid = self._add_map_event(event.tick, kind, payload)
                self._repairs.add("EVENTS_MEANINGLESS", int(not is_valid), track=number)
            elif not (number == 1 and kind == smf.META_TEXT and self._add_provenance(payload)):
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


def _texts(tracks: Iterable[RawTrack]) -> Iterator[bytes]:
    """Yield all texts that are not ASCII: names, lyrics, markers."""
    for track in tracks:
        for event in track.events:
            is_text = event.status == smf.META and smf.META_TEXT <= event.payload[0] <= smf.LAST_META_TEXT
            if is_text and not event.payload.isascii():
                yield event.payload[1:]


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


def _by_channel(
    notes: Iterable[RawNote], events: Iterable[RawEvent]
) -> tuple[dict[int, list[RawNote]], dict[int, list[RawEvent]]]:
    """Return notes and events by channel, the channels of the events in the order of their first note or event.

    Events without a channel belong to the first channel. Where there is none, there are no channels.
    """
    notes_by_channel: dict[int, list[RawNote]] = {}
    for note in notes:
        channel_notes = notes_by_channel.get(note.channel)
        if channel_notes is None:
            channel_notes = notes_by_channel[note.channel] = []
        channel_notes.append(note)
    by_channel: dict[int, list[RawEvent]] = {channel: [] for channel in notes_by_channel}
    known = list(events)
    for event in known:
        if _is_channel_event(event):
            by_channel.setdefault(event.status & 0x0F, [])
    first = next(iter(by_channel), None)
    if first is not None:
        for event in known:
            by_channel[event.status & 0x0F if _is_channel_event(event) else first].append(event)
    return notes_by_channel, by_channel


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
