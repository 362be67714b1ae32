"""From tracks to parts: several tracks may play one part, and a metronome plays none.

Programs for guitarists write one track for each string, and others divide one instrument over several tracks. Tracks of
one name and program that together play one note at a time are one part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from score.arrays import I64
from score.model import Note, Track
from score.roles.name_evidence import is_click_name
from score.texts import display_text

MAX_MONOPHONIC_POLYPHONY = 0.2
_NUMBERING = re.compile(r"[\d#()\[\].,:_-]+|\b(?:string|saite|corde|cuerda|left|right|[lr])\b", re.IGNORECASE)
_MIN_CLICKS, _MIN_CLICK_PITCH, _MAX_CLICK_PITCHES = 8, 55, 2
_MIN_REGULAR_SHARE, _MAX_CLICK_LENGTH = 0.9, 0.6
_WOODBLOCK_AND_MORE = range(112, 128)


class TrackFeatures(NamedTuple):
    """Features of a pitched track.

    Attributes
    ----------
    pitch : float
        Median MIDI pitch.
    polyphony : float
        Share of notes that begin while another note of the track sounds, 0 to 1; an overlap of up to a sixteenth does
        not count.
    """

    pitch: float
    polyphony: float

    @property
    def is_monophonic(self) -> bool:
        """Whether the track plays one note at a time.

        Examples
        --------
        >>> TrackFeatures(pitch=72.0, polyphony=0.05).is_monophonic
        True
        """
        return self.polyphony < MAX_MONOPHONIC_POLYPHONY


def track_features(track: Track, ticks_per_quarter: int) -> TrackFeatures:
    """Return the features of a pitched track that has notes.

    Examples
    --------
    >>> track_features(Track(notes=(Note(0, 480, 60, 80), Note(0, 480, 64, 80))), 480)
    TrackFeatures(pitch=62.0, polyphony=1.0)
    """
    return _features(track.note_array, ticks_per_quarter)


def _features(table: I64, ticks_per_quarter: int) -> TrackFeatures:
    onsets, durations = table[:, 0], table[:, 1]
    latest_end = np.maximum.accumulate(onsets + durations)
    together = (latest_end[:-1] - onsets[1:] > ticks_per_quarter // 4) | (onsets[:-1] == onsets[1:])
    polyphony = float(together.mean()) if len(together) else 0.0
    return TrackFeatures(float(np.median(table[:, 2])), polyphony)


def group_tracks(tracks: Mapping[int, Track], ticks_per_quarter: int) -> list[tuple[int, ...]]:
    """Return the parts of a piece: the indices of the tracks that play each of them.

    Parameters
    ----------
    tracks : mapping of int to Track
        Pitched tracks with notes, by index.
    ticks_per_quarter : int

    Examples
    --------
    >>> low, high = (Track("Guitar", 25, 0, (Note(i * 480, 480, 50 + 5 * i, 80),)) for i in range(2))
    >>> group_tracks({0: low, 2: high, 3: Track("Flute", 73, 0, (Note(0, 480, 72, 80),))}, 480)
    [(0, 2), (3,)]
    """
    alike: dict[tuple[str, int], list[int]] = {}
    for index, track in tracks.items():
        alike.setdefault((_NUMBERING.sub("", track.name).strip().lower(), track.program), []).append(index)
    parts: list[tuple[int, ...]] = []
    for (name, program), indices in alike.items():
        is_one = (
            len(indices) > 1 and (name or program) and _is_one_line([tracks[i] for i in indices], ticks_per_quarter)
        )
        parts += [tuple(indices)] if is_one else [(index,) for index in indices]
    return sorted(parts)


def part_notes(tracks: Sequence[Track]) -> tuple[Note, ...]:
    """Return the notes of tracks that play one part, in order."""
    if len(tracks) == 1:
        return tracks[0].notes
    return tuple(sorted(chain.from_iterable(track.notes for track in tracks)))


def _is_one_line(tracks: Sequence[Track], ticks_per_quarter: int) -> bool:
    """Return whether tracks together play one note at a time."""
    notes = np.concatenate([track.note_array for track in tracks])
    return _features(notes[np.lexsort((notes[:, 1], notes[:, 0]))], ticks_per_quarter).is_monophonic


def is_click(track: Track) -> bool:
    """Return whether a track is a metronome: short notes at equal distances on one pitch, or on two with an accent.

    Examples
    --------
    >>> is_click(Track("", notes=tuple(Note(i * 480, 60, 84, 90) for i in range(16))))
    True
    """
    notes = track.notes
    pitches = {note.pitch for note in notes[: 4 * _MIN_CLICKS]}
    if len(notes) < _MIN_CLICKS or len(pitches) > _MAX_CLICK_PITCHES or min(pitches) < _MIN_CLICK_PITCH:
        return False
    table = track.note_array
    if len(np.unique(table[:, 2])) > _MAX_CLICK_PITCHES:
        return False
    distances = np.diff(table[:, 0])
    usual = int(np.median(distances))
    is_regular = float((np.abs(distances - usual) <= usual / 8).mean()) >= _MIN_REGULAR_SHARE
    is_short = float(np.median(table[:, 1])) <= _MAX_CLICK_LENGTH * usual
    is_named = is_click_name(display_text(track.name)) or track.program in _WOODBLOCK_AND_MORE
    return usual > 0 and is_regular and (is_named or (is_short and _has_at_most_an_accent(table[:, 2])))


def _has_at_most_an_accent(pitches: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> bool:
    """Return whether there is one pitch, or one that returns at equal distances of at least two clicks."""
    values, counts = np.unique(pitches, return_counts=True)
    if len(values) == 1:
        return True
    accents = np.flatnonzero(pitches == values[counts.argmin()])
    distances = np.diff(accents)
    return len(distances) > 1 and int(distances.min()) >= 2 and len(np.unique(distances)) == 1
