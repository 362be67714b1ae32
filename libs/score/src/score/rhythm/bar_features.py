"""Features of each beat for finding bars: what begins, changes and returns there, whatever the tempo."""

from __future__ import annotations

import numpy as np

from score.arrays import F32, F64, I64, Bool
from score.rhythm.played_notes import PlayedNotes

NEAR_BEATS = 0.12
"""A note begins on a beat if it is nearer than this share of one."""
LAGS_BEATS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Distances at which beats are compared."""
_SPANS_BEATS = (1, 2, 4)
_PARTS = 6
_LOW_SHARE = 0.3
_KICK, _SNARE, _CRASH = (35, 36), (37, 38, 39, 40), (49, 52, 55, 57)


def bar_features(notes: PlayedNotes, beats_s: F64, *, is_compound: bool) -> F32:
    """Describe each beat.

    Parameters
    ----------
    notes : PlayedNotes
        At least one.
    beats_s : ndarray, shape (beats,), float64
        At least two.
    is_compound : bool
        Whether a beat is a dotted quarter.

    Returns
    -------
    ndarray, shape (beats, features), float32
    """
    positions = _positions(notes.onsets_s, beats_s)
    ends = _positions(notes.onsets_s + notes.durations_s, beats_s)
    nearest = np.round(positions).astype(np.int64)
    inside = (nearest >= 0) & (nearest < len(beats_s))
    is_on = inside & (np.abs(positions - nearest) < NEAR_BEATS)
    chroma = _chroma(notes, positions, ends, len(beats_s))
    length_s = float(np.median(np.diff(beats_s)))
    parts = [
        _onset_features(notes, nearest, is_on, ends - positions, len(beats_s)),
        _context_features(positions, ends, is_on, ~notes.is_drum, len(beats_s)),
        _drum_features(notes, nearest, is_on, len(beats_s)),
        np.stack([_change(chroma, span) for span in _SPANS_BEATS], axis=1),
        _returns(_rhythm(positions, len(beats_s)), chroma),
        np.tile([float(is_compound), np.log(length_s / 0.6)], (len(beats_s), 1)),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _positions(times_s: F64, beats_s: F64) -> F64:
    """Return times in beats, also before the first and after the last one."""
    index = np.arange(len(beats_s), dtype=np.float64)
    before_s, after_s = beats_s[1] - beats_s[0], beats_s[-1] - beats_s[-2]
    inner = np.interp(times_s, beats_s, index)
    before = np.minimum(times_s - beats_s[0], 0) / before_s
    return np.asarray(inner + before + np.maximum(times_s - beats_s[-1], 0) / after_s)


def _onset_features(notes: PlayedNotes, nearest: I64, is_on: Bool, durations: F64, n_beats: int) -> F64:
    """Describe the notes that begin on each beat: number, durations in beats, register, bass, loudness."""
    pitched = is_on & ~notes.is_drum
    at, pitches = nearest[pitched], notes.pitches[pitched].astype(np.float64)
    lengths = np.log(np.clip(durations[pitched], 0.1, 8.0))
    all_pitched = notes.pitches[~notes.is_drum]
    median, limit = (np.quantile(all_pitched, (0.5, _LOW_SHARE))) if len(all_pitched) else (60.0, 0.0)
    count, longest = np.bincount(at, minlength=n_beats), np.full(n_beats, -2.5)
    low, high, loudest = np.full(n_beats, 200.0), np.full(n_beats, -1.0), np.zeros(n_beats)
    np.maximum.at(longest, at, lengths)
    np.minimum.at(low, at, pitches)
    np.maximum.at(high, at, pitches)
    np.maximum.at(loudest, nearest[is_on], notes.loudness[is_on])
    of_low = np.full(n_beats, -2.5)
    is_lowest = pitches <= low[at]
    np.maximum.at(of_low, at[is_lowest], lengths[is_lowest])
    has = count > 0
    deviation = max(float(notes.loudness.std()), 0.02)
    loudness = np.where(loudest > 0, (loudest - notes.loudness.mean()) / deviation, 0.0)
    low_height = np.where(has, (low - median) / 12, 0)
    high_height = np.where(has, (high - median) / 12, 0)
    columns = [has, np.log1p(count), longest, of_low, low_height, high_height, has & (low <= limit), loudness]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def _context_features(positions: F64, ends: F64, is_on: Bool, pitched: Bool, n_beats: int) -> F64:
    """Return for each beat the number of onsets after it until the next one, and of notes held over it."""
    floors = np.floor(positions + NEAR_BEATS).astype(np.int64)
    between = ~is_on & (floors >= 0) & (floors < n_beats)
    after = np.bincount(floors[between], minlength=n_beats)
    held = np.zeros(n_beats + 1)
    first = np.clip(np.ceil(positions + NEAR_BEATS), 0, n_beats).astype(np.int64)
    last = np.clip(np.ceil(ends - NEAR_BEATS), 0, n_beats).astype(np.int64)
    is_long = pitched & (last > first)
    np.add.at(held, first[is_long], 1)
    np.add.at(held, last[is_long], -1)
    return np.stack((np.log1p(after), np.log1p(np.maximum(np.cumsum(held)[:n_beats], 0))), axis=1)


def _drum_features(notes: PlayedNotes, nearest: I64, is_on: Bool, n_beats: int) -> F64:
    columns = []
    for members in (_KICK, _SNARE, _CRASH):
        is_member = is_on & notes.is_drum & np.isin(notes.pitches, members)
        columns.append(np.minimum(np.bincount(nearest[is_member], minlength=n_beats), 1))
    return np.stack(columns, axis=1).astype(np.float64)


def _chroma(notes: PlayedNotes, positions: F64, ends: F64, n_beats: int) -> F64:
    """Return how long each pitch class sounds within each beat, in beats; shape (beats, 12)."""
    chroma = np.zeros((n_beats, 12))
    starts = np.clip(np.round(positions * _PARTS) / _PARTS, 0, n_beats)
    stops = np.clip(np.minimum(ends, starts + 4), starts, n_beats)
    pitched = ~notes.is_drum
    for offset in range(5):
        beat = np.floor(starts + 1e-6).astype(np.int64) + offset
        overlap = np.minimum(stops, beat + 1) - np.maximum(starts, beat)
        wanted = pitched & (beat < n_beats) & (overlap > 0)
        np.add.at(chroma, (beat[wanted], notes.pitches[wanted] % 12), overlap[wanted])
    return chroma


def _rhythm(positions: F64, n_beats: int) -> F64:
    """Return the number of onsets in each sixth of each beat; shape (beats, 6)."""
    slots = np.round(positions * _PARTS).astype(np.int64)
    inside = (slots >= 0) & (slots < n_beats * _PARTS)
    return np.sqrt(np.bincount(slots[inside], minlength=n_beats * _PARTS).reshape(n_beats, _PARTS))


def _change(chroma: F64, span: int) -> F64:
    """Return the cosine distance of the pitch classes in the beats from each one on from those before it."""
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(chroma, axis=0)))
    index = np.arange(len(chroma))
    after = sums[np.minimum(index + span, len(chroma))] - sums[index]
    before = sums[index] - sums[np.maximum(index - span, 0)]
    return 1 - _cosine(after, before)


def _returns(rhythm: F64, chroma: F64) -> F64:
    """Return how much each beat is like the one a lag later in rhythm and pitch classes, and the means of both."""
    columns = []
    for content in (rhythm, chroma):
        for lag in LAGS_BEATS:
            alike = np.zeros(len(content))
            if len(content) > lag:
                alike[:-lag] = _cosine(content[:-lag], content[lag:])
                columns.append(np.full(len(content), alike[:-lag].mean()))
            else:
                columns.append(alike)
            columns.append(alike)
    return np.stack(columns, axis=1)


def _cosine(one: F64, other: F64) -> F64:
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(axis=1) / np.maximum(norms, 1e-6))
