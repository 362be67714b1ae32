"""Keys that are struck while they sound: the earlier note ends where the key is struck again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from score.arrays import I64, Bool
from score.model import Score
from score.sounding.note_array import END, ONSET, PITCH, RELEASE, TRACK, VELOCITY, read_notes, split_by_index, to_notes


def end_restruck(score: Score) -> Score:
    """Return the score with no two notes of a track on one key at a time.

    A note ends where its key is struck again. Of several notes that begin together on one key, one is kept: with the
    greatest velocity, up to the last end.

    Examples
    --------
    >>> from score.model import Note, Track
    >>> track = Track(notes=(Note(0, 1440, 62, 90), Note(960, 1440, 62, 90)))
    >>> [note.duration_ticks for note in end_restruck(Score(tracks=(track,))).tracks[0].notes]
    [960, 1440]
    """
    notes = read_notes(score)
    cut = cut_restruck(notes)
    if cut is notes:
        return score
    rows = split_by_index(cut, cut[:, TRACK], len(score.tracks))
    tracks = (
        replace(track, notes=to_notes(own, end_column=END)) if track.notes else track
        for track, own in zip(score.tracks, rows, strict=True)
    )
    return replace(score, tracks=tuple(tracks))


def cut_restruck(notes: I64) -> I64:
    """Return notes of which no two of a track sound on one key at a time; the same array if there are none."""
    order = np.lexsort((notes[:, ONSET], notes[:, PITCH], notes[:, TRACK]))
    found: I64 = notes[order]
    is_same_key = (found[1:, [TRACK, PITCH]] == found[:-1, [TRACK, PITCH]]).all(axis=1)
    is_overlapped = is_same_key & (found[:-1, RELEASE] > found[1:, ONSET])
    is_doubled = is_same_key & (found[:-1, ONSET] == found[1:, ONSET])
    if not (is_overlapped.any() or is_doubled.any()):
        return notes
    if is_doubled.any():
        found = _merge_doubled(found, is_doubled)
        is_same_key = (found[1:, [TRACK, PITCH]] == found[:-1, [TRACK, PITCH]]).all(axis=1)
    next_onsets = np.where(is_same_key, found[1:, ONSET], np.iinfo(np.int64).max)
    for column in (END, RELEASE):
        found[:-1, column] = np.minimum(found[:-1, column], next_onsets)
    return found


def _merge_doubled(found: I64, is_doubled: Bool) -> I64:
    """Merge neighbouring notes that begin together on one key of one track."""
    firsts = np.flatnonzero(np.concatenate(([True], ~is_doubled)))
    merged: I64 = found[firsts]
    for column in (END, VELOCITY, RELEASE):
        merged[:, column] = np.maximum.reduceat(found[:, column], firsts)
    return merged
