"""Meter and downbeats: a network scores how likely a bar begins at every half beat.

Harmony changes at the beginning of a bar, the bass enters there, and long notes begin. Each half beat is described by
these features around it. The meter and its phase are those whose downbeats have the highest mean score. Half beats are
used because a beat tracker may have locked onto the off-beats; this corrects it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from score.arrays import F32, F64, I64

from transcriber.dense_network import DenseNetwork
from transcriber.note_detection.note_decoding import DetectedNote

CONTEXT_HALVES = (-8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8)
"""Half beats around the scored one whose features are used."""
_PAD_HALVES = 8
ON_HALF_BEAT = 0.3
"""A note begins on a half beat if it is nearer than this share of one."""
MAX_DURATION_HALVES = 8.0
METER_OF_HALVES = {6: (3, 4), 8: (4, 4)}
"""The meter by the number of half beats in a bar."""


class BarGrid(NamedTuple):
    """Beats of a piece grouped into bars.

    Attributes
    ----------
    beats_s : ndarray, shape (beats,), float64
        Quarter notes in seconds; the first one is a downbeat.
    numerator, denominator : int
        The meter.
    confidence : float
        Probability of meter and phase, 0 to 1.
    """

    beats_s: F64
    numerator: int
    denominator: int
    confidence: float

    @property
    def quarters_per_bar(self) -> int:
        """Number of quarter notes in a bar."""
        return 4 * self.numerator // self.denominator


class _NoteColumns(NamedTuple):
    """Notes as columns, each of shape (n,)."""

    onsets_s: F64
    ends_s: F64
    pitches: I64
    weights: F64


def track_downbeats(notes: Sequence[DetectedNote], beats_s: F64, network: DenseNetwork) -> BarGrid:
    """Choose the meter and the downbeats.

    Parameters
    ----------
    notes : sequence of DetectedNote
        By rising onset; not empty.
    beats_s : ndarray, shape (beats,), float64
        At least two, rising.
    network : DenseNetwork
        Gives the logit that a bar begins at a half beat.
    """
    halves_s = np.interp(np.arange(0, len(beats_s) - 0.5, 0.5), np.arange(len(beats_s)), beats_s)
    logits = network.logits(downbeat_features(notes, halves_s))
    scores = {
        (length, phase): float(logits[phase::length].mean())
        for length in METER_OF_HALVES
        for phase in range(length)
        if len(logits[phase::length]) > 1
    }
    if not scores:
        return BarGrid(beats_s, 4, 4, 0.0)
    length, phase = max(scores, key=lambda key: scores[key])
    weights = np.exp(2 * (np.array(list(scores.values())) - scores[length, phase]))
    aligned_s = _beats_from_downbeat(halves_s, phase, length)
    numerator, denominator = METER_OF_HALVES[length]
    if length == 6 and _is_compound(notes, aligned_s):
        numerator, denominator = 6, 8
    return BarGrid(aligned_s, numerator, denominator, float(1 / weights.sum()))


def downbeat_features(notes: Sequence[DetectedNote], halves_s: F64) -> F32:
    """Compute the features of every half beat with its context.

    Returns
    -------
    ndarray, shape (half beats, features), float32
    """
    own = _half_beat_features(_columns(notes), halves_s)
    padded = np.pad(own, ((_PAD_HALVES, _PAD_HALVES), (0, 0)), mode="edge")
    context = [padded[_PAD_HALVES + offset : _PAD_HALVES + offset + len(own)] for offset in CONTEXT_HALVES]
    log_half_s = np.full((len(own), 1), min(float(np.log(np.median(np.diff(halves_s)))), 1.0))
    return np.concatenate([*context, log_half_s], axis=1, dtype=np.float32)


def _columns(notes: Sequence[DetectedNote]) -> _NoteColumns:
    return _NoteColumns(
        np.array([note.onset_s for note in notes]),
        np.array([note.end_s for note in notes]),
        np.array([note.pitch for note in notes]),
        np.array([note.probability for note in notes]),
    )


def _half_beat_features(columns: _NoteColumns, halves_s: F64) -> F64:
    """Describe every half beat by itself: the onsets on it, the notes held over it, and changes of harmony."""
    half_s = float(np.median(np.diff(halves_s)))
    onsets = _onset_features(columns, halves_s, half_s)
    chroma, bass, held = _sounding_features(columns, halves_s, half_s)
    changes = [_chroma_change(chroma, span) for span in (2, 4, 8)] + [_chroma_change(bass, span) for span in (2, 4)]
    features = np.column_stack((onsets, held, *changes))
    # Sums of weights are made relative to the mean number of onsets.
    features[:, [0, 1, 4, 7]] /= max(float(features[:, 0].mean()), 0.1)
    return features


def _onset_features(columns: _NoteColumns, halves_s: F64, half_s: float) -> F64:
    """Describe the notes that begin on each half beat, shape (half beats, 7).

    The columns are the number of notes, the sum and the maximum of their durations, the duration of the lowest one,
    the number and the longest duration of bass notes, and how far the lowest one is below the median pitch in octaves.
    """
    features = np.zeros((len(halves_s), 7))
    lowest = np.full(len(halves_s), np.inf)
    median_pitch, bass_limit = np.median(columns.pitches), np.quantile(columns.pitches, 0.25)
    durations = np.minimum((columns.ends_s - columns.onsets_s) / half_s, MAX_DURATION_HALVES)
    nearest = _nearest(columns.onsets_s, halves_s)
    is_on = np.abs(columns.onsets_s - halves_s[nearest]) < ON_HALF_BEAT * half_s
    for at, duration, pitch, weight in zip(
        nearest[is_on], durations[is_on], columns.pitches[is_on], columns.weights[is_on], strict=True
    ):
        row = features[at]
        row[:3] = row[0] + weight, row[1] + weight * duration, max(row[2], duration)
        if pitch < lowest[at]:
            lowest[at], row[3] = pitch, duration
        if pitch <= bass_limit:
            row[4:6] = row[4] + weight, max(row[5], duration)
    is_empty = np.isinf(lowest)
    features[:, 6] = np.where(is_empty, 0, (median_pitch - np.where(is_empty, median_pitch, lowest)) / 12)
    return features


def _nearest(onsets_s: F64, halves_s: F64) -> I64:
    """Return the index of the half beat that is nearest to each onset."""
    after = np.clip(np.searchsorted(halves_s, onsets_s), 1, len(halves_s) - 1)
    is_before = onsets_s - halves_s[after - 1] < halves_s[after] - onsets_s
    return np.where(is_before, after - 1, after)


def _sounding_features(columns: _NoteColumns, halves_s: F64, half_s: float) -> tuple[F64, F64, F64]:
    """Return the chroma of each half beat, that of its bass, and the weight of the notes held over its beginning."""
    n = len(halves_s)
    chroma, bass, held = np.zeros((n, 12)), np.zeros((n, 12)), np.zeros(n)
    bass_limit = np.quantile(columns.pitches, 0.25) + 5
    first = np.maximum(np.searchsorted(halves_s, columns.onsets_s + ON_HALF_BEAT * half_s) - 1, 0)
    last = np.searchsorted(halves_s, columns.ends_s - 0.2 * half_s)
    last = np.clip(last, first + 1, first + 2 * int(MAX_DURATION_HALVES))
    for start, stop, pitch, weight in zip(first, last, columns.pitches, columns.weights, strict=True):
        chroma[start:stop, pitch % 12] += weight
        if pitch <= bass_limit:
            bass[start:stop, pitch % 12] += weight
        held[start + 1 : stop] += weight
    return chroma, bass, held


def _chroma_change(chroma: F64, span: int) -> F64:
    """Return the cosine distance between the chroma after and before each half beat, over a span of half beats."""
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(chroma, axis=0)))
    index = np.arange(len(chroma))
    after = sums[np.minimum(index + span, len(chroma))] - sums[index]
    before = sums[index] - sums[np.maximum(index - span, 0)]
    norms = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    return np.asarray(1 - (after * before).sum(axis=1) / np.maximum(norms, 1e-6))


def _beats_from_downbeat(halves_s: F64, phase: int, length: int) -> F64:
    """Return the beats from a downbeat on, extended to the left so that a pickup is within a bar."""
    beats_s = halves_s[phase % 2 :: 2]
    period_s = float(np.median(np.diff(beats_s[:5])))
    n_before = (length - phase + phase % 2) // 2 % (length // 2)
    before_s = beats_s[0] - period_s * np.arange(n_before, 0, -1)
    return np.concatenate((before_s, beats_s))


def _is_compound(notes: Sequence[DetectedNote], beats_s: F64) -> bool:
    """Return whether bars of three quarters divide into two halves, as those of 6/8 do."""
    onsets_s = np.array([note.onset_s for note in notes])
    positions = np.interp(onsets_s, beats_s, np.arange(len(beats_s))) % 3
    n_middle = float((np.abs(positions - 1.5) < 0.15).sum())
    n_second, n_third = float((np.abs(positions - 1) < 0.15).sum()), float((np.abs(positions - 2) < 0.15).sum())
    return n_middle > max(n_second, n_third)
