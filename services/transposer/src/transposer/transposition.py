"""Moves a piece to another key or by an interval.

Drums stay. Notes that would leave the range of MIDI are folded back by octaves. Key signatures move along; controllers,
bends and everything else stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from score.model import Event, KeySignature, Note, Notice, Score, Track
from servicekit.faults import InvalidInput

from transposer.key import DetectedKey, Key, detect_key, has_pitches

MAX_SEMITONES = 24
"""The widest interval asked for, either way."""

_MINOR_THIRD = 3
_POLY_PRESSURE = 0xA0


class Transposition(NamedTuple):
    """A transposed piece.

    ``semitones`` is how far every pitched note moved; ``from_key`` and ``to_key`` are None when only drums sound.
    """

    score: Score
    semitones: int
    from_key: DetectedKey | None
    to_key: Key | None
    notices: tuple[Notice, ...]


def to_key(score: Score, target: Key) -> Transposition:
    """Move a piece to a key by the shortest way, keeping its mode: minor meets the relative major, and major minor.

    Raises
    ------
    NoPitchedNotes
        If only drums sound.
    """
    found = detect_key(score)
    reached = _in_mode(target, is_minor=found.key.is_minor)
    semitones = shortest_way(found.key.tonic, reached.tonic)
    moved, notices = _move(score, semitones)
    return Transposition(moved, semitones, found, reached, notices)


def by_semitones(score: Score, semitones: int) -> Transposition:
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
    moved, notices = _move(score, semitones)
    reached = Key((found.key.tonic + semitones) % 12, found.key.is_minor)
    return Transposition(moved, semitones, found, reached, notices)


def shortest_way(start: int, goal: int) -> int:
    """Count the semitones from one pitch class to another, -6 to 5."""
    return (goal - start + 6) % 12 - 6


def _in_mode(key: Key, *, is_minor: bool) -> Key:
    """Give the key itself if it has the mode, else its relative key."""
    if key.is_minor == is_minor:
        return key
    return Key((key.tonic + (-_MINOR_THIRD if is_minor else _MINOR_THIRD)) % 12, is_minor)


def _move(score: Score, semitones: int) -> tuple[Score, tuple[Notice, ...]]:
    if semitones == 0:
        return score, ()
    moved = replace(
        score,
        keys=tuple(_move_signature(key, semitones) for key in score.keys),
        tracks=tuple(track if track.is_drum else _move_track(track, semitones) for track in score.tracks),
    )
    n_folded = sum(
        not 0 <= note.pitch + semitones <= 127 for track in score.tracks if not track.is_drum for note in track.notes
    )
    if n_folded == 0:
        return moved, ()
    message = f"Notes that would leave the range of MIDI, folded back by octaves: {n_folded}."
    return moved, (Notice("NOTES_FOLDED", message),)


def _move_track(track: Track, semitones: int) -> Track:
    notes = [note._replace(pitch=_folded(note.pitch + semitones)) for note in track.notes]
    # Folding may cross voices, and a track's notes are sorted by pitch within a tick.
    notes.sort(key=_in_order)
    return replace(track, notes=tuple(notes), others=tuple(_move_event(event, semitones) for event in track.others))


def _in_order(note: Note) -> tuple[int, int, int]:
    return note.onset_ticks, note.pitch, note.duration_ticks


def _move_event(event: Event, semitones: int) -> Event:
    """Move the pressure on a single key with its note; nothing else names a pitch."""
    status = event.data[0]
    if status & 0xF0 != _POLY_PRESSURE:
        return event
    return Event(event.tick, bytes((status, _folded(event.data[1] + semitones), event.data[2])))


def _folded(pitch: int) -> int:
    """Bring a pitch into 0 to 127 by octaves."""
    if pitch < 0:
        return pitch % 12
    if pitch > 127:
        return pitch - 12 * -((127 - pitch) // 12)
    return pitch


def _move_signature(key: KeySignature, semitones: int) -> KeySignature:
    """Move a key signature; a semitone is seven fifths up, and of two spellings the one of fewer signs is written."""
    fifths = (key.fifths + 7 * semitones + 5) % 12 - 5
    return key._replace(fifths=fifths)
