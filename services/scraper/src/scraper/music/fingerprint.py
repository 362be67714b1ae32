"""Fingerprints of music that are the same in another key, tempo or track order.

The notes of all pitched tracks are joined into groups that begin together. The *music hash* is a digest of the groups'
intervals: exactly the same for exact copies. The *shingles* are runs of intervals of the highest and of the lowest
voice; copies that were saved again with other rounding share most of them. Pieces of drums alone are described by which
drums begin together, and by the rhythm.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from score.model import Score

from scraper.music.near_duplicates import MAX_MINIMA

RUN_LENGTH = 6
"""Intervals in one shingle."""
MIN_GROUPS = 12
"""Groups below which a piece is only compared as a whole."""
_GROUP_SHARE = 0.2
"""Notes begin together within this share of the mean time from note to note, whatever the tempo."""

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The fingerprint of a piece.

    Attributes
    ----------
    music_hash : str
        Hexadecimal; the same for copies in another key, tempo, resolution or track order.
    minima : tuple of int
        The smallest hashes of its shingles, ascending; empty for a very short piece.
    n_shingles : int
        Number of different shingles.
    """

    music_hash: str
    minima: tuple[int, ...]
    n_shingles: int


def fingerprint(score: Score) -> Fingerprint:
    """Compute the fingerprint of a score that has notes.

    Examples
    --------
    >>> from score.model import Note, Track
    >>> low = Score(tracks=(Track(notes=(Note(0, 480, 60, 80), Note(480, 480, 64, 80))),))
    >>> high = Score(tracks=(Track(notes=(Note(0, 240, 65, 80), Note(240, 240, 69, 80))),))
    >>> fingerprint(low).music_hash == fingerprint(high).music_hash
    True
    """
    tables = [
        np.array(track.notes, dtype=np.int64)[:, :3] for track in score.tracks if track.notes and not track.is_drum
    ]
    is_drums = not tables
    if is_drums:
        tables = [np.array(track.notes, dtype=np.int64)[:, :3] for track in score.tracks if track.notes]
    notes = np.concatenate(tables)
    order = np.lexsort((notes[:, 2], notes[:, 0]))
    onsets, pitches = notes[order, 0], notes[order, 2]
    starts = _group_starts(onsets)
    if is_drums:
        return _of_drums(onsets[starts], pitches, starts)
    return _of_pitches(pitches, starts)


def _group_starts(onsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of the first note of each group."""
    tolerance = _GROUP_SHARE * (onsets[-1] - onsets[0]) / len(onsets)
    starts = [0]
    first = onsets[0]
    for index in np.flatnonzero(np.diff(onsets, prepend=onsets[0]) > 0).tolist():
        if onsets[index] - first > tolerance:
            starts.append(index)
            first = onsets[index]
    return np.array(starts, dtype=np.int64)


def _of_pitches(pitches: NDArray[np.int64], starts: NDArray[np.int64]) -> Fingerprint:
    highest = np.maximum.reduceat(pitches, starts)
    lowest = np.minimum.reduceat(pitches, starts)
    digest = hashlib.sha256(b"pitches")
    base = int(lowest[0])
    for group in np.split(pitches, starts[1:]):
        digest.update(np.unique(group - base).astype(np.int16).tobytes() + b"|")
    if len(starts) < MIN_GROUPS:
        return Fingerprint(digest.hexdigest(), (), 0)
    shingles = np.concatenate([_runs(np.diff(highest), 1), _runs(np.diff(lowest), 2)])
    return Fingerprint(digest.hexdigest(), *_minima(shingles))


def _of_drums(onsets: NDArray[np.int64], pitches: NDArray[np.int64], starts: NDArray[np.int64]) -> Fingerprint:
    """Fingerprint drums by the sets that begin together, and by the ratio of each interval to the median one."""
    sets = np.array(
        [int(np.bitwise_xor.reduce(_mixed(np.unique(group)))) & 0xFFFF for group in np.split(pitches, starts[1:])]
    )
    intervals = np.diff(onsets).astype(np.float64)
    ratios = np.round(2 * np.log2(intervals / np.median(intervals))).astype(np.int64) if len(intervals) else intervals
    tokens = sets[:-1] * 64 + ratios.astype(np.int64) if len(intervals) else sets
    digest = hashlib.sha256(b"drums" + tokens.astype(np.int64).tobytes() + sets[-1:].astype(np.int64).tobytes())
    if len(starts) < MIN_GROUPS:
        return Fingerprint(digest.hexdigest(), (), 0)
    return Fingerprint(digest.hexdigest(), *_minima(_runs(tokens, 3)))


def _mixed(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash integers, each by itself (splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = (values.astype(np.uint64) + np.uint64(1)) * _MULTIPLIER
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _runs(tokens: NDArray[np.int64], kind: int) -> NDArray[np.uint64]:
    """Hash every run of `RUN_LENGTH` tokens; a run that comes back counts as another one each time."""
    windows = np.lib.stride_tricks.sliding_window_view(tokens, min(RUN_LENGTH, len(tokens)))
    combined: NDArray[np.uint64] = np.full(len(windows), kind, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in range(windows.shape[1]):
            combined = np.asarray(combined * _MULTIPLIER + _mixed(windows[:, column]))
    order = np.argsort(combined, kind="stable")
    ranked = combined[order]
    is_new = np.concatenate(([True], ranked[1:] != ranked[:-1]))
    first = np.maximum.accumulate(np.where(is_new, np.arange(len(ranked)), 0))
    occurrence = np.arange(len(ranked)) - first
    with np.errstate(over="ignore"):
        return _mixed((ranked + _mixed(occurrence.astype(np.int64))).astype(np.int64))


def _minima(shingles: NDArray[np.uint64]) -> tuple[tuple[int, ...], int]:
    unique = np.unique(shingles >> np.uint64(1))
    return tuple(unique[:MAX_MINIMA].tolist()), len(unique)
