"""Moves a piece to another key or by an interval.

Drums stay. Notes that would leave the range of their instrument, or MIDI's, are folded back by octaves. Key signatures,
chord names and the pressure on single keys move along; bends, controllers and everything else stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from score.model import Event, KeySignature, Note, Notice, Score, Track
from servicekit.faults import InvalidInput

from transposer.key_detection.detector import DetectedKey, Key, detect_key
from transposer.key_detection.pitched_notes import has_pitches
from transposer.transposition import instrument_ranges
from transposer.transposition.chord_markers import move_texts
from transposer.transposition.instrument_ranges import Range

MAX_SEMITONES = 24
"""The widest interval asked for, either way."""

_OCTAVE = 12
_MINOR_THIRD = 3
_POLY_PRESSURE, _PROGRAM_CHANGE = 0xA0, 0xC0


class ModePolicy(Enum):
    """What becomes of a piece in one mode that is asked for a key in the other; its notes keep their mode."""

    RELATIVE = "the same signature"
    PARALLEL = "the same tonic"


class Way(Enum):
    """Which of the ways to a key is taken."""

    SHORTEST = "the fewest semitones"
    IN_RANGE = "the fewest notes out of range"


class RangePolicy(Enum):
    """What notes may not leave."""

    INSTRUMENT = "the range of the track's General MIDI instrument"
    MIDI = "the range of MIDI"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a piece is moved where the target leaves it open."""

    mode_policy: ModePolicy = ModePolicy.RELATIVE
    way: Way = Way.SHORTEST
    range_policy: RangePolicy = RangePolicy.INSTRUMENT


DEFAULT_WISHES = Wishes()


class Transposition(NamedTuple):
    """A transposed piece.

    ``semitones`` is how far every pitched note moved, folded ones apart; ``from_key`` and ``to_key`` are None when only
    drums sound.
    """

    score: Score
    semitones: int
    from_key: DetectedKey | None
    to_key: Key | None
    notices: tuple[Notice, ...]


def to_key(score: Score, target: Key, wishes: Wishes = DEFAULT_WISHES) -> Transposition:
    """Move a piece to a key, keeping its mode: by default minor meets the relative major, and major minor.

    Raises
    ------
    NoPitchedNotes
        If only drums sound.
    """
    found = detect_key(score)
    reached = _in_mode(target, found.key.is_minor, wishes.mode_policy)
    semitones = _way(score, shortest_way(found.key.tonic, reached.tonic), wishes)
    moved, notices = _move(score, semitones, wishes.range_policy)
    return Transposition(moved, semitones, found, reached, notices)


def to_agree(score: Score, other: Score, wishes: Wishes = DEFAULT_WISHES) -> Transposition:
    """Move a piece to the key of another.

    Raises
    ------
    NoPitchedNotes
        If in either only drums sound.
    """
    return to_key(score, detect_key(other).key, wishes)


def by_semitones(score: Score, semitones: int, wishes: Wishes = DEFAULT_WISHES) -> Transposition:
    """Move a piece by an interval, up or down.

    Raises
    ------
    InvalidInput
        If the interval is wider than `MAX_SEMITONES`.
    """
    if abs(semitones) > MAX_SEMITONES:
        message = f"A piece can be moved by {-MAX_SEMITONES} to {MAX_SEMITONES} semitones, not by {semitones}."
        raise InvalidInput(message, field="semitones", semitones=semitones, limit_semitones=MAX_SEMITONES)
    if not has_pitches(score):
        notice = Notice("DRUMS_ONLY", "There are only drums, which have no key: nothing was moved.")
        return Transposition(score, 0, None, None, (notice,))
    found = detect_key(score)
    moved, notices = _move(score, semitones, wishes.range_policy)
    reached = Key((found.key.tonic + semitones) % 12, found.key.is_minor)
    return Transposition(moved, semitones, found, reached, notices)


def shortest_way(start: int, goal: int) -> int:
    """Count the semitones from one pitch class to another, -6 to 5."""
    return (goal - start + 6) % 12 - 6


def _in_mode(key: Key, is_minor: bool, policy: ModePolicy) -> Key:
    """Give the key itself if it has the mode, else its relative or parallel key."""
    if key.is_minor == is_minor or policy is ModePolicy.PARALLEL:
        return Key(key.tonic, is_minor)
    return Key((key.tonic + (-_MINOR_THIRD if is_minor else _MINOR_THIRD)) % 12, is_minor)


def _way(score: Score, shortest: int, wishes: Wishes) -> int:
    """Choose among the ways to a tonic."""
    if wishes.way is Way.SHORTEST:
        return shortest
    ways = [way for way in (shortest, shortest - _OCTAVE, shortest + _OCTAVE) if abs(way) <= _OCTAVE]
    parts = [(_pitches(track), _limits(track, wishes.range_policy)) for track in score.tracks if not track.is_drum]

    def cost(way: int) -> tuple[int, int]:
        return sum(int(instrument_ranges.strays(pitches, way, limits).sum()) for pitches, limits in parts), abs(way)

    return min(ways, key=cost)


def _move(score: Score, semitones: int, policy: RangePolicy) -> tuple[Score, tuple[Notice, ...]]:
    if semitones == 0:
        return score, ()
    tracks, n_folded = [], 0
    for track in score.tracks:
        moved, strayed = (track, 0) if track.is_drum else _move_track(track, semitones, _limits(track, policy))
        tracks.append(moved)
        n_folded += strayed
    keys = tuple(_move_signature(key, semitones) for key in score.keys)
    moved_score = replace(score, keys=keys, tracks=tuple(tracks), others=move_texts(score.others, semitones))
    if n_folded == 0:
        return moved_score, ()
    place = "MIDI" if policy is RangePolicy.MIDI else "their instrument"
    message = f"Notes that would leave the range of {place}, folded back by octaves: {n_folded}."
    return moved_score, (Notice("NOTES_FOLDED", message),)


def _move_track(track: Track, semitones: int, limits: Range) -> tuple[Track, int]:
    """Move a track's notes and events; tell how many notes were folded."""
    strays = instrument_ranges.strays(_pitches(track), semitones, limits)
    n_folded = int(strays.sum())
    if n_folded:
        notes = [_moved(note, semitones, limits) for note in track.notes]
        # Folding may cross voices, and a track's notes are sorted by pitch within a tick.
        notes.sort(key=_in_order)
    else:
        notes = [Note(onset, length, pitch + semitones, velocity) for onset, length, pitch, velocity in track.notes]
    others = tuple(_move_event(event, semitones, limits) for event in track.others)
    return replace(track, notes=tuple(notes), others=move_texts(others, semitones)), n_folded


def _moved(note: Note, semitones: int, limits: Range) -> Note:
    return note._replace(pitch=_move_pitch(note.pitch, semitones, limits))


def _move_pitch(pitch: int, semitones: int, limits: Range) -> int:
    """Move a pitch, and fold it where it would leave its instrument's range, or, being outside already, MIDI's."""
    if limits.low <= pitch <= limits.high:
        return instrument_ranges.folded(pitch + semitones, limits)
    return instrument_ranges.folded(pitch + semitones, instrument_ranges.MIDI)


def _move_event(event: Event, semitones: int, limits: Range) -> Event:
    """Move the pressure on a single key with its note."""
    status = event.data[0]
    if status & 0xF0 != _POLY_PRESSURE:
        return event
    return Event(event.tick, bytes((status, _move_pitch(event.data[1], semitones, limits), event.data[2])))


def _move_signature(key: KeySignature, semitones: int) -> KeySignature:
    """Move a key signature; a semitone is seven fifths up, and of two spellings the one of fewer signs is written.

    Six signs are written as flats, which is how most files say them.
    """
    return key._replace(fifths=(key.fifths + 7 * semitones + 6) % 12 - 6)


def _limits(track: Track, policy: RangePolicy) -> Range:
    """Give what a track's notes may not leave; one that changes its instrument is only held to MIDI's range."""
    changes = any(event.data[0] & 0xF0 == _PROGRAM_CHANGE for event in track.others)
    return (
        instrument_ranges.MIDI if changes or policy is RangePolicy.MIDI else instrument_ranges.of_program(track.program)
    )


def _pitches(track: Track) -> NDArray[np.int64]:
    return np.fromiter((note[2] for note in track.notes), dtype=np.int64, count=len(track.notes))


def _in_order(note: Note) -> tuple[int, int, int]:
    return note.onset_ticks, note.pitch, note.duration_ticks
