"""The score: tracks of notes in ticks, with tempos, meters and key signatures.

All types are immutable and hold tuples, so that two scores are equal exactly when they hold the same music. Ticks are
absolute, counted from the start of the piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from score.arrays import I64

DRUM_CHANNEL = 9
"""Channel 10 of General MIDI, counted from zero."""

_AS_CHANNEL: Any = None
"""Default of `Track.is_drum`: channel 10 is drums."""

DEFAULT_MICROSECONDS_PER_QUARTER = 500_000
"""Tempo of a file without one: 120 quarter notes per minute."""


class Note(NamedTuple):
    """One note: onset and duration in ticks, pitch and velocity as MIDI numbers (0 to 127; velocity 1 to 127)."""

    onset_ticks: int
    duration_ticks: int
    pitch: int
    velocity: int

    @property
    def end_ticks(self) -> int:
        """The tick at which the note ends.

        Examples
        --------
        >>> Note(480, 240, 60, 80).end_ticks
        720
        """
        return self.onset_ticks + self.duration_ticks


class Event(NamedTuple):
    """Any event that is not a note, preserved byte for byte.

    ``data`` is the status byte and the payload, without lengths: three bytes for a controller; 0xFF, the meta type and
    the text for a lyric; 0xF0 and the message for a system-exclusive event.
    """

    tick: int
    data: bytes


class Tempo(NamedTuple):
    """A tempo that is in force from ``tick`` on."""

    tick: int
    microseconds_per_quarter: int

    @property
    def bpm(self) -> float:
        """Quarter notes per minute.

        Examples
        --------
        >>> Tempo(0, 500_000).bpm
        120.0
        """
        return 60_000_000 / self.microseconds_per_quarter


class Meter(NamedTuple):
    """A meter that is in force from ``tick`` on. The last two fields are the file's metronome settings, preserved."""

    tick: int
    numerator: int
    denominator: int
    clocks_per_click: int = 24
    thirty_seconds_per_quarter: int = 8

    @property
    def name(self) -> str:
        """The meter as written.

        Examples
        --------
        >>> Meter(0, 7, 8).name
        '7/8'
        """
        return f"{self.numerator}/{self.denominator}"

    @property
    def quarters(self) -> float:
        """Length of a bar in quarter notes.

        Examples
        --------
        >>> Meter(0, 6, 8).quarters
        3.0
        """
        return 4 * self.numerator / self.denominator


class KeySignature(NamedTuple):
    """A key signature that is in force from ``tick`` on: sharps (positive) or flats (negative), -7 to 7."""

    tick: int
    fifths: int
    is_minor: bool


class Notice(NamedTuple):
    """What a user should know about how their music was read or changed; not an error.

    Attributes
    ----------
    reason : str
        The kind of notice, in capitals; `docs/notices.md` lists them all.
    message : str
        One or two sentences for a person.
    parent : int or None
        Where several pieces are read: index of the piece that the notice is about.
    first_bar, last_bar : int or None
        The bars that it is about, from 0; None for the whole piece.
    """

    reason: str
    message: str
    parent: int | None = None
    first_bar: int | None = None
    last_bar: int | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one instrument.

    Attributes
    ----------
    name : str
        The file's track name, empty if it has none.
    program : int
        General MIDI program, 0 to 127, in force at the first note.
    channel : int
        0 to 15.
    notes : tuple of Note
        Sorted by onset, then pitch, then duration.
    others : tuple of Event
        Controllers, bends, later program changes, lyrics and so on, in the file's order.
    is_drum : bool
        Whether the track plays drums; by default channel 9 does. `score.midi` finds drums on other channels.
    """

    name: str = ""
    program: int = 0
    channel: int = 0
    notes: tuple[Note, ...] = ()
    others: tuple[Event, ...] = ()
    is_drum: bool = _AS_CHANNEL
    _array: I64 | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Set whether the track plays drums by its channel, unless it is given."""
        if self.is_drum is _AS_CHANNEL:
            object.__setattr__(self, "is_drum", self.channel == DRUM_CHANNEL)

    @property
    def note_array(self) -> I64:
        """The notes as rows of onset, duration, pitch and velocity, shape (n, 4); read-only, and computed once.

        Examples
        --------
        >>> Track(notes=(Note(0, 480, 60, 80),)).note_array.tolist()
        [[0, 480, 60, 80]]
        """
        if self._array is None:
            flat = chain.from_iterable(self.notes)
            array = np.fromiter(flat, dtype=np.int64, count=4 * len(self.notes)).reshape(-1, 4)
            array.flags.writeable = False
            object.__setattr__(self, "_array", array)
            return array
        return self._array


@dataclass(frozen=True, slots=True)
class Score:
    """A piece of music.

    Attributes
    ----------
    ticks_per_quarter : int
        Resolution, 1 to 32767.
    tempos, meters, keys : tuples
        Sorted by tick, at most one per tick. Empty if the file has none: 120 BPM, 4/4, no signature.
    tracks : tuple of Track
    title : str
        Name of the conductor track.
    others : tuple of Event
        Texts, markers and other events of the conductor track.
    provenance : mapping
        Where the piece comes from (parents, seed, digests), as JSON values. Stored in the file as a text event.
    text_encoding : str
        The encoding of the file's texts, as Python names it, see `score.texts`; names are written in it again.
    notices : tuple of Notice
        What had to be repaired to read the file. Not compared by ``==`` and not written.
    """

    ticks_per_quarter: int = 480
    tempos: tuple[Tempo, ...] = ()
    meters: tuple[Meter, ...] = ()
    keys: tuple[KeySignature, ...] = ()
    tracks: tuple[Track, ...] = ()
    title: str = ""
    others: tuple[Event, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)
    text_encoding: str = "utf-8"
    notices: tuple[Notice, ...] = field(default=(), compare=False)
    _end_ticks: int = field(default=-1, init=False, repr=False, compare=False)

    @property
    def end_ticks(self) -> int:
        """The tick at which the last note ends, 0 without notes."""
        if self._end_ticks < 0:
            ends = (int(track.note_array[:, :2].sum(axis=1).max()) for track in self.tracks if track.notes)
            object.__setattr__(self, "_end_ticks", max(ends, default=0))
        return self._end_ticks

    @property
    def n_notes(self) -> int:
        """Number of notes of all tracks."""
        return sum(len(track.notes) for track in self.tracks)
