"""Keys that are struck while they sound: the earlier note ends where the key is struck again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from score.arrays import I64, Bool
from score.model import Score
from score.sounding.note_array import END, ONSET, PITCH, RELEASE, TRACK, VELOCITY, read_notes, split_by_index, to_notes

_NEVER = np.iinfo(np.int64).max


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


def restruck_ends(keys: I64, onsets: I64, ends: I64) -> I64:
    """Return when notes end on an instrument that sounds each key once at a time.

    A note ends where its key is struck again. Notes that begin together on one key last up to the last of their ends.

    Parameters
    ----------
    keys : ndarray, shape (n,), int64
        The key of each note, numbered over all instruments.
    onsets, ends : ndarray, shape (n,), int64
        In ticks.

    Examples
    --------
    >>> restruck_ends(np.array([62, 62, 62]), np.array([0, 960, 960]), np.array([1440, 1200, 1300])).tolist()
    [960, 1300, 1300]
    """
    order = np.lexsort((onsets, keys))
    keys, onsets, found = keys[order], onsets[order], ends[order]
    is_same_key = keys[1:] == keys[:-1]
    firsts = np.flatnonzero(np.concatenate(([True], ~(is_same_key & (onsets[1:] == onsets[:-1])))))[: len(keys)]
    last_ends = np.maximum.reduceat(found, firsts) if len(keys) else found
    next_onsets = np.append(np.where(keys[firsts[1:]] == keys[firsts[:-1]], onsets[firsts[1:]], _NEVER), _NEVER)
    sizes = np.diff(np.append(firsts, len(keys)))
    result = np.empty_like(ends)
    result[order] = np.repeat(np.minimum(last_ends, next_onsets[: len(firsts)]), sizes)
    return result


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
    next_onsets = np.where(is_same_key, found[1:, ONSET], _NEVER)
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
