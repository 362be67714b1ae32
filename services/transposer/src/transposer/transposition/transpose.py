"""Transposition of a piece to a key, by an interval, or to the key of a reference piece.

Drums stay. Notes that would leave the range of their instrument, or of MIDI, are folded back by octaves. Key
signatures, chord names and polyphonic key pressure are transposed too; all other events stay unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

import numpy as np
from score.arrays import I64
from score.model import Event, KeySignature, Note, Notice, Score, Track
from servicekit.faults import InvalidInput

from transposer.key_detection.detector import DetectedKey, detect_key
from transposer.key_detection.key import Key
from transposer.key_detection.pitched_notes import has_pitched_notes
from transposer.transposition.chord_markers import transpose_chord_markers
from transposer.transposition.instrument_ranges import (
    MIDI_RANGE,
    PitchRange,
    fold_into_range,
    is_out_of_range,
    range_of_program,
)

MAX_SEMITONES = 24
"""The largest interval, up or down."""

_OCTAVE_SEMITONES = 12
_RELATIVE_KEY_SEMITONES = 3
"""Interval from the tonic of a minor key up to that of its relative major."""

_FIFTHS_PER_SEMITONE = 7
_POLY_PRESSURE, _PROGRAM_CHANGE = 0xA0, 0xC0


class ModePolicy(Enum):
    """How to choose the target if the piece and the requested key have different modes; the piece keeps its mode."""

    RELATIVE = "the key with the same signature"
    PARALLEL = "the key with the same tonic"


class TransposeDirection(Enum):
    """Whether to transpose up or down to the target tonic."""

    SHORTEST = "the smallest interval"
    IN_RANGE = "the interval with the fewest notes out of range"


class RangePolicy(Enum):
    """The pitch range into which notes are folded."""

    INSTRUMENT = "the range of the track's General MIDI instrument"
    MIDI = "the range of MIDI"


@dataclass(frozen=True, slots=True)
class TransposeOptions:
    """Choices that the target leaves open."""

    mode_policy: ModePolicy = ModePolicy.RELATIVE
    direction: TransposeDirection = TransposeDirection.SHORTEST
    range_policy: RangePolicy = RangePolicy.INSTRUMENT


DEFAULT_OPTIONS = TransposeOptions()


class Transposition(NamedTuple):
    """A transposed piece.

    Attributes
    ----------
    score : Score
    semitones : int
        Interval by which every pitched note was transposed, except folded ones.
    from_key : DetectedKey or None
        None if the piece has no notes but drums.
    to_key : Key or None
        None if the piece has no notes but drums.
    notices : tuple of Notice
    """

    score: Score
    semitones: int
    from_key: DetectedKey | None
    to_key: Key | None
    notices: tuple[Notice, ...]


def transpose_to_key(score: Score, target: Key, options: TransposeOptions = DEFAULT_OPTIONS) -> Transposition:
    """Transpose a piece to a key, or to the relative or parallel key if their modes differ.

    Parameters
    ----------
    score : Score
        The piece.
    target : Key
        The requested key.
    options : TransposeOptions
        Mode policy, direction and range policy.

    Raises
    ------
    NoPitchedNotes
        If the piece has no notes but drums.
    """
    from_key = detect_key(score)
    to_key = _in_mode(target, from_key.key.is_minor, options.mode_policy)
    shortest = shortest_interval(from_key.key.tonic, to_key.tonic)
    semitones = _choose_interval(score, shortest, options)
    transposed, notices = _transpose_score(score, semitones, options.range_policy)
    return Transposition(transposed, semitones, from_key, to_key, notices)


def transpose_to_reference(
    score: Score, reference: Score, options: TransposeOptions = DEFAULT_OPTIONS
) -> Transposition:
    """Transpose a piece to the detected key of a reference piece.

    Parameters
    ----------
    score : Score
        The piece.
    reference : Score
        The piece whose key is the target.
    options : TransposeOptions
        Mode policy, direction and range policy.

    Raises
    ------
    NoPitchedNotes
        If one of them has no notes but drums.
    """
    return transpose_to_key(score, detect_key(reference).key, options)


def transpose_by_semitones(score: Score, semitones: int, options: TransposeOptions = DEFAULT_OPTIONS) -> Transposition:
    """Transpose a piece by an interval.

    Parameters
    ----------
    score : Score
        The piece; one of drums alone is returned unchanged, with a notice.
    semitones : int
        The interval, -24 to 24.
    options : TransposeOptions
        Only the range policy is used.

    Raises
    ------
    InvalidInput
        If the interval is larger than `MAX_SEMITONES`.
    """
    if abs(semitones) > MAX_SEMITONES:
        message = f"A piece can be transposed by {-MAX_SEMITONES} to {MAX_SEMITONES} semitones, not by {semitones}."
        raise InvalidInput(message, field="semitones", semitones=semitones, limit_semitones=MAX_SEMITONES)
    if not has_pitched_notes(score):
        notice = Notice("DRUMS_ONLY", "The piece has only drums, which have no key: nothing was transposed.")
        return Transposition(score, 0, None, None, (notice,))
    from_key = detect_key(score)
    transposed, notices = _transpose_score(score, semitones, options.range_policy)
    to_key = Key((from_key.key.tonic + semitones) % 12, from_key.key.is_minor)
    return Transposition(transposed, semitones, from_key, to_key, notices)


def shortest_interval(from_tonic: int, to_tonic: int) -> int:
    """Return the smallest interval between two pitch classes, -6 to 5 semitones."""
    return (to_tonic - from_tonic + 6) % 12 - 6


def _in_mode(key: Key, is_minor: bool, policy: ModePolicy) -> Key:
    """Return the key itself if it has the mode, else its relative or parallel key."""
    if key.is_minor == is_minor or policy is ModePolicy.PARALLEL:
        return Key(key.tonic, is_minor)
    return Key((key.tonic + (-_RELATIVE_KEY_SEMITONES if is_minor else _RELATIVE_KEY_SEMITONES)) % 12, is_minor)


def _choose_interval(score: Score, shortest: int, options: TransposeOptions) -> int:
    """Choose among the intervals to a tonic that are at most an octave."""
    if options.direction is TransposeDirection.SHORTEST:
        return shortest
    candidates = (shortest, shortest - _OCTAVE_SEMITONES, shortest + _OCTAVE_SEMITONES)
    tracks = [
        (_pitches(track), _pitch_range(track, options.range_policy)) for track in score.tracks if not track.is_drum
    ]

    def cost(semitones: int) -> tuple[int, int]:
        n_folded = sum(int(is_out_of_range(pitches, semitones, limits).sum()) for pitches, limits in tracks)
        return n_folded, abs(semitones)

    return min((semitones for semitones in candidates if abs(semitones) <= _OCTAVE_SEMITONES), key=cost)


def _transpose_score(score: Score, semitones: int, policy: RangePolicy) -> tuple[Score, tuple[Notice, ...]]:
    if semitones == 0:
        return score, ()
    tracks, n_folded = [], 0
    for track in score.tracks:
        if track.is_drum:
            tracks.append(track)
            continue
        others = transpose_chord_markers(track.others, semitones, score.text_encoding)
        named = replace(track, others=others)
        transposed, n_folded_in_track = _transpose_track(named, semitones, _pitch_range(track, policy))
        tracks.append(transposed)
        n_folded += n_folded_in_track
    keys = tuple(_transpose_signature(key, semitones) for key in score.keys)
    others = transpose_chord_markers(score.others, semitones, score.text_encoding)
    transposed_score = replace(score, keys=keys, tracks=tuple(tracks), others=others)
    if n_folded == 0:
        return transposed_score, ()
    limits = "MIDI" if policy is RangePolicy.MIDI else "their instrument"
    message = f"Notes that would leave the range of {limits}, folded back by octaves: {n_folded}."
    return transposed_score, (Notice("NOTES_FOLDED", message),)


def _transpose_track(track: Track, semitones: int, limits: PitchRange) -> tuple[Track, int]:
    """Return a track with its notes and events transposed, and the number of folded notes."""
    n_folded = int(is_out_of_range(_pitches(track), semitones, limits).sum())
    if n_folded:
        notes = [note._replace(pitch=_transpose_pitch(note.pitch, semitones, limits)) for note in track.notes]
        # Folding can make voices cross, and a track's notes are sorted by pitch within a tick.
        notes.sort(key=_sort_key)
    else:
        notes = [Note(onset, length, pitch + semitones, velocity) for onset, length, pitch, velocity in track.notes]
    others = tuple(_transpose_event(event, semitones, limits) for event in track.others)
    return replace(track, notes=tuple(notes), others=others), n_folded


def _transpose_pitch(pitch: int, semitones: int, limits: PitchRange) -> int:
    """Transpose a pitch and fold it into the instrument's range or, if it was outside of it before, into MIDI's."""
    if limits.low <= pitch <= limits.high:
        return fold_into_range(pitch + semitones, limits)
    return fold_into_range(pitch + semitones, MIDI_RANGE)


def _transpose_event(event: Event, semitones: int, limits: PitchRange) -> Event:
    """Transpose polyphonic key pressure, which names a pitch."""
    status = event.data[0]
    if status & 0xF0 != _POLY_PRESSURE:
        return event
    return Event(event.tick, bytes((status, _transpose_pitch(event.data[1], semitones, limits), event.data[2])))


def _transpose_signature(key: KeySignature, semitones: int) -> KeySignature:
    """Transpose a key signature; of two enharmonic ones the one with fewer accidentals is written.

    Six accidentals are written as flats, as in most files.
    """
    return key._replace(fifths=(key.fifths + _FIFTHS_PER_SEMITONE * semitones + 6) % 12 - 6)


def _pitch_range(track: Track, policy: RangePolicy) -> PitchRange:
    """Return the range into which a track is folded; that of MIDI if the track changes its instrument."""
    has_program_change = any(event.data[0] & 0xF0 == _PROGRAM_CHANGE for event in track.others)
    if has_program_change or policy is RangePolicy.MIDI:
        return MIDI_RANGE
    return range_of_program(track.program)


def _pitches(track: Track) -> I64:
    return np.fromiter((note[2] for note in track.notes), dtype=np.int64, count=len(track.notes))


def _sort_key(note: Note) -> tuple[int, int, int]:
    return note.onset_ticks, note.pitch, note.duration_ticks
