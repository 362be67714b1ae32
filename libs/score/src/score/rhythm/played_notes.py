"""Notes in seconds, as a beat tracker sees them, and their groups: notes that begin together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from score.arrays import F64, I64, Bool
from score.model import Score, Track
from score.tempo_map import TempoMap

GROUP_GAP_S = 0.035
"""A note that begins within this time after another one is grouped with it."""


class PlayedNotes(NamedTuple):
    """Notes by rising onset, each column of shape (n,).

    Attributes
    ----------
    onsets_s, durations_s : ndarray, float64
    pitches : ndarray, int64
        MIDI numbers; for drums those of the General MIDI kit.
    loudness : ndarray, float64
        Velocity, or the probability of a detected note, 0 to 1.
    is_drum : ndarray, bool
    """

    onsets_s: F64
    durations_s: F64
    pitches: I64
    loudness: F64
    is_drum: Bool

    @classmethod
    def from_columns(
        cls, onsets_s: F64, durations_s: F64, pitches: I64, loudness: F64, is_drum: Bool | None = None
    ) -> PlayedNotes:
        """Build the table from columns in any order; without `is_drum`, all notes are pitched."""
        drums = np.zeros(len(onsets_s), dtype=bool) if is_drum is None else is_drum
        order = np.lexsort((pitches, onsets_s))
        return cls(onsets_s[order], durations_s[order], pitches[order], loudness[order], drums[order])

    @classmethod
    def from_score(cls, score: Score) -> PlayedNotes:
        """Read the notes of all tracks."""
        tempo_map = TempoMap.from_score(score)
        columns = _columns(score.tracks)
        onsets_s = tempo_map.seconds_at(columns[:, 0])
        ends_s = tempo_map.seconds_at(columns[:, 0] + columns[:, 1])
        loudness = columns[:, 3] / 127
        return cls.from_columns(onsets_s, ends_s - onsets_s, columns[:, 2], loudness, columns[:, 4].astype(bool))


class OnsetGroups(NamedTuple):
    """Groups of notes that begin together.

    Attributes
    ----------
    times_s : ndarray, shape (groups,), float64
        Mean onset of each group; rising.
    starts : ndarray, shape (groups,), int64
        Index of the first note of each group.
    group_of_note : ndarray, shape (notes,), int64
    """

    times_s: F64
    starts: I64
    group_of_note: I64


def group_onsets(notes: PlayedNotes) -> OnsetGroups:
    """Group the notes by onset.

    Examples
    --------
    >>> zeros = np.zeros(3)
    >>> notes = PlayedNotes.from_columns(np.array([0.0, 0.02, 0.5]), zeros, zeros.astype(int), zeros)
    >>> group_onsets(notes).times_s.tolist()
    [0.01, 0.5]
    """
    is_first = np.concatenate(([True], np.diff(notes.onsets_s) > GROUP_GAP_S))
    starts = np.flatnonzero(is_first)
    counts = np.diff(np.append(starts, len(notes.onsets_s)))
    times_s = np.add.reduceat(notes.onsets_s, starts) / counts
    return OnsetGroups(times_s, starts, np.cumsum(is_first) - 1)


def _columns(tracks: Iterable[Track]) -> I64:
    rows = [(*note, int(track.is_drum)) for track in tracks for note in track.notes]
    return np.array(rows, dtype=np.int64).reshape(-1, 5)
