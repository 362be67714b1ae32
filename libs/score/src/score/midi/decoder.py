"""From the raw tracks of a file to a `Score`: what each event means, and what had to be mended."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from operator import itemgetter

from score.midi import smf
from score.midi.smf import RawEvent, RawFile, RawNote, RawTrack
from score.model import DRUM_CHANNEL, Event, KeySignature, Meter, Note, Notice, Score, Tempo, Track

PROVENANCE_MARK = b"segue:"
"""How the text event that carries a score's provenance begins."""

_BY_ONSET_PITCH_LENGTH = itemgetter(0, 2, 1)
_OPEN_NOTE_QUARTERS = 4
_BANK_SELECT = (0, 32)
_FINEST_DENOMINATOR_POWER = 6

_MENDED = {
    "NOTES_UNENDED": "Notes without an end, each ended after a whole note at the latest: {}.",
    "NOTES_OVERLAPPING": "Notes struck while the same key still sounded, kept as they are: {}.",
    "NOTES_LENGTHENED": "Notes of no length, each given one tick: {}.",
    "NOTE_ENDS_UNMATCHED": "Ends of notes that never began, left out: {}.",
    "EVENTS_MEANINGLESS": "Tempos, meters or key signatures of impossible values, left out: {}.",
    "TRACK_ENDS_MISSING": "Tracks without an end mark, read to their last byte: {}.",
    "FOREIGN_CHUNKS": "Chunks that are no tracks, left out: {}.",
    "TRAILING_BYTES": "Bytes after the last track, left out: {}.",
}


def read_score(raw: RawFile) -> Score:
    """Understand a file's tracks; a file of no notes gives a score of no notes."""
    return _Reader(raw).read()


class _Reader:
    """Gathers the maps of a score while its tracks are read one after the other."""

    def __init__(self, raw: RawFile) -> None:
        self._raw = raw
        self._tempos: dict[int, Tempo] = {}
        self._meters: dict[int, Meter] = {}
        self._keys: dict[int, KeySignature] = {}
        self._provenance: dict[str, object] = {}
        self._mended: Counter[str] = Counter()

    def read(self) -> Score:
        title, tracks = "", list[Track]()
        texts: tuple[Event, ...] = ()
        programs = _first_programs(self._raw.tracks)
        for index, raw in enumerate(self._raw.tracks):
            name, kept = self._take_metas(raw.events, is_first=index == 0)
            channels = _channels(raw)
            if index == 0 and not channels:
                title, texts = name, tuple(_event(event) for event in kept)
            elif not channels:
                tracks.append(Track(name=name, others=tuple(_event(event) for event in kept)))
            for channel in channels:
                own = [event for event in kept if _belongs(event, channel, is_first=channel == channels[0])]
                tracks.append(self._track(raw, own, name, channel, programs.get(channel, 0)))
        return Score(
            ticks_per_quarter=self._raw.ticks_per_quarter,
            tempos=tuple(self._tempos[tick] for tick in sorted(self._tempos)),
            meters=tuple(self._meters[tick] for tick in sorted(self._meters)),
            keys=tuple(self._keys[tick] for tick in sorted(self._keys)),
            tracks=tuple(tracks),
            title=title,
            others=texts,
            provenance=self._provenance,
            notices=self._notices(),
        )

    def _track(self, raw: RawTrack, events: Sequence[RawEvent], name: str, channel: int, inherited: int) -> Track:
        program, kept = _take_program(events, inherited)
        notes = self._pair_notes(
            [note for note in raw.notes if note.channel == channel],
            raw.end_tick,
            _OPEN_NOTE_QUARTERS * self._raw.ticks_per_quarter,
        )
        return Track(name, program, channel, tuple(notes), tuple(_event(event) for event in kept))

    def _pair_notes(self, raw: Iterable[RawNote], end_tick: int, open_ticks: int) -> list[Note]:
        """Match note-ons with note-offs, first in first out for each key."""
        sounding: dict[int, deque[tuple[int, int]]] = {}
        notes: list[Note] = []
        mended = self._mended
        for tick, channel, pitch, velocity in raw:
            queue = sounding.get(pitch)
            if queue is None:
                queue = sounding[pitch] = deque()
            if velocity:
                if queue and channel != DRUM_CHANNEL:
                    mended["NOTES_OVERLAPPING"] += 1
                queue.append((tick, velocity))
            elif queue:
                onset, struck = queue.popleft()
                if tick == onset:
                    mended["NOTES_LENGTHENED"] += 1
                notes.append(Note(onset, tick - onset or 1, pitch, struck))
            else:
                mended["NOTE_ENDS_UNMATCHED"] += 1
        for pitch, queue in sounding.items():
            for onset, struck in queue:
                mended["NOTES_UNENDED"] += 1
                notes.append(Note(onset, max(min(end_tick - onset, open_ticks), 1), pitch, struck))
        notes.sort(key=_BY_ONSET_PITCH_LENGTH)
        return notes

    def _take_metas(self, events: Iterable[RawEvent], *, is_first: bool) -> tuple[str, list[RawEvent]]:
        """Take name, tempos, meters, keys and provenance out of a track's events; give back the name and the rest."""
        name, kept = "", []
        for event in events:
            if event.status != smf.META:
                kept.append(event)
                continue
            kind, payload = event.payload[0], event.payload[1:]
            if kind == smf.META_NAME and not name:
                name = decode_text(payload)
            elif kind in (smf.META_TEMPO, smf.META_METER, smf.META_KEY):
                self._mended["EVENTS_MEANINGLESS"] += not self._take_map_event(event.tick, kind, payload)
            elif not (is_first and kind == smf.META_TEXT and self._take_provenance(payload)):
                kept.append(event)
        return name, kept

    def _take_map_event(self, tick: int, kind: int, payload: bytes) -> bool:
        """Keep a tempo, meter or key signature, the last one at a tick; tell whether its values made sense."""
        if kind == smf.META_TEMPO and _is_tempo(payload):
            self._tempos[tick] = Tempo(tick, int.from_bytes(payload, "big"))
        elif kind == smf.META_METER and _is_meter(payload):
            self._meters[tick] = Meter(tick, payload[0], 1 << payload[1], payload[2], payload[3])
        elif kind == smf.META_KEY and _is_key(payload):
            self._keys[tick] = KeySignature(tick, _signed(payload[0]), payload[1] == 1)
        else:
            return False
        return True

    def _take_provenance(self, payload: bytes) -> bool:
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
        self._mended["TRACK_ENDS_MISSING"] = sum(not track.has_end for track in self._raw.tracks)
        self._mended["FOREIGN_CHUNKS"] = self._raw.n_foreign_chunks
        self._mended["TRAILING_BYTES"] = self._raw.n_trailing_bytes
        return tuple(
            Notice(reason, message.format(self._mended[reason]))
            for reason, message in _MENDED.items()
            if self._mended[reason]
        )


def decode_text(payload: bytes) -> str:
    """Decode a text of a MIDI file: UTF-8 where it is that, else Latin-1, which any bytes are."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return payload.decode("latin-1")


def _is_tempo(payload: bytes) -> bool:
    return len(payload) == 3 and any(payload)


def _is_meter(payload: bytes) -> bool:
    return len(payload) == 4 and payload[0] > 0 and payload[1] <= _FINEST_DENOMINATOR_POWER


def _is_key(payload: bytes) -> bool:
    return len(payload) == 2 and payload[1] <= 1 and -7 <= _signed(payload[0]) <= 7


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _event(raw: RawEvent) -> Event:
    return Event(raw.tick, bytes((raw.status,)) + raw.payload)


def _is_channel_event(event: RawEvent) -> bool:
    return event.status < smf.SYSEX_START


def _belongs(event: RawEvent, channel: int, *, is_first: bool) -> bool:
    """Whether an event goes with this channel; those of no channel go with the first."""
    return event.status & 0x0F == channel if _is_channel_event(event) else is_first


def _channels(raw: RawTrack) -> list[int]:
    """List the channels that a track chunk uses, in the order of their first note, then of their first event."""
    events = (event.status & 0x0F for event in raw.events if _is_channel_event(event))
    return list(dict.fromkeys([*dict.fromkeys(note.channel for note in raw.notes), *events]))


def _first_programs(tracks: Sequence[RawTrack]) -> dict[int, int]:
    """Find each channel's first program anywhere in the file: tracks that share a channel share its sound."""
    programs: dict[int, tuple[int, int]] = {}
    for track in tracks:
        for event in track.events:
            if event.status & 0xF0 == smf.PROGRAM_CHANGE:
                found = (event.tick, event.payload[0])
                channel = event.status & 0x0F
                if channel not in programs or found[0] < programs[channel][0]:
                    programs[channel] = found
    return {channel: program for channel, (_, program) in programs.items()}


def _take_program(events: Sequence[RawEvent], inherited: int) -> tuple[int, list[RawEvent]]:
    """Take the first program change out of a track's events.

    It stays in its place, and its program is only told, where a bank is selected before it (the bank must come
    first) or where it stands after the beginning.
    """
    for index, event in enumerate(events):
        if event.status & 0xF0 == smf.CONTROLLER and event.payload[0] in _BANK_SELECT:
            break
        if event.status & 0xF0 == smf.PROGRAM_CHANGE:
            if event.tick > 0:
                break
            return event.payload[0], [*events[:index], *events[index + 1 :]]
    return inherited, list(events)
