"""Drum parts: which tracks of a file play a drum kit, on any channel.

Channel 10 is drums by default. Roland's GS and Yamaha's XG turn any part into drums, or part 10 into a pitched one, by
a system-exclusive message; XG and General MIDI 2 also by the bank. Besides, a track is a kit if its name says so and
its pitches are those of a kit, since timpani and xylophones are called percussion too; without such a name it must also
be played as a kit is, with cymbals on its kicks and snares, since a bass has the pitches of a kick and a snare.

Sources: Roland, *GS Format* (SC-55 and later; "use for rhythm part"), 1991; Yamaha, *XG Specifications* 1.26 (part
mode, bank select), 1998; *General MIDI 2*, RP-024, MIDI Manufacturers Association, 1999.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum
from itertools import chain
from typing import NamedTuple

from score.model import DRUM_CHANNEL, Event, Note, Track
from score.texts import display_text

_CONTROLLER, _SYSEX = 0xB0, 0xF0
_BANK_MSB = 0
_GM2_DRUM_BANK, _GM2_MELODY_BANK = 120, 121
_XG_DRUM_BANKS = (126, 127)
_ROLAND, _GS_MODEL, _YAMAHA, _XG_MODEL, _UNIVERSAL = 0x41, 0x42, 0x43, 0x4C, 0x7E
_GS_RESET, _XG_RESET = bytes((0x40, 0x00, 0x7F)), bytes((0x00, 0x00, 0x7E))
_GS_RHYTHM_PART, _XG_PART_MODE = 0x15, 0x07

_KIT_PITCHES = frozenset(range(27, 88))
_KICKS, _SNARES = frozenset((35, 36)), frozenset((37, 38, 39, 40))
_CYMBALS = frozenset((42, 44, 46, 49, 51, 52, 53, 55, 57, 59))
_TOMS = frozenset((41, 43, 45, 47, 48, 50))
_CORE = _KICKS | _SNARES | _CYMBALS | _TOMS
_MIN_CORE_SHARE, _MIN_GROUP_SHARE = 0.7, 0.04
"""Of a named kit so many notes are of kick, snare, cymbals and toms; so many are cymbals, so many kicks or snares."""
_MIN_NOTES, _MAX_PITCHES = 16, 16
_MIN_UNNAMED_CORE_SHARE, _MIN_UNNAMED_CYMBALS, _MIN_TOGETHER = 0.93, 0.15, 0.4
"""Of a kit without a name; the last is the share of kicks and snares at whose onset a cymbal is played. Of the 10,000
pitched tracks of a corpus none has all of these."""
_TOGETHER_QUARTERS = 1 / 12
_MAX_NOTES_EXAMINED = 2_000

# "Drums" and "percussion" in the languages of file names; not steel drums, which are pitched.
_KIT_NAME = re.compile(
    r"(?<!steel )(?<!steel)dr[uü]m|\bdrm?s?\b|percuss|percus|\bperc\b|schlagz|schlagw|batter|bater[ií]|batuc|trommel|"
    r"slagwerk|perkus|trumm|\bkit\b|ритм|ударн|барабан|перкусс|ドラム|打楽器|パーカッション|鼓|드럼|타악",
    re.IGNORECASE,
)
_DRUM_NAMES: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = tuple(
    (re.compile(words, re.IGNORECASE), frozenset(pitches))
    for words, pitches in (
        (r"kick|bass ?drum|\bbd\b|bombo|grosse caisse|gran ?cassa|große trommel", (35, 36)),
        (r"snare|\bsd\b|caja|caisse claire|rimshot|side ?stick", (37, 38, 39, 40)),
        (r"hi-? ?hat|\bhh\b|charleston", (42, 44, 46)),
        (r"cymbal|crash|\bride\b|platillo|becken|piatti", (49, 51, 52, 53, 55, 57, 59)),
        (r"\btoms?\b|tom-?tom", (41, 43, 45, 47, 48, 50)),
        (r"clap", (39,)),
        (r"tamb", (54,)),
        (r"cow ?bell", (56,)),
        (r"bongo", (60, 61)),
        (r"conga", (62, 63, 64)),
        (r"timbale", (65, 66)),
        (r"shaker|maraca|cabasa", (69, 70, 82)),
        (r"clave|wood ?block", (75, 76, 77)),
        (r"triangle", (80, 81)),
    )
)


class _Standard(Enum):
    """The system that the file's reset message names, which decides what a bank means."""

    NONE = "none named"
    GS = "Roland GS"
    XG = "Yamaha XG"


class _Change(NamedTuple):
    """A message that may turn parts into drums or back."""

    tick: int
    data: bytes


class _Parts:
    """The state of the sixteen channels while a file's messages are read in order."""

    def __init__(self) -> None:
        self._reset(_Standard.NONE)

    def _reset(self, standard: _Standard) -> None:
        self._standard = standard
        self._modes: dict[int, bool] = {}
        self._banks: dict[int, int] = {}

    def is_drum(self, channel: int) -> bool:
        """Return whether a channel plays drums now."""
        bank = self._banks.get(channel)
        # GS keeps the sounds of its predecessors, which are pitched, in the banks that XG has drums in.
        if bank == _GM2_DRUM_BANK or (bank in _XG_DRUM_BANKS and self._standard is not _Standard.GS):
            return True
        return self._modes.get(channel, channel == DRUM_CHANNEL and bank != _GM2_MELODY_BANK)

    def apply(self, data: bytes) -> None:
        """Change the state by a bank select or a system-exclusive message."""
        if data[0] & 0xF0 == _CONTROLLER:
            self._banks[data[0] & 0x0F] = data[2]
        elif data[1] == _UNIVERSAL and data[3:4] == b"\x09":
            self._reset(_Standard.NONE)
        elif data[1] == _ROLAND and data[3] == _GS_MODEL:
            self._apply_gs(data[5:8], data[8])
        elif data[1] == _YAMAHA and data[3] == _XG_MODEL:
            self._apply_xg(data[4:7], data[7])

    def _apply_gs(self, address: bytes, value: int) -> None:
        if address == _GS_RESET:
            self._reset(_Standard.GS)
        elif address[0] == 0x40 and address[1] & 0xF0 == 0x10 and address[2] == _GS_RHYTHM_PART:
            block = address[1] & 0x0F
            # Block 0 is part 10, blocks 1 to 9 are parts 1 to 9, blocks 10 to 15 parts 11 to 16.
            channel = DRUM_CHANNEL if block == 0 else block - (block < 10)
            self._modes[channel] = value > 0

    def _apply_xg(self, address: bytes, value: int) -> None:
        if address == _XG_RESET:
            self._reset(_Standard.XG)
        elif address[0] == 0x08 and address[1] < 16 and address[2] == _XG_PART_MODE:
            self._modes[address[1]] = value > 0


def mark_drum_parts(tracks: Sequence[Track], events: Sequence[Event], ticks_per_quarter: int) -> tuple[Track, ...]:
    """Return tracks that know whether they play drums.

    Parameters
    ----------
    tracks : sequence of Track
        All tracks of the file.
    events : sequence of Event
        Those of the conductor track.
    ticks_per_quarter : int
        Resolution of the file.

    Examples
    --------
    >>> notes = (Note(0, 120, 36, 100),)
    >>> rhythm_part = Event(0, bytes.fromhex("f0 41 10 42 12 40 1a 15 01 10 f7"))
    >>> marked = mark_drum_parts([Track(channel=10, notes=notes, others=(rhythm_part,))], (), 480)
    >>> [track.is_drum for track in marked]
    [True]
    """
    is_drum = _by_messages(tracks, events)
    return tuple(
        replace(track, is_drum=found or is_kit(track, ticks_per_quarter)) if track.notes else track
        for track, found in zip(tracks, is_drum, strict=True)
    )


def is_kit(track: Track, ticks_per_quarter: int) -> bool:
    """Return whether a track is a kit, or one drum of a kit, by its name and its notes.

    Examples
    --------
    >>> kit = tuple(Note(i * 240, 120, (42, 36, 42, 38)[i % 4], 90) for i in range(16))
    >>> timpani = tuple(Note(i * 480, 480, (36, 43)[i % 2], 90) for i in range(16))
    >>> is_kit(Track("Batería", notes=kit), 480), is_kit(Track("Percussion", notes=timpani), 480)
    (True, False)
    """
    notes = track.notes[:_MAX_NOTES_EXAMINED]
    pitches = [note.pitch for note in notes]
    name = display_text(track.name)
    if name and any(own.issuperset(pitches) and words.search(name) for words, own in _DRUM_NAMES):
        return True
    if not _KIT_PITCHES.issuperset(pitches):
        return False
    is_named = bool(_KIT_NAME.search(name))
    return _has_kit_pitches(pitches) if is_named else _is_played_as_kit(notes, pitches, ticks_per_quarter)


def _share(pitches: Sequence[int], group: frozenset[int]) -> float:
    return sum(pitch in group for pitch in pitches) / len(pitches)


def _has_kit_pitches(pitches: Sequence[int]) -> bool:
    """Return whether pitches are mostly of a kit's core, with cymbals, and a kick or a snare."""
    has_cymbals = _share(pitches, _CYMBALS) >= _MIN_GROUP_SHARE
    has_drums = max(_share(pitches, _KICKS), _share(pitches, _SNARES)) >= _MIN_GROUP_SHARE
    return has_cymbals and has_drums and _share(pitches, _CORE) >= _MIN_CORE_SHARE


def _is_played_as_kit(notes: Sequence[Note], pitches: Sequence[int], ticks_per_quarter: int) -> bool:
    """Return whether kick, snare and cymbals are played together, as nothing else is."""
    if len(notes) < _MIN_NOTES or _share(pitches, _CORE) < _MIN_UNNAMED_CORE_SHARE:
        return False
    has_drums = min(_share(pitches, _KICKS), _share(pitches, _SNARES)) >= _MIN_GROUP_SHARE
    if not has_drums or _share(pitches, _CYMBALS) < _MIN_UNNAMED_CYMBALS or len(set(pitches)) > _MAX_PITCHES:
        return False
    tolerance = int(_TOGETHER_QUARTERS * ticks_per_quarter)
    cymbals = [note.onset_ticks for note in notes if note.pitch in _CYMBALS]
    drums = [note.onset_ticks for note in notes if note.pitch in _KICKS | _SNARES]
    together = sum(_has_within(cymbals, onset - tolerance, onset + tolerance) for onset in drums)
    return together >= _MIN_TOGETHER * len(drums)


def _has_within(ticks: Sequence[int], first: int, last: int) -> bool:
    """Return whether one of some ascending ticks is within bounds."""
    place = bisect_left(ticks, first)
    return place < len(ticks) and ticks[place] <= last


def _by_messages(tracks: Sequence[Track], events: Sequence[Event]) -> list[bool]:
    """Return whether each track's channel plays drums when its first note begins."""
    changes = sorted(_changes(tracks, events), key=lambda change: change.tick)
    found = [track.is_drum for track in tracks]
    parts, place = _Parts(), 0
    for index in sorted(range(len(tracks)), key=lambda index: _first_onset(tracks[index].notes)):
        track = tracks[index]
        while place < len(changes) and changes[place].tick <= _first_onset(track.notes):
            parts.apply(changes[place].data)
            place += 1
        found[index] = parts.is_drum(track.channel)
    return found


def _changes(tracks: Sequence[Track], events: Sequence[Event]) -> Iterator[_Change]:
    for tick, data in chain(events, *(track.others for track in tracks)):
        is_bank = data[0] & 0xF0 == _CONTROLLER and data[1] == _BANK_MSB
        if is_bank or (data[0] == _SYSEX and len(data) >= _min_sysex_bytes(data)):
            yield _Change(tick, data)


def _min_sysex_bytes(data: bytes) -> int:
    """Return the length from which a system-exclusive message has all bytes that `_Parts.apply` reads."""
    return 5 if data[1:2] == bytes((_UNIVERSAL,)) else 9


def _first_onset(notes: Sequence[Note]) -> int:
    return notes[0].onset_ticks if notes else 0
